"""Pages of stock that somebody has to act on: warnings over all stores, and the age of stock."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from pos.domain.planning.warnings import Kind
from pos.domain.quantity import format_quantity
from pos.i18n import translation_for
from sync.head_office import stock_age, stock_warnings
from sync.head_office.dashboard import stock_texts
from sync.head_office.dashboard.paging import window
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    class_sheet,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.service import Service

_LABEL = 200
_COLUMNS = (
    "store_id", "kind", "item_class", "item_code", "description", "batch", "quantity", "limit",
    "days", "expiry", "detail",
)  # fmt: skip


@get("/stock/odd", include_in_schema=False)
async def odd_page(request: Req) -> Response[Any]:
    """What is odd or runs short, of all stores or one, a class or kinds of it (REP-04, STK-15)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)
    item_class = request.query_params.get("class", "")[:_LABEL]
    asked = request.query_params.get("kind", "")
    kinds = (asked,) if asked in {kind.value for kind in Kind} else ()

    def read(service: Service) -> dict[str, Any]:
        office = service.office
        every = stock_warnings.lines(office, store_id)
        classes = sorted({one.item_class for one in every if one.item_class})
        of_class = [one for one in every if item_class in ("", one.item_class)]
        counts = {kind.value: 0 for kind in Kind}
        for one in of_class:
            counts[one.warned.kind.value] += 1
        found = [one for one in of_class if not kinds or one.warned.kind.value in kinds]
        return {
            "stores": names_of(service, person.store_id),
            "found": found,
            "classes": classes,
            "counts": {kind: count for kind, count in counts.items() if count},
            "below": stock_warnings.sold_below_zero(
                office.dialect, office.today().isoformat(), store_id
            ),
        }

    values = await worker_of(request).read(read)
    say = translation_for(language_of(request)).gettext
    if request.query_params.get("format") == "csv":
        rows = [
            {
                "store_id": one.store_id,
                "kind": one.warned.kind.value,
                "item_class": one.item_class,
                "item_code": one.item_code,
                "description": one.name,
                "batch": one.warned.batch,
                "quantity": format_quantity(one.warned.quantity_milli),
                "limit": format_quantity(one.warned.limit_milli) if one.warned.limit_milli else "",
                "days": one.warned.days or "",
                "expiry": one.warned.expiry,
                "detail": stock_texts.odd_text(say, one.warned),
            }
            for one in values["found"]
        ]
        return class_sheet(request, f"warnings-{store_id or 'all'}.csv", _COLUMNS, rows)
    found = values["found"]
    shown_rows = window(request, len(found))
    shown = {
        **values,
        "found": [(one, stock_texts.odd_text(say, one.warned)) for one in shown_rows.of(found)],
        "window": shown_rows,
        "store_id": store_id,
        "item_class": item_class,
        "kind": asked if kinds else "",
        "kinds": [kind.value for kind in Kind],
        "badges": stock_texts.ODD_BADGES,
    }
    return page(request, "stock_odd.html", {**shown, **frame(person, "/stock")})


@get("/stock/age", include_in_schema=False)
async def age_page(request: Req) -> Response[Any]:
    """How long stock has been lying there, by batch, what is oldest first (REP-12)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)
    item_class = request.query_params.get("class", "")[:_LABEL]
    typed = request.query_params.get("days", "")
    idle_days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0

    def read(service: Service) -> dict[str, Any]:
        office = service.office
        every = stock_age.ages(
            office.dialect, office.today().isoformat(), store_id, idle_days=idle_days
        )
        return {
            "stores": names_of(service, person.store_id),
            "classes": sorted({one.item_class for one in every if one.item_class}),
            "found": [one for one in every if item_class in ("", one.item_class)],
        }

    values = await worker_of(request).read(read)
    found = values["found"]
    if request.query_params.get("format") == "csv":
        name = f"age-{store_id or 'all'}.csv"
        return class_sheet(request, name, stock_age.COLUMNS, stock_age.as_rows(found))
    shown_rows = window(request, len(found))
    shown = {
        **values,
        "found": shown_rows.of(found),
        "window": shown_rows,
        "value_sum": sum(one.value_minor or 0 for one in found),
        "store_id": store_id,
        "item_class": item_class,
        "days": idle_days,
    }
    return page(request, "stock_age.html", {**shown, **frame(person, "/stock")})


ROUTES = [odd_page, age_page]
