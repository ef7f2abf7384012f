"""The page of 串码 by month: pairs with slips and cashiers, and cashiers who stand there again."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from litestar import Response, get

from sync.head_office import cross_code_report
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    csv_file,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.service import Service

PATH = "/counts/cross-codes"
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])", re.ASCII)


@get(PATH, include_in_schema=False)
async def cross_codes_page(request: Req) -> Response[Any]:
    """Show a month's pairs; `format=csv` is a file."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id = store_of(request, person)
    text = asked.get("month", "")

    def read(service: Service) -> dict[str, Any]:
        month = text if _MONTH.fullmatch(text) else service.office.today().isoformat()[:7]
        return {
            "stores": names_of(service, person.store_id),
            "found": cross_code_report.report(service.office.dialect, month, store_id),
        }

    values = await worker_of(request).read(read)
    found: cross_code_report.Month = values["found"]
    if asked.get("format") == "csv":
        rows = cross_code_report.as_rows(found)
        return csv_file(f"cross-codes-{found.month}.csv", cross_code_report.COLUMNS, rows)
    first = dt.date.fromisoformat(f"{found.month}-01")
    shown = {
        **values,
        "store_id": store_id,
        "before": (first - dt.timedelta(days=1)).isoformat()[:7],
        "after": (first + dt.timedelta(days=31)).isoformat()[:7],
    }
    return page(request, "cross_codes.html", {**shown, **frame(person, PATH)})


ROUTES = [cross_codes_page]
