"""The dashboard's pages and its parts, the download, and static files."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from litestar import Response, Router, get, post
from litestar.datastructures import CacheControlHeader
from litestar.response import Redirect
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler

from pos.i18n import N_
from sync.head_office import completeness, goods_board, reports, rights
from sync.head_office.dashboard import (
    approving,
    auditing,
    charts,
    claiming,
    count_lists,
    count_planning,
    counting,
    cross_coding,
    download,
    goods_texts,
    invoicing,
    ledgers,
    lines,
    order_paper,
    ordering,
    planning,
    promoting,
    qualifying,
    queries,
    recalling,
    registers,
    requesting,
    session_routes,
    staffing,
    stocking,
    supplying,
    tills,
    warning,
)
from sync.head_office.dashboard.goods_forms import FormError, comes_back
from sync.head_office.dashboard.queries import Selection
from sync.head_office.dashboard.session_routes import check_form, signed_in, to_sign_in
from sync.head_office.dashboard.view import STATIC, Req, error_page, page
from sync.head_office.people import Person
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError
from sync.head_office.worker import BusyError, Worker
from sync.protocol import ERROR_MALFORMED, WireError

SHOWN_DAYS = 31
"""Days that the page shows at once; a download takes more."""


@get("/", include_in_schema=False)
async def board_page(request: Req) -> Response[Any]:
    """Everything: who has not synced, what is not complete, what moved, and then money."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    values = await _worker(request).read(
        lambda service: {
            **_status(service, person),
            **_goods(service, person),
            **_figures(service, person, request),
        }
    )
    return page(request, "board.html", {**values, **_frame(request, person)})


@get("/parts/status", include_in_schema=False)
async def status_part(request: Req) -> Response[Any]:
    """Return the upper part alone, for refreshing."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    values = await _worker(request).read(lambda service: _status(service, person))
    return page(request, "_status.html", {**values, **_frame(request, person)})


@get("/parts/goods", include_in_schema=False)
async def goods_part(request: Req) -> Response[Any]:
    """Return the tile of goods alone, for refreshing."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    values = await _worker(request).read(lambda service: _goods(service, person))
    return page(request, "_goods_board.html", {**values, **_frame(request, person)})


@get("/parts/figures", include_in_schema=False)
async def figures_part(request: Req) -> Response[Any]:
    """Return the lower part alone, for another choice of days and for refreshing."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    values = await _worker(request).read(lambda service: _figures(service, person, request))
    answer = page(request, "_figures.html", {**values, **_frame(request, person)})
    chosen: Selection = values["selection"]
    answer.headers["HX-Replace-Url"] = f"/?{_query(chosen)}"
    return answer


@post("/declare", include_in_schema=False, status_code=303)
@comes_back(lambda _form: (board_page, "/", {}))
async def declare(request: Req) -> Response[Any]:
    """Declare a till-day as not trading, or waive it (R10); audited with the person's name."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    form = await request.form()
    check_form(str(form.get("csrf", "")), person.csrf)
    if not person.may(rights.DECLARE_DAY):
        raise ForbiddenError("forbidden", f"this needs the right {rights.DECLARE_DAY}")
    day, _, rest = str(form.get("till_day", "")).partition("|")
    store_id, _, workstation_id = rest.partition("|")
    reason = str(form.get("reason", "")).strip()
    if not (day and store_id and workstation_id and reason) or len(reason) > 200:
        raise FormError.of(
            "reason", N_("Choose a till's day and say why, in at most 200 characters.")
        )
    try:
        await _worker(request).write(
            lambda service: completeness.declare(
                service.office,
                store_id=store_id,
                business_day=day,
                workstation_id=workstation_id,
                kind=str(form.get("kind", "")),
                by=person.name,
                reason=reason,
            )
        )
    except ValueError as error:
        raise WireError(ERROR_MALFORMED, str(error)) from error
    return Redirect("/", status_code=303)


