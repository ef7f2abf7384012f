"""`/healthz`, `/readyz` and `/metrics`: for whoever watches the machine."""

from __future__ import annotations

from typing import Any

from litestar import MediaType, Request, Response, get

from sync.head_office import completeness
from sync.head_office.service import Service
from sync.head_office.worker import Worker

Req = Request[Any, Any, Any]


@get("/healthz", media_type=MediaType.TEXT)
async def healthz() -> str:
    """Say that the process answers."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT)
async def readyz(request: Req) -> Response[str]:
    """Say whether the database answers."""
    worker: Worker = request.app.state.worker
    try:
        await worker.read(lambda service: service.office.dialect.query("SELECT 1"))
    except Exception:  # noqa: BLE001 - whatever the driver raises, the answer is the same
        return Response("the database does not answer\n", status_code=503)
    return Response("ok\n")


@get("/metrics", media_type=MediaType.TEXT)
async def metrics(request: Req) -> Response[str]:
    """Figures in the text form that Prometheus reads; counts only, no sales."""
    worker: Worker = request.app.state.worker
    values = await worker.read(_figures)
    values["guitai_writes_waiting"] = worker.waiting
    lines = [f"# TYPE {name} gauge\n{name} {value}\n" for name, value in values.items()]
    return Response("".join(lines), media_type="text/plain; version=0.0.4; charset=utf-8")


def _figures(service: Service) -> dict[str, int]:
    def count(sql: str) -> int:
        row = service.office.dialect.one(sql)
        return int(row[0] or 0) if row else 0

    silent = completeness.silent(service.office)
    return {
        "guitai_entries_acked": count("SELECT COALESCE(SUM(acked_seq), 0) FROM epoch"),
        "guitai_workstations": count("SELECT COUNT(*) FROM workstation WHERE state = 'active'"),
        "guitai_workstations_not_synced": len(silent),
        "guitai_entries_unsent": count("SELECT COALESCE(SUM(unsent), 0) FROM heartbeat"),
        "guitai_quarantined": count("SELECT COUNT(*) FROM quarantine WHERE released_utc_ms = 0"),
        "guitai_forked_entries": count("SELECT COUNT(*) FROM fork"),
        "guitai_audit_open": count("SELECT COUNT(*) FROM sales_audit WHERE resolved_utc_ms = 0"),
    }


ROUTES = [healthz, readyz, metrics]
