"""The page of the sales audit: what is odd about booked entries, and what people decided."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.findings import COLUMNS
from sync.head_office.service import Service
from sync.head_office.worker import Worker

MAX_SHOWN = 200


@get("/audit", include_in_schema=False)
async def audit_page(request: Req) -> Response[Any]:
    """Show the latest findings, of one store when `store` names it."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    store_id = person.store_id or request.query_params.get("store", "")[:40]
    worker: Worker = request.app.state.worker
    found = await worker.read(lambda service: _latest(service, store_id))
    values = {"person": person, "here": "/audit", "found": found, "max_shown": MAX_SHOWN}
    return page(request, "audit.html", values)


def _latest(service: Service, store_id: str) -> list[dict[str, Any]]:
    where, values = (" WHERE store_id = ?", (store_id,)) if store_id else ("", ())
    rows = service.office.dialect.query(
        f"SELECT {', '.join(COLUMNS)} FROM sales_audit{where} "
        "ORDER BY found_utc_ms DESC, store_id, code, subject LIMIT ?",
        (*values, MAX_SHOWN),
    )
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


ROUTES = [audit_page]