def _status(service: Service, person: Person) -> dict[str, Any]:
    found = queries.status(service.office, person.store_id)
    awaited = [(day.business_day, till) for day in found.incomplete for till in day.missing]
    return {"status": found, "awaited": awaited, "max_listed": queries.MAX_LISTED}


def _goods(service: Service, person: Person) -> dict[str, Any]:
    return {"goods": goods_board.board(service, person.store_id), "waits": goods_texts.WAITS}


def _figures(service: Service, person: Person, request: Req) -> dict[str, Any]:
    office = service.office
    asked = request.query_params
    latest = queries.latest_day(office, person.store_id) or dt.datetime.now().astimezone().date()
    first = _day(asked.get("from", "")) or _day(asked.get("to", "")) or str(latest)
    last = max(_day(asked.get("to", "")) or first, first)
    stores = queries.store_names(office, person.store_id)
    store_id = person.store_id or asked.get("store", "")
    by = asked.get("by", "store")
    selection = Selection(
        first_day=first,
        last_day=last,
        store_id=store_id if store_id in {store.store_id for store in stores} else "",
        by=by if by in reports.GROUPINGS else "store",
    )
    if person.store_id:
        # A reader of one store stays with it, even when that store is no longer active.
        selection = Selection(
            first_day=first, last_day=last, store_id=person.store_id, by=selection.by
        )
    length = (dt.date.fromisoformat(last) - dt.date.fromisoformat(first)).days + 1
    shown_from = dt.date.fromisoformat(last) - dt.timedelta(days=min(length, SHOWN_DAYS) - 1)
    shown = Selection(
        first_day=shown_from.isoformat(),
        last_day=last,
        store_id=selection.store_id,
        by=selection.by,
    )
    days = [
        (shown_from + dt.timedelta(days=n)).isoformat() for n in range(min(length, SHOWN_DAYS))
    ]
    board = queries.board(office, shown, days)
    return {
        "selection": selection,
        "shown": shown,
        "cut": length > SHOWN_DAYS,
        "query": _query(selection),
        "stores": stores,
        "board": board,
        "charts": charts.by_hour(board),
        "max_listed": queries.MAX_LISTED,
    }


def _frame(request: Req, person: Person) -> dict[str, Any]:
    query = request.url.query
    here = f"/?{query}" if query and not request.url.path.startswith("/parts/") else "/"
    return {"person": person, "here": here}


def _query(selection: Selection) -> str:
    return urlencode(
        {
            "from": selection.first_day,
            "to": selection.last_day,
            "store": selection.store_id,
            "by": selection.by,
        }
    )


def _day(text: str) -> str:
    """The day when it is one, else nothing: a page shows something sensible for any address."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if 2000 <= day.year <= 9000 else ""


def _worker(request: Req) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


ROUTES: list[ControllerRouterHandler] = [
    Router(
        "/",
        route_handlers=[
            board_page,
            status_part,
            goods_part,
            figures_part,
            declare,
            *approving.ROUTES,
            *download.ROUTES,
            *tills.ROUTES,
            *auditing.ROUTES,
            *stocking.ROUTES,
            *warning.ROUTES,
            *ledgers.ROUTES,
            *counting.ROUTES,
            *cross_coding.ROUTES,
            *count_planning.ROUTES,
            *count_lists.ROUTES,
            *ordering.ROUTES,
            *order_paper.ROUTES,
            *lines.ROUTES,
            *planning.ROUTES,
            *requesting.ROUTES,
            *promoting.ROUTES,
            *supplying.ROUTES,
            *claiming.ROUTES,
            *registers.ROUTES,
            *recalling.ROUTES,
            *qualifying.ROUTES,
            *invoicing.ROUTES,
            *staffing.ROUTES,
            *session_routes.ROUTES,
        ],
        exception_handlers={WireError: error_page, BusyError: error_page},
    ),
    create_static_files_router(
        path="/static",
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=365 * 24 * 3600, public=True, immutable=True),
        include_in_schema=False,
    ),
]
