"""The pages of suppliers: standing and figures, one supplier, rules of classes and items, lists."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import UploadFile

from pos.domain.goods.orders import Supplier
from pos.i18n import N_, translation_for
from sync.head_office import goods_figures, goods_items, goods_lists
from sync.head_office.dashboard.goods_forms import (
    Form,
    FormError,
    Place,
    act,
    comes_back,
    csv_file,
    form_of,
    person_of,
    read,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.goods_lists import ListImport
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.refusals import refused
from sync.head_office.service import Service

FIGURE_DAYS = 90
PRICE_DAYS = 740
SHOWN_RULES = 300
MAX_UPLOAD_BYTES = 8 * 1024 * 1024
FIGURE_COLUMNS = goods_figures.SupplierFigures.__struct_fields__
PRICE_COLUMNS = goods_figures.PurchasePrice.__struct_fields__


@get("/suppliers", include_in_schema=False)
async def suppliers_page(request: Req) -> Response[Any]:
    """Show suppliers with what their deliveries say of them."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        first, last = _span(service)
        return {
            "records": Suppliers(service.feed).all(),
            "figures": goods_figures.figures(service.office, first, last),
            "first": first,
            "last": last,
        }

    values = await read(request, call)
    return page(request, "suppliers.html", {**values, "person": person, "here": "/suppliers"})


@get("/suppliers/one", include_in_schema=False)
async def supplier_page(request: Req) -> Response[Any]:
    """Show one supplier: what is known, its prices, its history."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    supplier_id = request.query_params.get("supplier", "")[:60]

    def call(service: Service) -> dict[str, Any]:
        keeper = Suppliers(service.feed)
        first, last = _span(service)
        return {
            "record": keeper.get(supplier_id),
            "events": keeper.events(supplier_id),
            "figures": goods_figures.figures(service.office, first, last).get(supplier_id),
            "prices": goods_figures.price_history(
                service.office.dialect,
                supplier_id=supplier_id,
                since_day=(service.office.today() - dt.timedelta(days=PRICE_DAYS)).isoformat(),
                limit=100,
            ),
            "orders": service.orders.documents(counterparty_id=supplier_id, limit=20),
            "first": first,
            "last": last,
        }

    values = await read(request, call)
    here = f"/suppliers/one?{request.url.query}"
    return page(request, "supplier.html", {**values, "person": person, "here": here})


def _at_supplier(form: Form) -> Place:
    return supplier_page, "/suppliers/one", {"supplier": form.text("supplier")}


def _at_supplier_form(form: Form) -> Place:
    return _at_supplier(form) if form.on("known") else (suppliers_page, "/suppliers", {})


@post("/suppliers/save", include_in_schema=False, status_code=303)
@comes_back(_at_supplier_form)
async def save_supplier(request: Req) -> Response[Any]:
    """Add or change a supplier."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> str:
        keeper = Suppliers(service.feed)
        before = keeper.find(form.text("supplier"))
        tolerance = form.text("tolerance", "0").rstrip("%") or "0"
        whole, _, part = tolerance.partition(".")
        if not (whole.isascii() and whole.isdigit() and len(whole) < 4) or not (
            part == "" or (part.isascii() and part.isdigit() and len(part) <= 2)
        ):
            raise refused(
                "tolerance",
                N_("Expected per cent such as 5 or 2.5, got %(typed)s."),
                typed=tolerance[:20],
            )
        made = Supplier(
            supplier_id=form.text("supplier"),
            name=form.text("name"),
            state=before.supplier.state if before else "active",
            contact=form.text("contact"),
            phone=form.text("phone"),
            needs_seal=form.on("needs_seal"),
            delivery_weekdays="".join(form.many("weekday")),
            lead_days=form.whole("lead_days", 1),
            tolerance_bp=int(whole) * 100 + int(part.ljust(2, "0") or 0),
        )
        keeper.enter(person, made)
        return made.supplier_id

    supplier_id = await act(request, person, call)
    return to("/suppliers/one", supplier=supplier_id)


