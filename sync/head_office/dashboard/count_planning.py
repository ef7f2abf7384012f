"""The page of count plans: who is counted how often, who was not, what is due by class (STK-05..12)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.i18n import N_
from sync.head_office import count_cycles, count_plans, count_standing, goods_items
from sync.head_office.count_periods import Every
from sync.head_office.count_plans import CountPlan
from sync.head_office.count_rows import DRAWN, StockCount
from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    person_of,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.stock_requests import (
    csv_file,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_counts import GoodsCounts
from sync.head_office.refusals import refused
from sync.head_office.rights import COUNT_OPEN, require
from sync.head_office.service import Service

SHOWN_ITEMS = 30
COLUMNS = ("store_id", "period", "first_day", "last_day", "state", "count_id", "day")


@get("/counts/plan", include_in_schema=False)
async def plan_page(request: Req) -> Response[Any]:
    """Show the calendar of counts, stores without this period's, plans, and what is due by class."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)
    may = person.may(COUNT_OPEN)

    def read(service: Service) -> dict[str, Any]:
        office = service.office
        stores = names_of(service, person.store_id)
        found = count_standing.calendar(office, store_id=store_id)
        chosen = store_id or (next(iter(stores)) if len(stores) == 1 else "")
        return {
            "stores": stores,
            "calendar": found,
            "without": count_standing.without_count(found),
            "overdue": count_standing.overdue(office, store_id=store_id),
            "cycles": count_cycles.due(office, chosen) if chosen else [],
            "chosen": chosen,
            "common": count_plans.common(office.dialect),
            "own": count_plans.own(office.dialect, chosen) if chosen else None,
            "daily_classes": [
                rule.item_class
                for rule in goods_items.class_rules(office.dialect)
                if rule.counted_daily
            ],
        }

    values = await worker_of(request).read(read)
    if request.query_params.get("format") == "csv":
        rows = [
            {
                "store_id": one.store_id,
                "period": cell.period.code,
                "first_day": cell.period.first,
                "last_day": cell.period.last,
                "state": cell.state,
                "count_id": cell.count.count_id if cell.count and _told(cell, may=may) else "",
                "day": cell.count.due_day if cell.count and _told(cell, may=may) else "",
            }
            for one in values["calendar"]
            for cell in one.cells
        ]
        return csv_file("count-calendar.csv", COLUMNS, rows)
    shown = {
        "store_id": store_id,
        "may_open": may,
        "shown_items": SHOWN_ITEMS,
        "max_items": count_cycles.MAX_ITEMS,
        "everies": [one.value for one in Every],
    }
    return page(request, "count_plan.html", {**values, **shown, **frame(person, "/counts/plan")})


def _told(cell: count_standing.Cell, *, may: bool) -> bool:
    """A drawn day is the secret of those who open counts until it comes (STK-05)."""
    return may or cell.state != DRAWN


def _here(form: Form) -> Place:
    store_id = form.text("store")
    return plan_page, "/counts/plan", {"store": store_id} if store_id else {}


@post("/counts/plan", include_in_schema=False, status_code=303)
@comes_back(_here)
async def set_plan(request: Req) -> Response[Any]:
    """Set the plan of all stores, or of one; or have one follow that of all again."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> str:
        store_id = form.text("store")
        if form.on("drop"):
            count_plans.drop_plan(service.office, person, store_id)
            return store_id
        every = form.text("every")
        if every not in set(Every):
            raise refused("every", N_("Choose how often."))
        count_plans.set_plan(
            service.office,
            person,
            CountPlan(
                store_id=store_id,
                every=Every(every),
                passes=form.whole("passes", 1),
                item_classes=tuple(form.text("item_classes").split()),
                cycle_days_a=form.whole("cycle_days_a"),
                cycle_days_b=form.whole("cycle_days_b"),
                cycle_days_c=form.whole("cycle_days_c"),
                daily_total=form.on("daily_total"),
            ),
        )
        count_standing.draw_due(GoodsCounts(service.feed))
        return store_id

    store_id = await act(request, person, call)
    return to("/counts/plan", store=store_id) if store_id else to("/counts/plan")


@post("/counts/cycle", include_in_schema=False, status_code=303)
@comes_back(_here)
async def open_cycle(request: Req) -> Response[Any]:
    """Open the cycle count that is proposed for a class."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> StockCount:
        require(person.name, person.role, COUNT_OPEN)
        return count_cycles.open_cycle(
            GoodsCounts(service.feed), form.text("store"), form.text("grade"), by=person.name
        )

    count = await act(request, person, call)
    return to("/counts/one", store=count.store_id, count=count.count_id)


ROUTES = [plan_page, set_plan, open_cycle]
