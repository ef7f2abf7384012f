"""The page of requisitions: what stores ask for, the answer, one order out of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post

from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    person_of,
    quantity_of,
    read,
    store_names,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_requisitions import Requisition, Requisitions
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import OrderDocument
from sync.head_office.service import Service

SHOWN = 60


@get("/requisitions", include_in_schema=False)
async def requisitions_page(request: Req) -> Response[Any]:
    """Show requisitions: those without an answer first."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        keeper = Requisitions(service.orders)
        found = keeper.all(limit=SHOWN)
        months = {(one.paper.store_id, one.paper.business_day[:7]) for one in found}
        names = store_names(service)
        day = service.office.today().isoformat()
        months |= {(store_id, day[:7]) for store_id in names}
        answered: dict[tuple[str, str], list[Requisition]] = {}
        for one in found:
            if one.answer in ("confirmed", "limited") and not one.order_id:
                place = (one.paper.store_id, one.paper.counterparty_id)
                answered.setdefault(place, []).append(one)
        caps = {key: keeper.allowances.allocations(*key) for key in sorted(months)}
        return {
            "requisitions": sorted(found, key=lambda one: bool(one.answer)),
            "answered": {
                place: (ready, _wanted_day(ready, day)) for place, ready in answered.items()
            },
            "demand": keeper.demand(),
            "allocations": {key: value for key, value in caps.items() if value},
            "stores": names,
            "suppliers": [
                one
                for one in Suppliers(service.feed).all()
                if one.approved and one.supplier.state != "dropped"
            ],
            "today": day,
        }

    values = await read(request, call)
    return page(
        request, "requisitions.html", {**values, "person": person, "here": "/requisitions"}
    )


def _wanted_day(ready: Sequence[Requisition], today: str) -> str:
    """The first day that the stores want their goods; today where they said none or it is past."""
    days = [one.paper.due_day for one in ready if one.paper.due_day]
    return max(min(days), today) if days else today


def _here(_form: Form) -> Place:
    return requisitions_page, "/requisitions", {}


@post("/requisitions/answer", include_in_schema=False, status_code=303)
@comes_back(_here)
async def answer(request: Req) -> Response[Any]:
    """Answer one requisition line by line."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        granted = {
            n: quantity_of(f"granted-{n}", text) for n, text in form.numbered("granted").items()
        }
        Requisitions(service.orders).answer(
            person, form.text("store"), form.text("document"), granted, form.text("note")
        )

    await act(request, person, call)
    return to("/requisitions")


@post("/requisitions/order", include_in_schema=False, status_code=303)
@comes_back(_here)
async def into_order(request: Req) -> Response[Any]:
    """Make one dispatch or one purchase order of some answered requisitions of a store."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> OrderDocument:
        keeper = Requisitions(service.orders)
        store_id, documents = form.text("store"), form.many("document")
        if form.text("into") == "dispatch":
            return keeper.dispatch(person, store_id, documents)
        return keeper.purchase(
            person,
            store_id,
            documents,
            supplier_id=form.text("supplier"),
            due_day=form.text("due_day"),
        )

    kept = await act(request, person, call)
    return to("/orders/one", store=kept.store_id, order=kept.order_id)


@post("/requisitions/allocate", include_in_schema=False, status_code=303)
@comes_back(_here)
async def allocate(request: Req) -> Response[Any]:
    """Set a month's allocation of an item for a store."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        Requisitions(service.orders).allowances.allocate(
            person,
            store_id=form.text("store"),
            month=form.text("month"),
            item_code=form.text("item"),
            forecast_milli=form.quantity("forecast"),
            factor_percent=form.whole("factor", 100),
        )

    await act(request, person, call)
    return to("/requisitions")


ROUTES = [requisitions_page, answer, into_order, allocate]
