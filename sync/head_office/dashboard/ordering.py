"""The pages of orders: the list, one order with its history, new purchase orders and dispatches."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.domain.goods.orders import OrderKind
from pos.domain.money import format_unit_price
from pos.domain.quantity import format_quantity
from sync.head_office import dispatch_copies, goods_received, rights
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
from sync.head_office.goods_dispatching import COPIES, DUE_BACK, LATE_DAYS, Dispatching
from sync.head_office.goods_items import typed_lines
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_orders import WrongState
from sync.head_office.goods_purchasing import Purchasing
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import OPEN_STATES, OrderDocument, OrderState
from sync.head_office.people import Person
from sync.head_office.service import Service

KINDS = (OrderKind.PURCHASE.value, OrderKind.DISPATCH.value)
OTHER_KINDS = ("requisition", "recall", "judgement", "transfer", "count", "count_result")
SHOWN = 200
_VIEWS: dict[str, tuple[OrderState, ...]] = {
    "open": (OrderState.DRAFT, OrderState.AUDITED, *OPEN_STATES),
    "draft": (OrderState.DRAFT,),
    "audited": (OrderState.AUDITED,),
    "under_way": OPEN_STATES,
    "ended": (OrderState.RECEIVED, OrderState.CLOSED, OrderState.CANCELLED),
    "all": (),
}
_DAY_MS = 86_400_000


@get("/orders", include_in_schema=False)
async def orders_page(request: Req) -> Response[Any]:
    """Show orders: those that wait for somebody first."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    view = asked.get("view", "open")
    view = view if view in _VIEWS else "open"
    kind = asked.get("kind", "")
    kinds = (kind,) if kind in (*KINDS, *OTHER_KINDS) else KINDS
    store_id = asked.get("store", "")[:40]

    def call(service: Service) -> dict[str, Any]:
        found = service.orders.documents(
            kinds=kinds, states=_VIEWS[view], store_id=store_id, limit=SHOWN
        )
        day = service.office.today().isoformat()
        return {
            "orders": found,
            "today": day,
            "late": {one.order_id for one in found if _is_late(service, one, day)},
            "stores": store_names(service),
            "suppliers": [one for one in Suppliers(service.feed).all() if one.approved],
            "copies_out": Dispatching(service.orders).copies_out(),
        }

    values = await read(request, call)
    shown = {
        "person": person,
        "here": "/orders",
        "view": view,
        "views": list(_VIEWS),
        "kind": kind,
        "kinds": (*KINDS, *OTHER_KINDS),
        "store_id": store_id,
        "shown": SHOWN,
    }
    return page(request, "orders.html", {**values, **shown})


@get("/orders/one", include_in_schema=False)
async def order_page(request: Req) -> Response[Any]:
    """Show one order: lines, history, receipts, and what may be done now."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id, order_id = _named(request)

    def call(service: Service) -> dict[str, Any]:
        kept = service.orders.get(store_id, order_id)
        return {
            "kept": kept,
            "events": service.orders.events(store_id, order_id),
            "receipts": goods_received.papers(
                service.office.dialect,
                ("receipt", "discrepancy"),
                store_id=store_id,
                reference=order_id,
            ),
            "back": Dispatching(service.orders).copies(store_id, order_id),
            "told": dispatch_copies.told_by_store(service.office.dialect, store_id, order_id),
            "store_name": store_names(service).get(store_id, ""),
            "typed": _as_typed(kept),
        }

    values = await read(request, call)
    kept = values["kept"]
    shown = {
        "person": person,
        "here": f"/orders/one?{request.url.query}",
        "acts": _acts(person, kept),
        "copies": COPIES,
        "copies_state": dispatch_copies.state(
            values["told"], [one for one in DUE_BACK if one not in values["back"]]
        ),
        "due_back": DUE_BACK,
    }
    return page(request, "order.html", {**values, **shown})


def _at_orders(_form: Form) -> Place:
    return orders_page, "/orders", {}


def _at_order(form: Form) -> Place:
    return (
        order_page,
        "/orders/one",
        {"store": form.text("store"), "order": form.text("order")},
    )


@post("/orders/new", include_in_schema=False, status_code=303)
@comes_back(_at_orders)
async def new_order(request: Req) -> Response[Any]:
    """Write a draft of a purchase order, or send a dispatch."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> OrderDocument:
        lines = typed_lines(form.text("lines"))
        if form.text("kind") == OrderKind.DISPATCH:
            return Dispatching(service.orders).send(
                person,
                store_id=form.text("store"),
                lines=lines,
                due_day=form.text("due_day"),
                carrier=form.text("carrier"),
                note=form.text("note"),
            )
        return Purchasing(service.orders).draft(
            person,
            store_id=form.text("store"),
            supplier_id=form.text("supplier"),
            due_day=form.text("due_day"),
            lines=lines,
            contract_no=form.text("contract_no"),
            note=form.text("note"),
        )

    kept = await act(request, person, call)
    return to("/orders/one", store=kept.store_id, order=kept.order_id)


