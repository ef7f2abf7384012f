"""The pages of invoices: entered, held against order and receipts, approved; the list to be paid."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.domain.goods.orders import OrderKind
from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    csv_file,
    person_of,
    read,
    store_names,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_matching import HARD, Match, Matching
from sync.head_office.invoice_book import Invoice
from sync.head_office.invoice_lines import lines_of
from sync.head_office.order_documents import OrderState
from sync.head_office.service import Service
from sync.protocol import WireError

PAY_COLUMNS = (
    "pay_day",
    "supplier_id",
    "supplier_name",
    "invoice_no",
    "invoice_day",
    "store_id",
    "order_id",
    "amount_minor",
    "tax_minor",
    "entered_by",
    "approved_by",
    "note",
)
_PLACED = (OrderState.PLACED, OrderState.PART_RECEIVED, OrderState.RECEIVED, OrderState.CLOSED)


@get("/invoices", include_in_schema=False)
async def invoices_page(request: Req) -> Response[Any]:
    """Show invoices to be checked, and the list to be paid."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        keeper = Matching(service.orders)
        waiting = keeper.all(state="entered")
        return {
            "waiting": [
                keeper.match(one.store_id, one.supplier_id, one.invoice_no) for one in waiting
            ],
            "to_pay": keeper.pay_list(),
            "orders": service.orders.documents(
                kinds=(OrderKind.PURCHASE,), states=_PLACED, limit=200
            ),
            "stores": store_names(service),
            "today": service.office.today().isoformat(),
        }

    values = await read(request, call)
    return page(request, "invoices.html", {**values, "person": person, "here": "/invoices"})


@get("/invoices/one", include_in_schema=False)
async def invoice_page(request: Req) -> Response[Any]:
    """Show one invoice line by line beside order and receipts."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    names = [asked.get(name, "")[:100] for name in ("store", "supplier", "invoice")]
    found = await read(request, lambda service: Matching(service.orders).match(*names))
    hard = bool(HARD & set(found.differences))
    values = {"match": found, "hard": hard, "person": person}
    return page(request, "invoice.html", {**values, "here": f"/invoices/one?{request.url.query}"})


def _at_invoices(_form: Form) -> Place:
    return invoices_page, "/invoices", {}


def _at_invoice(form: Form) -> Place:
    query = {name: form.text(name) for name in ("store", "supplier", "invoice")}
    return invoice_page, "/invoices/one", query


@post("/invoices/new", include_in_schema=False, status_code=303)
@comes_back(_at_invoices)
async def new_invoice(request: Req) -> Response[Any]:
    """Enter an invoice; without lines it is for what was received and not invoiced."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> Match:
        store_id, _, order_id = form.text("order").partition("|")
        return Matching(service.orders).enter(
            person,
            store_id=store_id,
            order_id=order_id,
            invoice_no=form.text("invoice_no"),
            invoice_day=form.day("invoice_day"),
            pay_day=form.day("pay_day"),
            amount_minor=form.amount("amount"),
            tax_minor=form.amount("tax"),
            lines=lines_of(
                service.office.dialect, service.orders.get(store_id, order_id), form.text("lines")
            ),
            note=form.text("note"),
        )

    return _to((await act(request, person, call)).invoice)


@post("/invoices/act", include_in_schema=False, status_code=303)
@comes_back(_at_invoice)
async def invoice_act(request: Req) -> Response[Any]:
    """Approve or refuse an invoice."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> Match:
        keeper = Matching(service.orders)
        names = (form.text("store"), form.text("supplier"), form.text("invoice"))
        if form.text("act") == "approve":
            return keeper.approve(person, *names, form.text("note"))
        if form.text("act") == "refuse":
            return keeper.refuse(person, *names, form.text("note"))
        raise WireError("bad_form", "expected approve or refuse")

    return _to((await act(request, person, call)).invoice)


@get("/invoices/sheet", include_in_schema=False)
async def pay_sheet(request: Req) -> Response[Any]:
    """Save the list to be paid as CSV, for finance's own system (SUP-07, SUP-09)."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    rows = await read(request, lambda service: pay_rows(Matching(service.orders).pay_list()))
    return csv_file("pay-list.csv", sheet(PAY_COLUMNS, rows))


def pay_rows(invoices: list[Invoice]) -> list[dict[str, Any]]:
    """One row for each approved invoice."""
    return [{name: getattr(one, name) for name in PAY_COLUMNS} for one in invoices]


def _to(invoice: Invoice) -> Response[Any]:
    return to(
        "/invoices/one",
        store=invoice.store_id,
        supplier=invoice.supplier_id,
        invoice=invoice.invoice_no,
    )


ROUTES = [invoices_page, invoice_page, new_invoice, invoice_act, pay_sheet]
