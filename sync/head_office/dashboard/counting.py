"""The pages of counts: opened or drawn, who is missing, differences with reasons, approval (STK-05)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.domain.goods.count_reasons import REASON_WORDS
from sync.head_office import count_progress, count_reasoning, count_report, count_rows
from sync.head_office.count_opening import NotReady
from sync.head_office.count_reasoning import Given, LineFilter
from sync.head_office.count_rows import DRAWN, OPEN, StockCount
from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    csv_file,
    form_of,
    person_of,
    read,
    store_names,
    to,
    told,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.goods_counts import GoodsCounts
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
        if not person.may(COUNT_OPEN):
            found = [one for one in found if one.state != DRAWN]
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
    wanted = told(lambda: _filter_of(Form(request.query_params)))

    def call(service: Service) -> dict[str, Any]:
        counts = GoodsCounts(service.feed)
        count = counts.get(store_id, count_id)
        if count.state == DRAWN and not person.may(COUNT_OPEN):
            raise LookupError(f"there is no count {count_id!r} of store {store_id!r}")
        lines = count_rows.lines(service.office.dialect, store_id, count_id)
        chosen = [line for line in lines if wanted.takes(line)]
        return {
            "count": count,
            "lines": chosen[:MAX_SHOWN],
            "chosen_count": len(chosen),
            "line_count": len(lines),
            "classes": sorted({line.item_class for line in lines if line.item_class}),
            "progress": count_progress.progress(service.office.dialect, count)
            if count.state == OPEN
            else None,
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
        "wanted": wanted,
        "under": request.query_params.get("under", "")[:20],
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
    return count_page, "/counts/one", _address(form)


def _address(form: Form) -> dict[str, str]:
    """The count's page with the filter that the form was shown with."""
    chosen = {name: form.text(name) for name in ("class", "under", "side", "text", "given")}
    shown = {name: value for name, value in chosen.items() if value}
    return {"store": form.text("store"), "count": form.text("count"), **shown}


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
                form.text("store"),
                month,
                by=person.name,
                passes=passes,
                item_classes=classes,
                note=form.text("note")[:200],
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
            case "reasons":
                count_reasoning.give_lines(counts, count, _given(form), by=person.name)
            case "reason_where":
                count_reasoning.give_where(
                    counts,
                    count,
                    _filter_of(form),
                    form.text("reason"),
                    form.text("note"),
                    by=person.name,
                    also_given=form.on("also_given"),
                )
            case "approve":
                counts.approve(count, by=person.name)
            case "cancel":
                counts.cancel(count, by=person.name, note=form.text("note"))
            case _:
                raise NotReady("wrong_state", f"there is no action {action[:40]!r}")
        return count

    form = await form_of(request)
    await act(request, person, call, form)
    return to("/counts/one", **_address(form))


def _filter_of(form: Form) -> LineFilter:
    """Which differences the page shows; raises Refused for an amount that is none."""
    side, given = form.text("side"), form.text("given")
    return LineFilter(
        item_class=form.text("class")[:100],
        under_minor=form.amount("under") if form.text("under") else None,
        side=side if side in count_reasoning.SIDES else "",
        text=form.text("text")[:100],
        given=given[:40],
    )


def _given(form: Form) -> list[Given]:
    """The rows of the table of differences as they were sent."""
    items = form.numbered("item")
    return [
        Given(
            number=number,
            item_code=item,
            batch=form.text(f"batch-{number}"),
            reason=form.text(f"reason-{number}"),
            note=form.text(f"note-{number}")[:200],
        )
        for number, item in sorted(items.items())
    ]


def _asked(request: Req, own_store: str) -> tuple[str, str]:
    asked = request.query_params
    return own_store or asked.get("store", "")[:40], asked.get("count", "")[:80]


ROUTES = [counts_page, count_page, count_sheet, open_count, do]
