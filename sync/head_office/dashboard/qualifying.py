"""Pages of quality: recalls and who bought, dates, readings, problems; call lists; records."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from pos.domain.member import masked_member
from sync.head_office import (
    quality_buyers,
    quality_records,
    quality_reports,
    quality_trace,
    rights,
)
from sync.head_office.dashboard import quality_texts
from sync.head_office.dashboard.goods_forms import csv_file, person_of, read, store_names
from sync.head_office.dashboard.paging import window
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.stock_requests import NotHereError, day_of, names_of, store_of
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_recalls import Notice
from sync.head_office.people import Person
from sync.head_office.quality_buyers import Bought, StoreRecall
from sync.head_office.quality_lists import SHEETS, bought, list_text, sold, standing
from sync.head_office.service import Service
from sync.protocol import WireError

_SHOWN = 200
_LABEL = 200


@get("/quality", include_in_schema=False)
async def quality_page(request: Req) -> Response[Any]:
    """Show what is wrong with goods, and who has what was recalled; one store with `store`."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id = person.store_id or request.query_params.get("store", "")[:60]

    def call(service: Service) -> dict[str, Any]:
        dialect, day = service.office.dialect, service.office.today().isoformat()
        return {
            "recalls": [_recall(service, one, store_id) for one in standing(service)],
            "ending": quality_reports.ending(dialect, day, store_id),
            "not_read": quality_reports.not_read(dialect, day, store_id),
            "cases": quality_reports.open_cases(dialect, store_id),
            "arrivals": quality_reports.open_arrivals(dialect, store_id),
            "reactions": quality_reports.reactions(dialect, store_id)[:_SHOWN],
            "stores": store_names(service),
        }

    values = await read(request, call)
    return page(request, "quality.html", {**values, **_own(person, store_id)})


@get("/quality/sheet", include_in_schema=False)
async def quality_sheet(request: Req) -> Response[Any]:
    """Save one list as CSV: `list` is one of `quality_lists.SHEETS`, `notice` one recall's."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    name = asked.get("list", "")
    if name not in SHEETS:
        raise WireError("bad_form", f"list: expected one of {', '.join(SHEETS)}")
    store_id = person.store_id or asked.get("store", "")[:60]

    def call(service: Service) -> str:
        return list_text(
            service,
            name,
            store_id,
            day_of(asked.get("from", "")),
            day_of(asked.get("to", "")),
            notice_id=asked.get("notice", "")[:60],
            masked=not _may_call(person),
        )

    return csv_file(f"{name}.csv", await read(request, call))


@get("/quality/calls", include_in_schema=False)
async def calls_page(request: Req) -> Response[Any]:
    """Show whom to call about one recall, to be printed, and what was said to whom (QLT-05)."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)
    notice_id = request.query_params.get("notice", "")[:60]

    def call(service: Service) -> dict[str, Any]:
        notice = next((one for one in standing(service) if one.notice_id == notice_id), None)
        if notice is None:
            raise NotHereError("not_here", f"no recall {notice_id!r} is in force")
        return {
            "notice": notice,
            "rows": bought(service, notice, store_id),
            "log": quality_buyers.contact_log(
                service.office.dialect, f"RC-{notice.notice_id}", store_id
            ),
            "stores": names_of(service, person.store_id),
        }

    values = await read(request, call)
    return page(request, "quality_calls.html", {**values, **_own(person, store_id)})


@get("/quality/records", include_in_schema=False)
async def records_page(request: Req) -> Response[Any]:
    """One record over days, all stores or one: `list` is purchases, due, maintenance, readings."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    name = asked.get("list", "")
    name = name if name in quality_records.RECORDS else "purchases"

    def call(service: Service) -> dict[str, Any]:
        today = service.office.today().isoformat()
        last = day_of(asked.get("to", "")) or today
        first = min(day_of(asked.get("from", "")) or f"{last[:7]}-01", last)
        columns, rows = quality_records.record(service.office, name, first, last, store_id)
        return {
            "columns": columns,
            "rows": rows,
            "first_day": first,
            "last_day": last,
            "stores": names_of(service, person.store_id),
        }

    values = await read(request, call)
    shown = window(request, len(values["rows"]))
    values["rows"] = shown.of(values["rows"])
    own = {"list": name, "texts": quality_texts, "window": shown}
    return page(request, "quality_records.html", {**values, **own, **_own(person, store_id)})


@get("/quality/trace", include_in_schema=False)
async def trace_page(request: Req) -> Response[Any]:
    """Trace a batch, a serial number, an item or a slip, forward and back (QLT-14)."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = person.store_id
    text = asked.get("find", "").strip()[:_LABEL]
    item, batch, serial = (asked.get(n, "").strip()[:_LABEL] for n in ("item", "batch", "serial"))

    def call(service: Service) -> dict[str, Any]:
        dialect = service.office.dialect
        if item and (batch or serial):
            one = quality_trace.trace(dialect, item, batch, serial, store_id=store_id)
            found = quality_trace.Found(traces=(one,))
        else:
            found = quality_trace.find(dialect, text or serial or batch or item, store_id)
        return {"found": found, "stores": names_of(service, "")}

    values = await read(request, call)
    shown = {"find": text or serial or batch or item}
    return page(request, "quality_trace.html", {**values, **shown, **_own(person, store_id)})


def _recall(
    service: Service, notice: Notice, store_id: str
) -> tuple[Notice, list[Bought], list[StoreRecall]]:
    stores = quality_buyers.recall_by_store(
        service.office.dialect, f"RC-{notice.notice_id}", sold(service, notice, store_id)
    )
    rows = bought(service, notice, store_id, limit=_SHOWN)
    return notice, rows, [one for one in stores if store_id in ("", one.store_id)]


def _own(person: Person, store_id: str) -> dict[str, Any]:
    return {
        "person": person,
        "here": "/quality",
        "store_id": store_id,
        "shown": _SHOWN,
        "masked": str if _may_call(person) else masked_member,
        "contacts": quality_texts.CONTACTS,
    }


def _may_call(person: Person) -> bool:
    """Whoever may recall goods sees whom to call; others see shortened numbers."""
    return person.may(rights.RECALL_ISSUE)


ROUTES = [quality_page, quality_sheet, calls_page, records_page, trace_page]
