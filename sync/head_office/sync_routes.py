"""The cold `/sync/v1` routes: enrol, hello, heartbeat, changes, snapshot, stock, siblings, sold."""

from __future__ import annotations

import asyncio
import gzip
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromQuery

from sync.head_office.auth import Signed
from sync.head_office.service import Service
from sync.head_office.web import JSON, plain_headers
from sync.head_office.worker import Worker
from sync.protocol import (
    ERROR_MALFORMED,
    ERROR_RATE,
    ERROR_TOO_LARGE,
    MAX_SMALL_BODY_BYTES,
    WireError,
    encode,
)

READ_TIMEOUT_S = 15.0
ENROL_PER_MINUTE = 10
ENROL_PER_MINUTE_ALL = 120
_GZIP_FROM_BYTES = 2_000

Req = Request[Any, Any, Any]


class FailureLimit:
    """At most so many failures in a minute, per key and over all; successes cost nothing."""

    def __init__(self, each: int, together: int) -> None:
        """`each` per key, `together` over all keys."""
        self._each, self._together = each, together
        self._seen: deque[tuple[float, str]] = deque()

    def check(self, key: str) -> None:
        """Raise WireError `too_many_attempts` while there were too many failures."""
        if not self.allow(key):
            raise WireError(ERROR_RATE, "too many attempts; wait a minute")

    def allow(self, key: str) -> bool:
        """Whether another attempt may be made; only `failed` counts one."""
        now = time.monotonic()
        while self._seen and self._seen[0][0] < now - 60:
            self._seen.popleft()
        of_key = sum(1 for _, seen in self._seen if seen == key)
        return len(self._seen) < self._together and of_key < self._each

    def failed(self, key: str) -> None:
        """Count a failure."""
        self._seen.append((time.monotonic(), key))


def client_of(request: Req) -> str:
    """Address of whoever asks."""
    return request.client.host if request.client else ""


def _worker(request: Req) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


def _answer(request: Req, message: msgspec.Struct, status: int = 200) -> Response[bytes]:
    body = encode(message)
    headers = {"Cache-Control": "no-store"}
    accepts = request.headers.get("accept-encoding", "")
    if len(body) >= _GZIP_FROM_BYTES and "gzip" in accepts:
        body = gzip.compress(body, 5, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(body, status_code=status, media_type=JSON, headers=headers)


async def _body(request: Req) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise WireError(ERROR_MALFORMED, "expected application/json")
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            async for part in request.stream():
                size += len(part)
                if size > MAX_SMALL_BODY_BYTES:
                    raise WireError(ERROR_TOO_LARGE, f"expected {MAX_SMALL_BODY_BYTES} bytes")
                parts.append(part)
    except TimeoutError:
        raise WireError(ERROR_MALFORMED, "the body came too slowly") from None
    return b"".join(parts)


def _target(request: Req) -> str:
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    return f"{request.scope['path']}?{query}" if query else str(request.scope["path"])


async def _signed(request: Req, body: bytes) -> Signed:
    method, target = str(request.method), _target(request)
    headers = plain_headers(request.headers)

    def check(service: Service) -> Signed:
        return service.auth.check(method, target, headers, body)

    return await _worker(request).read(check)


async def _post(
    request: Req, call: Callable[[Service, Signed, bytes], msgspec.Struct]
) -> Response[bytes]:
    body = await _body(request)
    signed = await _signed(request, body)
    answer = await _worker(request).write(lambda service: call(service, signed, body))
    return _answer(request, answer)


async def _get(
    request: Req, call: Callable[[Service, Signed, dict[str, str]], msgspec.Struct]
) -> Response[bytes]:
    signed = await _signed(request, b"")
    query = dict(request.query_params.items())
    answer = await _worker(request).read(lambda service: call(service, signed, query))
    return _answer(request, answer)


@post("/sync/v1/enrol", status_code=200)
async def enrol(request: Req) -> Response[bytes]:
    """Trade a one-use code and a public key for an identity. The only unsigned call of a till."""
    limit: FailureLimit = request.app.state.enrol_limit
    limit.check(client_of(request))
    body = await _body(request)
    try:
        answer = await _worker(request).write(lambda service: service.enrol(body))
    except WireError:
        limit.failed(client_of(request))
        raise
    return _answer(request, answer)


@post("/sync/v1/hello", status_code=200)
async def hello(request: Req) -> Response[bytes]:
    """Negotiate the protocol and compare watermarks (R21, R16)."""
    return await _post(request, lambda service, signed, body: service.hello(signed, body))


@post("/sync/v1/heartbeat", status_code=200)
async def heartbeat(request: Req) -> Response[bytes]:
    """Say how far the till is, and what its open day and last Z come to (R10)."""
    return await _post(request, lambda service, signed, body: service.heartbeat(signed, body))


@post("/sync/v1/rotate-key", status_code=200)
async def rotate_key(request: Req) -> Response[bytes]:
    """Change a till's key: signed by the present one, proved by the next (R8)."""
    return await _post(request, lambda service, signed, body: service.rotate_key(signed, body))


@get("/sync/v1/changes")
async def changes(
    request: Req,
    cursor: FromQuery[str] = "",  # noqa: ARG001 - read from the query by the service
    feed_hash: FromQuery[str] = "",  # noqa: ARG001
) -> Response[bytes]:
    """Return versions of the store's feed after a cursor; 410 asks for a snapshot (R11)."""
    return await _get(request, lambda service, signed, query: service.changes(signed, query))


@get("/sync/v1/snapshot")
async def snapshot(
    request: Req,
    token: FromQuery[str] = "",  # noqa: ARG001
    page: FromQuery[int] = 0,  # noqa: ARG001
) -> Response[bytes]:
    """One page of the whole catalogue as of the newest version (R11)."""
    return await _get(request, lambda service, signed, query: service.snapshot(signed, query))


@get("/sync/v1/stock")
async def stock(
    request: Req,
    cursor: FromQuery[str] = "",  # noqa: ARG001
) -> Response[bytes]:
    """Return a page of the store's stock figures after a cursor, and what they include (R14)."""
    return await _get(request, lambda service, signed, query: service.stock(signed, query))


@get("/sync/v1/siblings")
async def siblings(
    request: Req,
    cursor: FromQuery[str] = "",  # noqa: ARG001
) -> Response[bytes]:
    """Return a page of what the shop's other tills wrote about goods after a cursor (R14)."""
    return await _get(request, lambda service, signed, query: service.siblings(signed, query))


@get("/sync/v1/sold")
async def sold(
    request: Req,
    cursor: FromQuery[str] = "",  # noqa: ARG001
) -> Response[bytes]:
    """Return a page of what the shop's other tills sold by day after a cursor (REP-06)."""
    return await _get(request, lambda service, signed, query: service.sold(signed, query))


ROUTES = [enrol, hello, heartbeat, rotate_key, changes, snapshot, stock, siblings, sold]
