"""What the stock pages have in common: whose store, which day, answers as files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from litestar import Response

from sync.head_office import class_names, tables
from sync.head_office.dashboard import queries
from sync.head_office.dashboard.view import Req, language_of
from sync.head_office.dialect import Dialect
from sync.head_office.item_lookup import look_up
from sync.head_office.people import Person
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError
from sync.head_office.worker import Worker
from sync.protocol import WireError


class NotHereError(WireError):
    """404: no such document."""

    status = 404


def names_of(service: Service, store_id: str) -> dict[str, str]:
    """Store → its name, of one store or of all."""
    return {one.store_id: one.name for one in queries.store_names(service.office, store_id)}


def csv_file(
    name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> Response[Any]:
    """Rows as a CSV file that Excel reads."""
    return Response(
        tables.to_csv(columns, rows).encode(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-cache",
        },
    )


def class_sheet(
    request: Req, name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]
) -> Response[Any]:
    """Rows with an `item_class` as a CSV file, its name beside each code."""
    found, language = request.state.get("class_names", {}), language_of(request)
    at = columns.index("item_class") + 1
    wide = (*columns[:at], "class_name", *columns[at:])
    return csv_file(
        name,
        wide,
        (
            {**row, "class_name": class_names.name_of(found, str(row["item_class"]), language)}
            for row in rows
        ),
    )


def codes_meant(dialect: Dialect, text: str, store_id: str) -> set[str]:
    """Items that a typed code, barcode or 助记码 may mean."""
    found = look_up(dialect, [text], store_id)[text]
    return {one.item_code for one in (found.item, *found.candidates) if one is not None}


def fits(text: str, meant: set[str], item_code: str, name: str) -> bool:
    """Whether an item is asked for: by what the text means, or as a part of code or name."""
    folded = text.casefold()
    return item_code in meant or folded in item_code.casefold() or folded in name.casefold()


def store_of(request: Req, person: Person) -> str:
    """The store asked for; a token of one store sees no other."""
    asked = request.query_params.get("store", "")[:40]
    if person.store_id and asked not in ("", person.store_id):
        raise ForbiddenError("forbidden", "this sign-in reads one store only")
    return person.store_id or asked


def day_of(text: str) -> str:
    """The day when it is one, else nothing: a page shows something sensible for any address."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return ""
    return day.isoformat() if 2000 <= day.year <= 9000 else ""


def worker_of(request: Req) -> Worker:
    """The threads that read and write."""
    worker: Worker = request.app.state.worker
    return worker


def frame(person: Person, here: str) -> dict[str, Any]:
    """What every page needs."""
    return {"person": person, "here": here}
