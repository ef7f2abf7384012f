"""A placed order for its supplier: a page to print on A4 with a letterhead, and a sheet (SUP-05)."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, get, post

from pos.domain.goods.orders import OrderKind
from pos.domain.money import format_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.i18n import LANGUAGES
from sync.head_office import rights
from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    csv_file,
    person_of,
    read,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.database import HeadOffice
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_orders import WrongState
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import ENDED_STATES, OPEN_STATES, OrderDocument, OrderState
from sync.head_office.service import Service

GIVEN: Final = "given"
"""Action in an order's history: its supplier has it."""

_SETTING: Final = "letterhead"
_FIELDS: Final = ("name", "address", "phone", "tax_no")
_MOST: Final = 200
COLUMNS: Final = (
    "order_no", "sent_day", "due_day", "supplier_id", "supplier_name", "store_id", "store_name",
    "contract_no", "line_no", "item_code", "description", "unit", "quantity", "price", "amount",
)  # fmt: skip


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """Who orders, as it stands on top of the paper."""

    name: str = ""
    address: str = ""
    phone: str = ""
    tax_no: str = ""


@get("/orders/paper", include_in_schema=False)
async def paper_page(request: Req) -> Response[Any]:
    """Show a placed order as its supplier gets it; `lang` chooses the language of the paper."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    language = asked.get("lang", "")
    language = language if language in LANGUAGES else language_of(request)
    store_id, order_id = _named(request)

    def call(service: Service) -> dict[str, Any]:
        kept = _placed(service, store_id, order_id)
        row = service.office.dialect.one(
            "SELECT name, contact FROM store WHERE store_id = ?", (store_id,)
        )
        given = [one for one in service.orders.events(store_id, order_id) if one.action == GIVEN]
        return {
            "kept": kept,
            "supplier": Suppliers(service.feed).find(kept.order.counterparty_id),
            "store_name": str(row[0]) if row else "",
            "store_contact": str(row[1]) if row else "",
            "head": letterhead(service.office),
            "given": given,
        }

    values = await read(request, call)
    shown = {
        "person": person,
        "here": f"/orders/paper?{request.url.query}",
        "may_give": person.may(rights.ORDER_PLACE),
        "paper_language": language,
    }
    return page(request, "order_paper.html", {**values, **shown}, language=language)


@get("/orders/paper/sheet", include_in_schema=False)
async def paper_sheet(request: Req) -> Response[Any]:
    """Save one placed order's lines as CSV, for the supplier's own program."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id, order_id = _named(request)

    def call(service: Service) -> tuple[str, list[dict[str, Any]]]:
        kept = _placed(service, store_id, order_id)
        row = service.office.dialect.one("SELECT name FROM store WHERE store_id = ?", (store_id,))
        return kept.order.order_no, paper_rows(kept, str(row[0]) if row else "")

    name, rows = await read(request, call)
    return csv_file(f"{name}.csv", sheet(COLUMNS, rows))


def _at_paper(form: Form) -> Place:
    return (
        paper_page,
        "/orders/paper",
        {"store": form.text("store"), "order": form.text("order"), "lang": form.text("lang")},
    )


@post("/orders/paper", include_in_schema=False, status_code=303)
@comes_back(_at_paper)
async def give(request: Req) -> Response[Any]:
    """Note that the supplier has the order and how, or set the letterhead."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    place: dict[str, str] = {}

    def call(service: Service, form: Form) -> None:
        place.update(_at_paper(form)[2])
        rights.require(person.name, person.role, rights.ORDER_PLACE)
        if form.text("act") == "letterhead":
            with service.office.dialect.transaction():
                for name in _FIELDS:
                    service.office.set_setting(f"{_SETTING}.{name}", form.text(name)[:_MOST])
            return
        kept = _placed(service, form.text("store"), form.text("order"))
        with service.office.dialect.transaction():
            service.orders.note(
                kept.store_id,
                kept.order_id,
                GIVEN,
                kept.state,
                by=person.name,
                note=form.text("note")[:_MOST],
            )

    await act(request, person, call)
    return to("/orders/paper", **place)


def letterhead(office: HeadOffice) -> Letterhead:
    """What was set, empty where nothing was."""
    return Letterhead(**{name: office.setting(f"{_SETTING}.{name}") for name in _FIELDS})


def paper_rows(kept: OrderDocument, store_name: str) -> list[dict[str, Any]]:
    """One row for each line, in `COLUMNS`."""
    order = kept.order
    return [
        {
            "order_no": order.order_no,
            "sent_day": order.sent_day,
            "due_day": order.due_day,
            "supplier_id": order.counterparty_id,
            "supplier_name": order.counterparty_name,
            "store_id": kept.store_id,
            "store_name": store_name,
            "contract_no": order.fields.get("contract_no", ""),
            "line_no": line.line_no,
            "item_code": line.item_code,
            "description": line.description,
            "unit": line.unit,
            "quantity": format_quantity(line.quantity_milli),
            "price": "" if line.unit_cost_e4 is None else format_unit_price(line.unit_cost_e4),
            "amount": ""
            if line.unit_cost_e4 is None
            else format_amount((line.quantity_milli * line.unit_cost_e4 + 50_000) // 100_000),
        }
        for line in order.lines
    ]


def _placed(service: Service, store_id: str, order_id: str) -> OrderDocument:
    """A purchase order that was placed; raises LookupError, WrongState for one that was not."""
    kept = service.orders.get(store_id, order_id)
    was_placed = kept.state in (*OPEN_STATES, *ENDED_STATES) and kept.placed_utc_ms
    if kept.order.order_kind != OrderKind.PURCHASE:
        raise WrongState(f"{order_id} is no purchase order")
    if not was_placed or kept.state is OrderState.CANCELLED:
        raise WrongState(f"{order_id} is {kept.state}: only a placed order goes to its supplier")
    return kept


def _named(request: Req) -> tuple[str, str]:
    asked = request.query_params
    return asked.get("store", "")[:40], asked.get("order", "")[:100]


ROUTES = [paper_page, paper_sheet, give]