@post("/orders/act", include_in_schema=False, status_code=303)
@comes_back(_at_order)
async def order_act(request: Req) -> Response[Any]:
    """Do what a button of an order's page says."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    names: list[str] = []

    def call(service: Service, form: Form) -> None:
        store_id, order_id = form.text("store"), form.text("order")
        names[:] = [store_id, order_id]
        do_act(service, person, store_id, order_id, form)

    await act(request, person, call)
    return to("/orders/one", store=names[0], order=names[1])


@get("/orders/sheet", include_in_schema=False)
async def orders_sheet(request: Req) -> Response[Any]:
    """Save the lines of the latest orders as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    rows = await read(
        request, lambda service: order_rows(service.orders.documents(kinds=KINDS, limit=2_000))
    )
    return csv_file("orders.csv", sheet(ORDER_COLUMNS, rows))


ORDER_COLUMNS = (
    "store_id",
    "order_no",
    "order_kind",
    "state",
    "supplier_id",
    "supplier_name",
    "sent_day",
    "due_day",
    "line_no",
    "item_code",
    "description",
    "unit",
    "quantity_milli",
    "received_milli",
    "unit_cost_e4",
    "entered_by",
    "audited_by",
)


def order_rows(documents: list[OrderDocument]) -> list[dict[str, Any]]:
    """One row for each line of each order, for a sheet or the API."""
    return [
        {
            "store_id": kept.store_id,
            "order_no": kept.order.order_no,
            "order_kind": kept.order.order_kind,
            "state": kept.state.value,
            "supplier_id": kept.order.counterparty_id,
            "supplier_name": kept.order.counterparty_name,
            "sent_day": kept.order.sent_day,
            "due_day": kept.order.due_day,
            "line_no": line.line_no,
            "item_code": line.item_code,
            "description": line.description,
            "unit": line.unit,
            "quantity_milli": line.quantity_milli,
            "received_milli": line.done_milli,
            "unit_cost_e4": line.unit_cost_e4,
            "entered_by": kept.entered_by,
            "audited_by": kept.audited_by,
        }
        for kept in documents
        for line in kept.order.lines
    ]


def do_act(service: Service, person: Person, store_id: str, order_id: str, form: Form) -> None:
    """One act on one order, as a page's button or the API names it."""
    purchasing, dispatching = Purchasing(service.orders), Dispatching(service.orders)
    name, note = form.text("act"), form.text("note")
    if name == "rewrite":
        purchasing.rewrite(
            person,
            store_id,
            order_id,
            lines=typed_lines(form.text("lines")),
            due_day=form.text("due_day"),
            note=note,
        )
    elif name == "audit":
        purchasing.audit(person, store_id, order_id, note)
    elif name == "send_back":
        purchasing.send_back(person, store_id, order_id, note)
    elif name == "place":
        purchasing.place(person, store_id, order_id)
    elif name in ("close", "cancel"):
        kept = service.orders.get(store_id, order_id)
        if kept.order.order_kind == OrderKind.DISPATCH:
            dispatching.recall_back(person, store_id, order_id, note)
        elif name == "close":
            purchasing.close(person, store_id, order_id, note)
        else:
            purchasing.cancel(person, store_id, order_id, note)
    elif name == "copy_back":
        dispatching.copy_back(person, store_id, order_id, form.text("copy"))
    else:
        raise WrongState(f"there is no act {name[:40]!r}")


def _acts(person: Person, kept: OrderDocument) -> set[str]:
    """What the person may try now; the rules themselves are asked again when they do."""
    if kept.order.order_kind == OrderKind.DISPATCH:
        may = person.may(rights.DISPATCH)
        return (
            {"close", "copies"}
            if may and kept.state in OPEN_STATES
            else ({"copies"} if may else set())
        )
    if kept.order.order_kind != OrderKind.PURCHASE:
        return set()
    found: set[str] = set()
    if kept.state is OrderState.DRAFT:
        found |= {"rewrite", "cancel"} if person.may(rights.ORDER_ENTER) else set()
        if person.may(rights.ORDER_AUDIT) and person.name != kept.entered_by:
            found.add("audit")
    if kept.state is OrderState.AUDITED:
        found |= {"place"} if person.may(rights.ORDER_PLACE) else set()
        found |= {"send_back"} if person.may(rights.ORDER_AUDIT) else set()
        found |= {"cancel"} if person.may(rights.ORDER_ENTER) else set()
    if kept.state in OPEN_STATES and person.may(rights.ORDER_PLACE):
        found.add("cancel" if kept.state is OrderState.PLACED else "close")
        found.add("close")
    return found


def _is_late(service: Service, kept: OrderDocument, day: str) -> bool:
    if kept.state not in OPEN_STATES:
        return False
    if kept.order.order_kind == OrderKind.DISPATCH:
        return service.office.clock_ms() - kept.placed_utc_ms > LATE_DAYS * _DAY_MS
    return bool(kept.order.due_day) and kept.order.due_day < day


def _as_typed(kept: OrderDocument) -> str:
    rows = []
    for line in kept.order.lines:
        cells = [line.item_code, format_quantity(line.quantity_milli)]
        if line.unit_cost_e4 is not None:
            cells.append(format_unit_price(line.unit_cost_e4))
        rows.append(" ".join(cells))
    return "\n".join(rows)


def _named(request: Req) -> tuple[str, str]:
    asked = request.query_params
    return asked.get("store", "")[:40], asked.get("order", "")[:100]


ROUTES = [orders_page, order_page, new_order, order_act, orders_sheet]
