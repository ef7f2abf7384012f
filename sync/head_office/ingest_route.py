"""The hot route as plain ASGI: `/sync/v1/journal`, POST a batch, GET one's own entries back.

It checks method, content type, size and reading time itself, before anything is believed, and
leaves one thread hop between socket and database.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sync.head_office.auth import Signed
from sync.head_office.batches import Refused
from sync.head_office.service import Service, journal_request
from sync.head_office.web import error_body, now_ms
from sync.head_office.worker import BusyError, Worker
from sync.protocol import (
    ERROR_INTERNAL,
    ERROR_MALFORMED,
    ERROR_TOO_LARGE,
    MAX_COMPRESSED_BYTES,
    ErrorAnswer,
    JournalRequest,
    WireError,
    encode,
)

READ_TIMEOUT_S = 30.0
DRAIN_TIMEOUT_S = 2.0
DRAIN_BYTES = 4 * MAX_COMPRESSED_BYTES
Scope = Any
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
_JSON = (b"content-type", b"application/json")


class _HttpError(WireError):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.status = status


class IngestRoute:
    """An ASGI application for one path."""

    def __init__(
        self,
        worker: Worker,
        *,
        read_timeout_s: float = READ_TIMEOUT_S,
        log: Callable[[str, BaseException], None] | None = None,
    ) -> None:
        """`log` hears of errors that are head office's own."""
        self._worker = worker
        self._read_timeout_s = read_timeout_s
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing raises out of it."""
        try:
            status, body = await self._answer(scope, receive)
        except (WireError, BusyError) as error:
            status, body = error_body(error)
        except Exception as error:  # noqa: BLE001 - the till must hear something it can act on
            if self._log is not None:
                self._log("ingest failed", error)
            failure = WireError(ERROR_INTERNAL, "an error in head office; send the same again")
            status, body = error_body(failure)
        headers = [_JSON, (b"content-length", str(len(body)).encode())]
        if status in (429, 503):
            retry = msgspec.json.decode(body, type=ErrorAnswer).retry_after_s or 5
            headers.append((b"retry-after", str(retry).encode()))
        if status == 405:
            headers.append((b"allow", b"GET, POST"))
        if status in (408, 413):
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes]:
        method = scope["method"]
        if method not in ("GET", "POST"):
            raise _HttpError(405, ERROR_MALFORMED, "expected GET or POST")
        headers = _headers(scope)
        target = scope["path"]
        query = scope.get("query_string", b"").decode("ascii", "replace")
        if query:
            target = f"{target}?{query}"
        if method == "GET":
            signed = await self._worker.read(
                lambda service: service.auth.check("GET", target, headers, b"")
            )
            return await self._own_entries(signed, query)
        body = await self._body(headers, receive)
        self._worker.check_room(len(body))
        signed, request = await self._read(target, headers, body)
        size = len(body) + sum(len(record.text or record.b64 or "") for record in request.records)
        answer = await self._worker.write(
            lambda service: service.journal(signed, request), size=size
        )
        if isinstance(answer, Refused):
            return 409, encode(_refusal(answer))
        return 200, encode(answer)

    async def _read(
        self, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[Signed, JournalRequest]:
        """Check and decode beside the writer, which waits for the database meanwhile."""

        def read(service: Service) -> tuple[Signed, JournalRequest]:
            return service.auth.check("POST", target, headers, body), journal_request(body)

        return await self._worker.read(read)

    async def _own_entries(self, signed: Signed, query: str) -> tuple[int, bytes]:
        values = dict(parse_qsl(query, max_num_fields=10))
        answer = await self._worker.read(lambda service: service.own_entries(signed, values))
        return 200, encode(answer)

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" or headers.get("content-encoding", "").lower() != "gzip":
            raise _HttpError(415, ERROR_MALFORMED, "expected application/json, gzip")
        declared = headers.get("content-length", "")
        if declared and (not declared.isdigit() or int(declared) > MAX_COMPRESSED_BYTES):
            await self._drain(receive)
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._read_timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _HttpError(400, ERROR_MALFORMED, "the request was cut off")
                    part = message.get("body", b"")
                    size += len(part)
                    if size > MAX_COMPRESSED_BYTES:
                        await self._drain(receive)
                        raise _too_large()
                    parts.append(part)
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            raise _HttpError(408, ERROR_MALFORMED, "the body came too slowly") from None
        if declared and int(declared) != size:
            raise _HttpError(400, ERROR_MALFORMED, "content-length and body differ")
        return b"".join(parts)

    @staticmethod
    async def _drain(receive: Receive) -> None:
        """Read on for a moment: a client that is still writing would not see the answer."""
        size = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT_S):
                while size < DRAIN_BYTES:
                    message = await receive()
                    size += len(message.get("body", b""))
                    if message["type"] == "http.disconnect" or not message.get("more_body"):
                        return


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin-1").lower()
        if key in found and (key.startswith(("guitai-", "content-"))):
            raise WireError(ERROR_MALFORMED, f"header {key} occurs twice")
        found[key] = value.decode("latin-1")
    return found


def _too_large() -> WireError:
    return _HttpError(
        413, ERROR_TOO_LARGE, f"expected at most {MAX_COMPRESSED_BYTES} bytes of gzip"
    )


def _refusal(refused: Refused) -> ErrorAnswer:
    return ErrorAnswer(
        error=refused.error,
        detail=refused.detail,
        hint="rewind to expected" if refused.error == "gap" else "open a new epoch (R17)",
        server_time_ms=now_ms(),
        expected=refused.expected,
        head_hash=refused.head_hash.hex(),
    )
