"""The page of tills: version, last heard, backlog, clock, disk, last device test."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from sync.head_office import tills
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.worker import Worker

CLOCK_CARE_MS = 60_000
"""A clock that is off by more is marked: receipts show it."""

DISK_CARE_MB = 1_000


@get("/tills", include_in_schema=False)
async def tills_page(request: Req) -> Response[Any]:
    """Show how each till is."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    worker: Worker = request.app.state.worker
    found = await worker.read(lambda service: tills.till_states(service.office, person.store_id))
    values = {
        "person": person,
        "here": "/tills",
        "tills": found,
        "clock_care_ms": CLOCK_CARE_MS,
        "disk_care_mb": DISK_CARE_MB,
    }
    return page(request, "tills.html", values)


ROUTES = [tills_page]
