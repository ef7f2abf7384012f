"""The page of planning: what sold and earned, forecasts and their error, ABC, turnover, plans."""

from __future__ import annotations

import datetime as dt
from typing import Any

from litestar import Response, get, post

from sync.head_office import goods_planning, sales_plans, stock_reports
from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    form_of,
    person_of,
    to,
)
from sync.head_office.dashboard.paging import window
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.stock_requests import (
    class_sheet,
    codes_meant,
    day_of,
    fits,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.service import Service


@get("/planning", include_in_schema=False)
async def planning_page(request: Req) -> Response[Any]:
    """One store's report by item or class, and its month's plan; `format=csv` is a file."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    by = asked.get("by", "item")
    by = by if by in goods_planning.GROUPINGS else "item"
    days = (day_of(asked.get("from", "")), day_of(asked.get("to", "")))
    find = asked.get("find", "").strip()[:200] if by == "item" else ""
    item_class = asked.get("class", "")[:40] if by == "item" else ""

    def read(service: Service) -> dict[str, Any]:
        office = service.office
        stores = names_of(service, person.store_id)
        chosen = store_id or next(iter(stores), "")
        if not chosen:
            return {"stores": stores, "store_id": "", "report": None, "plans": [], "month": ""}
        _, latest = stock_reports.period(office.dialect, chosen, "", "")
        first, last = goods_planning.period(latest, *days)
        report = goods_planning.report(office, chosen, first, last, by)
        classes = sorted({row.item_class for row in report.rows if row.item_class})
        meant = codes_meant(office.dialect, find, chosen) if find else set[str]()
        report.rows[:] = [
            row
            for row in report.rows
            if item_class in ("", row.item_class)
            and (not find or fits(find, meant, row.key, row.description))
        ]
        length = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days + 1
        return {
            "stores": stores,
            "store_id": chosen,
            "report": report,
            "classes": classes,
            "total": goods_planning.total_of(report.rows, length),
            "plans": sales_plans.plans(office, chosen, last[:7]),
            "month": last[:7],
        }

    values = await worker_of(request).read(read)
    found = values["report"]
    if asked.get("format") == "csv" and found is not None:
        name = f"planning-{found.store_id}-{found.first_day}-{found.last_day}-{by}.csv"
        return class_sheet(request, name, goods_planning.COLUMNS, goods_planning.as_rows(found))
    rows = [] if found is None else found.rows
    part = window(request, len(rows))
    shown = {
        **values,
        "by": by,
        "window": part,
        "rows": part.of(rows),
        "find": find,
        "item_class": item_class,
    }
    return page(request, "planning.html", {**shown, **frame(person, "/planning")})


def _here(form: Form) -> Place:
    month = form.text("month")
    return planning_page, "/planning", {"store": form.text("store"), "to": f"{month}-28"}


@post("/planning/plan", include_in_schema=False, status_code=303)
@comes_back(_here)
async def set_plan(request: Req) -> Response[Any]:
    """Enter or change a month's plan of a class, or approve what somebody else entered."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    form = await form_of(request)
    store_id, month = form.text("store"), form.text("month")

    def call(service: Service, typed: Form) -> None:
        if typed.on("approve"):
            sales_plans.approve_plans(service.office, person, store_id, month)
            return
        sales_plans.set_plan(
            service.office,
            person,
            store_id,
            month,
            typed.text("item_class"),
            typed.amount("amount"),
        )

    await act(request, person, call, form)
    return to("/planning", store=store_id, to=f"{month}-28")


ROUTES = [planning_page, set_plan]
