"""The pages of counts: opened or drawn, who is missing, differences with reasons, approval (STK-05)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.domain.goods.count_reasons import REASON_WORDS
from sync.head_office import count_report, count_rows
from sync.head_office.count_rows import StockCount
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
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.goods_counts import OPEN, GoodsCounts, NotReady
from sync.head_office.rights import COUNT_OPEN, VARIANCE_APPROVE, require
from sync.head_office.service import Service

MAX_SHOWN = 500


@get("/counts", include_in_schema=False)
async def counts_page(request: Req) -> Response[Any]:
    """Show counts, the newest first; a drawn day is head office's secret until it comes."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        found = count_rows.find(service.office.dialect, store_id=person.store_id)
        return {"counts": found[:MAX_SHOWN], "stores": store_names(service)}

    values = await read(request, call)
    return page(request, "counts.html", {**values, "person": person, "here": "/counts"})


@get("/counts/one", include_in_schema=False)
async def count_page(request: Req) -> Response[Any]:
    """Show one count: what is missing, what differs and why, likely wrong codes, its history."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id, count_id = _asked(request, person.store_id)

    def call(service: Service) -> dict[str, Any]:
        counts = GoodsCounts(service.feed)
        count = counts.get(store_id, count_id)
        lines = count_rows.lines(service.office.dialect, store_id, count_id)
        return {
            "count": count,
            "lines": lines[:MAX_SHOWN],
            "line_count": len(lines),
            "missing": counts.missing(count) if count.state == OPEN else [],
            "pairs": count_report.suggestions(service.office.dialect, count, lines),
            "causes": count_report.by_reason(lines),
            "history": count_rows.history(service.office.dialect, count),
        }

    values = await read(request, call)
    shown = {
        "person": person,
        "here": "/counts",
        "reasons": {reason.value: text for reason, text in REASON_WORDS.items()},
        "finding_words": count_report.FINDING_WORDS,
        "language": language_of(request),
    }
    return page(request, "count.html", {**values, **shown})


@get("/counts/sheet", include_in_schema=False)
async def count_sheet(request: Req) -> Response[Any]:
    """Save a count's differences as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id, count_id = _asked(request, person.store_id)
    text = await read(
        request,
        lambda service: count_report.csv_text(
            count_rows.lines(service.office.dialect, store_id, count_id)
        ),
    )
    return csv_file(f"{count_id}.csv", text)


def _at_counts(_form: Form) -> Place:
    return counts_page, "/counts", {}


def _at_count(form: Form) -> Place:
    query = {"store": form.text("store"), "count": form.text("count")}
    return count_page, "/counts/one", query


@post("/counts/open", include_in_schema=False, status_code=303)
@comes_back(_at_counts)
async def open_count(request: Req) -> Response[Any]:
    """Open a count now, or draw the day of a month."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> StockCount:
        require(person.name, person.role, COUNT_OPEN)
        counts = GoodsCounts(service.feed)
        classes = tuple(form.text("classes").split())
        passes = form.whole("passes", 1)
        month = form.text("month")
        if month:
            return counts.draw(
                form.text("store"), month, by=person.name, passes=passes, item_classes=classes
            )
        return counts.open(
            form.text("store"),
            by=person.name,
            kind="cycle" if form.on("cycle") else "detailed",
            passes=passes,
            item_classes=classes,
            item_codes=tuple(form.text("items").split()),
            note=form.text("note")[:200],
        )

    await act(request, person, call)
    return to("/counts")


@post("/counts/do", include_in_schema=False, status_code=303)
@comes_back(_at_count)
async def do(request: Req) -> Response[Any]:
    """Compute, have counted again, give a reason, approve or give up."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> StockCount:
        counts = GoodsCounts(service.feed)
        count = counts.get(form.text("store"), form.text("count"))
        action = form.text("action")
        right = VARIANCE_APPROVE if action == "approve" else COUNT_OPEN
        require(person.name, person.role, right)
        match action:
            case "compute":
                without = tuple(form.text("without").split())
                counts.compute(count, by=person.name, without=without)
            case "recount":
                counts.recount(count, by=person.name)
            case "reason":
                counts.reason(
                    count,
                    form.text("item"),
                    form.text("reason"),
                    by=person.name,
                    note=form.text("note"),
                    batch=form.text("batch") if form.text("item") != "*" else None,
                )
            case "approve":
                counts.approve(count, by=person.name)
            case "cancel":
                counts.cancel(count, by=person.name, note=form.text("note"))
            case _:
                raise NotReady("wrong_state", f"there is no action {action[:40]!r}")
        return count

    count = await act(request, person, call)
    return to("/counts/one", store=count.store_id, count=count.count_id)


def _asked(request: Req, own_store: str) -> tuple[str, str]:
    asked = request.query_params
    return own_store or asked.get("store", "")[:40], asked.get("count", "")[:80]


ROUTES = [counts_page, count_page, count_sheet, open_count, do]
