"""Head office as one ASGI application: routes from one list, one worker, nothing from outside."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from litestar import Litestar, asgi
from litestar.config.response_cache import ResponseCacheConfig
from litestar.datastructures import State
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler, Message
from litestar.types import Scope as LitestarScope

from sync.head_office import api_routes, dashboard, goods_routes, health_routes, sync_routes
from sync.head_office.dashboard.reference import ReferencePage
from sync.head_office.database import HeadOffice
from sync.head_office.ingest_route import IngestRoute, Receive, Scope, Send
from sync.head_office.openapi import describe_ingest, describe_routes
from sync.head_office.sync_routes import ENROL_PER_MINUTE, ENROL_PER_MINUTE_ALL, FailureLimit
from sync.head_office.web import handle_wire_error
from sync.head_office.worker import BusyError, Worker
from sync.protocol import ROUTE_JOURNAL, WireError

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}

ROUTES: list[ControllerRouterHandler] = [
    *sync_routes.ROUTES,
    *api_routes.ROUTES,
    *goods_routes.ROUTES,
    *health_routes.ROUTES,
    *dashboard.ROUTES,
]
"""Every route but the hot one. A new room of pages adds its handlers here."""


_RAW_HEADERS = tuple(
    (name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()
)


async def _add_security_headers(message: Message, _scope: LitestarScope) -> None:
    # On every answer, static files and errors included, which `response_headers` would leave out.
    if message["type"] == "http.response.start":
        present = {name.lower() for name, _ in message["headers"]}
        added = [pair for pair in _RAW_HEADERS if pair[0] not in present]
        message["headers"] = [*message["headers"], *added]


def create_app(
    open_office: Callable[[], HeadOffice],
    *,
    extra_routes: Sequence[ControllerRouterHandler] = (),
    app_version: str = "",
    on_started: Callable[[HeadOffice], None] | None = None,
    log: Callable[[str, BaseException], None] | None = None,
    **litestar_options: Any,
) -> Litestar:
    """Make the application. `open_office` is called once per database thread."""
    worker = Worker(open_office)
    ingest = IngestRoute(worker, log=log)

    @asgi(ROUTE_JOURNAL, copy_scope=True)
    async def journal(scope: Scope, receive: Receive, send: Send) -> None:
        await ingest(scope, receive, send)

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        office = worker.started()
        if on_started is not None:
            on_started(office)
        try:
            yield
        finally:
            worker.close()

    app = Litestar(
        route_handlers=[journal, *ROUTES, *extra_routes],
        lifespan=[lifespan],
        state=State(
            {
                "worker": worker,
                "enrol_limit": FailureLimit(ENROL_PER_MINUTE, ENROL_PER_MINUTE_ALL),
                "sign_in_limit": FailureLimit(10, 100),
            }
        ),
        exception_handlers={WireError: handle_wire_error, BusyError: handle_wire_error},
        before_send=[_add_security_headers],
        response_cache_config=ResponseCacheConfig(),
        openapi_config=OpenAPIConfig(
            title="Guitai head office",
            version=app_version or "0",
            path="/schema",
            use_handler_docstrings=True,
            render_plugins=[ReferencePage(path="/"), JsonRenderPlugin(path="/openapi.json")],
        ),
        debug=False,
        **litestar_options,
    )
    describe_ingest(app)
    describe_routes(app)
    return app
