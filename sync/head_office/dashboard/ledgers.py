"""The pages of the ledgers: shop and company compared, day by day and till by till (STK-03)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from litestar import Response, get

from pos.domain.quantity import format_quantity
from sync.head_office import ledger_proofs, store_books
from sync.head_office.dashboard import queries
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    NotHereError,
    csv_file,
    day_of,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.service import Service
from sync.head_office.web import business_day_of

LEDGER_DAYS = 31
BOOK_COLUMNS = (
    *("store_id", "state", "first_day", "first_no", "due_day", "opening_day", "opening_no"),
    *("days_left", "late", "waived_by"),
)


@get("/ledger", include_in_schema=False)
async def ledger_page(request: Req) -> Response[Any]:
    """Shop ledger and company ledger, till by till and day by day (STK-03)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    first, last = day_of(asked.get("from", "")), day_of(asked.get("to", ""))

    def read(service: Service) -> dict[str, Any]:
        office, dialect = service.office, service.office.dialect
        to = last or str(queries.latest_day(office, store_id) or office.today())
        back = dt.date.fromisoformat(to) - dt.timedelta(days=LEDGER_DAYS - 1)
        since = first or back.isoformat()
        found = ledger_proofs.proofs(dialect, store_id=store_id, first_day=since, last_day=to)
        return {
            "stores": names_of(service, person.store_id),
            "first_day": since,
            "last_day": to,
            "proofs": [
                (
                    one,
                    []
                    if one.equal
                    else ledger_proofs.causes(
                        dialect, one.store_id, one.business_day, one.workstation_no
                    ),
                )
                for one in found
            ],
            "unproven": ledger_proofs.unproven(dialect, store_id, since, to),
            "books": store_books.books(dialect, office.today().isoformat(), store_id=store_id),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [
            {
                "store_id": one.store_id,
                "workstation_id": one.workstation_id,
                "business_day": one.business_day,
                "state": "equal" if one.equal else "differs",
                "movements": one.movements,
                "own_movements": one.own_movements,
                "sum": format_quantity(one.sum_milli),
                "own_sum": format_quantity(one.own_sum_milli),
                "sha256": one.sha256,
                "own_sha256": one.own_sha256,
            }
            for one, _causes in values["proofs"]
        ]
        columns = tuple(rows[0]) if rows else ("store_id", "workstation_id", "business_day")
        return csv_file("ledger.csv", columns, rows)
    return page(
        request, "ledger.html", {**values, "store_id": store_id, **frame(person, "/ledger")}
    )


@get("/ledger/books", include_in_schema=False)
async def books_sheet(request: Req) -> Response[Any]:
    """Save how each store's books stand: first goods, opening count, waivers (STK-01, STK-02)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)
    found = await worker_of(request).read(
        lambda service: store_books.books(
            service.office.dialect, service.office.today().isoformat(), store_id=store_id
        )
    )
    rows = [
        {
            **{name: getattr(one, name) for name in BOOK_COLUMNS if name != "waived_by"},
            "waived_by": "; ".join(
                f"{said.business_day} {said.person_id} {said.reason}".rstrip()
                for said in one.waivers
            ),
        }
        for one in found
    ]
    return csv_file("books.csv", BOOK_COLUMNS, rows)


@get("/ledger/day", include_in_schema=False)
async def ledger_day_sheet(request: Req) -> Response[Any]:
    """What head office has of a till's day, by item: to be held beside the till's own list."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id, day = store_of(request, person), business_day_of(asked.get("day", ""))
    number = asked.get("workstation_no", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotHereError("not_here", "expected a workstation's number")
    shares = await worker_of(request).read(
        lambda service: ledger_proofs.shares(service.office.dialect, store_id, day, int(number))
    )
    rows = [
        {
            "store_id": store_id,
            "business_day": day,
            "item_code": one.item_code,
            "place": one.place,
            "batch": one.batch,
            "reason": one.reason,
            "quantity": format_quantity(one.quantity_milli),
            "movements": one.movements,
        }
        for one in shares
    ]
    columns = (
        *("store_id", "business_day", "item_code", "place"),
        *("batch", "reason", "quantity", "movements"),
    )
    return csv_file(f"ledger-{store_id}-{day}-{number}.csv", columns, rows)


ROUTES = [ledger_page, books_sheet, ledger_day_sheet]