@post("/suppliers/act", include_in_schema=False, status_code=303)
@comes_back(_at_supplier)
async def supplier_act(request: Req) -> Response[Any]:
    """Approve a supplier, let it rectify, drop it or take it back."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> str:
        keeper, supplier_id = Suppliers(service.feed), form.text("supplier")
        if form.text("act") == "approve":
            keeper.approve(person, supplier_id, form.text("note"))
        else:
            keeper.set_state(person, supplier_id, form.text("act"), form.text("note"))
        return supplier_id

    supplier_id = await act(request, person, call)
    return to("/suppliers/one", supplier=supplier_id)


@get("/suppliers/rules", include_in_schema=False)
async def rules_page(request: Req) -> Response[Any]:
    """Show the rules of classes, and of items, which an item's code or supplier narrows."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    return await _rules_page(request, person, None)


def _at_rules(_form: Form) -> Place:
    return rules_page, "/suppliers/rules", {}


@post("/suppliers/import", include_in_schema=False, status_code=200)
@comes_back(_at_rules)
async def import_list(request: Req) -> Response[Any]:
    """Import suppliers, class rules or item rules from a file; say what was not taken."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    form = await form_of(request)
    upload = form.values.get("file")
    if not isinstance(upload, UploadFile):
        raise FormError.of("file", N_("Choose a file first."))
    data = await upload.read(MAX_UPLOAD_BYTES + 1)
    if len(data) > MAX_UPLOAD_BYTES:
        raise FormError.of(
            "file", N_("Expected a file of at most %(most)s MB."), most=MAX_UPLOAD_BYTES >> 20
        )
    ending = Path(upload.filename or "").suffix.lower()

    def call(service: Service, form: Form) -> ListImport:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"list{ending if ending in ('.xlsx', '.xlsm') else '.csv'}"
            path.write_bytes(data)
            return goods_lists.import_list(service.feed, person, path, dry_run=form.on("dry_run"))

    done = await act(request, person, call, form)
    return await _rules_page(request, person, done)


@get("/suppliers/sheet", include_in_schema=False)
async def suppliers_sheet(request: Req) -> Response[Any]:
    """Save suppliers, rules, figures or purchase prices as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    name = asked.get("list", "suppliers")

    def call(service: Service) -> str:
        if name == "figures":
            first, last = _span(service)
            found = goods_figures.figures(service.office, first, last).values()
            rows = [{field: getattr(one, field) for field in FIGURE_COLUMNS} for one in found]
            return goods_lists.sheet(FIGURE_COLUMNS, rows)
        if name == "prices":
            prices = goods_figures.price_history(
                service.office.dialect,
                item_code=asked.get("item", "")[:64],
                supplier_id=asked.get("supplier", "")[:60],
                since_day=(service.office.today() - dt.timedelta(days=PRICE_DAYS)).isoformat(),
                limit=50_000,
            )
            rows = [{field: getattr(one, field) for field in PRICE_COLUMNS} for one in prices]
            return goods_lists.sheet(PRICE_COLUMNS, rows)
        return goods_lists.export_list(service.feed, name)

    return csv_file(f"{name if name.isidentifier() else 'list'}.csv", await read(request, call))


async def _rules_page(request: Req, person: Any, done: ListImport | None) -> Response[Any]:
    wanted = request.query_params.get("item", "").strip()[:64]

    def call(service: Service) -> dict[str, Any]:
        dialect = service.office.dialect
        rules = goods_items.item_rules(dialect)
        found = [
            rule
            for rule in rules
            if wanted in ("", rule.supplier_id) or rule.item_code.startswith(wanted)
        ]
        shown = found[:SHOWN_RULES]
        return {
            "class_rules": goods_items.class_rules(dialect),
            "item_rules": shown,
            "items": goods_items.items(dialect, [rule.item_code for rule in shown]),
            "count": len(found),
        }

    values = await read(request, call)
    words = translation_for(language_of(request)).gettext
    own = {
        "person": person,
        "here": "/suppliers/rules",
        "done": done,
        "problems": [problem.text(words) for problem in done.problems] if done else [],
        "wanted": wanted,
    }
    return page(request, "rules.html", {**values, **own})


def _span(service: Service) -> tuple[str, str]:
    last = service.office.today()
    return (last - dt.timedelta(days=FIGURE_DAYS)).isoformat(), last.isoformat()


ROUTES = [
    suppliers_page,
    supplier_page,
    save_supplier,
    supplier_act,
    rules_page,
    import_list,
    suppliers_sheet,
]
