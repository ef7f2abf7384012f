"""Lists about counts over days and months: daily totals, bad tags, causes (STK-04, -06..08, -11)."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from litestar import Response, get

from pos.domain.goods.count_reasons import REASON_WORDS, TAGS_ALLOWED_A_MONTH
from pos.domain.money import format_amount
from pos.domain.quantity import format_quantity
from sync.head_office import count_causes, count_tags, daily_totals
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    csv_file,
    day_of,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.service import Service

TOTAL_DAYS = 14
TAG_MONTHS = 3
CAUSE_MONTHS = 6
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])", re.ASCII)


@get("/counts/totals", include_in_schema=False)
async def totals_page(request: Req) -> Response[Any]:
    """Show pieces counted at handovers, what differs with its reason, and who missed it (STK-04)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    first, last = day_of(asked.get("from", "")), day_of(asked.get("to", ""))
    differing = bool(asked.get("differing", ""))

    def read(service: Service) -> dict[str, Any]:
        dialect = service.office.dialect
        to = last or service.office.today().isoformat()
        since = first or _before(to, TOTAL_DAYS - 1)
        return {
            "stores": names_of(service, person.store_id),
            "first_day": since,
            "last_day": to,
            "totals": daily_totals.totals(
                dialect,
                store_id=store_id,
                first_day=since,
                last_day=to,
                only_differing=differing,
            ),
            "missed": daily_totals.missed(
                dialect, store_id=store_id, first_day=since, last_day=to
            ),
            "classes": daily_totals.asked_classes(dialect),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [daily_totals.as_row(one, format_quantity) for one in values["totals"]]
        return csv_file("daily-totals.csv", daily_totals.COLUMNS, rows)
    shown = {**values, "store_id": store_id, "differing": differing}
    return page(request, "count_totals.html", {**shown, **frame(person, "/counts/totals")})


@get("/counts/tags", include_in_schema=False)
async def tags_page(request: Req) -> Response[Any]:
    """Show pieces with bad tags by store and month, and which months have too many (STK-07)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    first, last = month_of(asked.get("from", "")), month_of(asked.get("to", ""))

    def read(service: Service) -> dict[str, Any]:
        to = last or service.office.today().isoformat()[:7]
        since = first or _months_before(to, TAG_MONTHS - 1)
        found = count_tags.tags(
            service.office.dialect,
            store_id=store_id,
            first_day=f"{since}-01",
            last_day=f"{to}-31",
        )
        return {
            "stores": names_of(service, person.store_id),
            "first_month": since,
            "last_month": to,
            "tags": found,
            "months": count_tags.months(found),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [
            {
                **{name: getattr(one, name, "") for name in count_tags.COLUMNS},
                "quantity": format_quantity(one.quantity_milli),
            }
            for one in values["tags"]
        ]
        return csv_file("bad-tags.csv", count_tags.COLUMNS, rows)
    shown = {**values, "store_id": store_id, "allowed": TAGS_ALLOWED_A_MONTH}
    return page(request, "count_tags.html", {**shown, **frame(person, "/counts/tags")})


@get("/counts/causes", include_in_schema=False)
async def causes_page(request: Req) -> Response[Any]:
    """Show why counts differed, month by month (STK-11)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    first, last = month_of(asked.get("from", "")), month_of(asked.get("to", ""))

    def read(service: Service) -> dict[str, Any]:
        to = last or service.office.today().isoformat()[:7]
        since = first or _months_before(to, CAUSE_MONTHS - 1)
        return {
            "stores": names_of(service, person.store_id),
            "first_month": since,
            "last_month": to,
            "causes": count_causes.by_month(
                service.office.dialect, store_id=store_id, first_month=since, last_month=to
            ),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [
            count_causes.as_row(one, format_quantity, format_amount) for one in values["causes"]
        ]
        return csv_file("count-causes.csv", count_causes.COLUMNS, rows)
    shown = {
        **values,
        "store_id": store_id,
        "reasons": {reason.value: text for reason, text in REASON_WORDS.items()},
    }
    return page(request, "count_causes.html", {**shown, **frame(person, "/counts/causes")})


def month_of(text: str) -> str:
    """The month when it is one such as 2026-11, else nothing."""
    return text if _MONTH.fullmatch(text) else ""


def _months_before(month: str, count: int) -> str:
    number = int(month[:4]) * 12 + int(month[5:]) - 1 - count
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _before(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) - dt.timedelta(days=days)).isoformat()


ROUTES = [totals_page, tags_page, causes_page]
