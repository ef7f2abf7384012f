"""Small things that every HTTP route uses: answers, errors, who asks."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Headers

from sync.head_office import people
from sync.head_office.people import Person
from sync.head_office.worker import BusyError, Worker
from sync.protocol import (
    ERROR_BUSY,
    ERROR_CODE,
    ERROR_FOREIGN_CURSOR,
    ERROR_INTERNAL,
    ERROR_MALFORMED,
    ERROR_RATE,
    ERROR_SKEW,
    ERROR_TOO_LARGE,
    ERROR_UNKNOWN_EPOCH,
    ErrorAnswer,
    WireError,
    encode,
)

JSON = "application/json"
SESSION_COOKIE = "guitai_session"
CSRF_HEADER = "x-csrf-token"
HINTS = {
    ERROR_SKEW: "set the till's clock, or let it use server_time_ms",
    ERROR_CODE: "ask head office for a new enrolment code",
    ERROR_FOREIGN_CURSOR: "take a snapshot",
    ERROR_TOO_LARGE: "halve the batch",
    ERROR_BUSY: "send the same bytes again after retry_after_s",
}
_STATUS = {
    ERROR_FOREIGN_CURSOR: 410,
    ERROR_TOO_LARGE: 413,
    ERROR_UNKNOWN_EPOCH: 404,
    ERROR_RATE: 429,
    ERROR_BUSY: 503,
    ERROR_INTERNAL: 500,
}


class SignInRequiredError(WireError):
    """401 for people and other systems."""

    status = 401


class ForbiddenError(WireError):
    """403 for people and other systems."""

    status = 403


def business_day_of(text: str) -> str:
    """A business day from outside, or `yesterday` by head office's calendar; raises WireError."""
    if text == "yesterday":
        return (dt.datetime.now().astimezone().date() - dt.timedelta(days=1)).isoformat()
    try:
        day = dt.date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text:
        raise WireError(ERROR_MALFORMED, f"expected a business day, got {text[:40]!r}")
    return day


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def error_body(error: WireError | BusyError, incarnation: str = "") -> tuple[int, bytes]:
    """HTTP status and JSON body of a failure."""
    if isinstance(error, BusyError):
        answer = ErrorAnswer(
            error=ERROR_BUSY,
            detail=str(error),
            hint=HINTS[ERROR_BUSY],
            server_time_ms=now_ms(),
            retry_after_s=error.retry_after_s,
        )
        return 503, encode(answer)
    status = getattr(error, "status", None) or _STATUS.get(error.code, 400)
    answer = ErrorAnswer(
        error=error.code,
        detail=error.detail,
        hint=HINTS.get(error.code, ""),
        server_time_ms=now_ms(),
        incarnation=incarnation,
    )
    return int(status), encode(answer)


def error_response(error: WireError | BusyError) -> Response[bytes]:
    """A Litestar response of a failure."""
    status, body = error_body(error)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, BusyError) else {}
    return Response(body, status_code=status, media_type=JSON, headers=headers)


def handle_wire_error(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler for WireError and BusyError."""
    if isinstance(error, (WireError, BusyError)):
        return error_response(error)
    return error_response(WireError(ERROR_INTERNAL, "an error in head office; see its log"))


def plain_headers(headers: Headers) -> Mapping[str, str]:
    """Headers by lower-case name; a header that occurs twice is refused."""
    found: dict[str, str] = {}
    for name, value in headers.multi_items():
        if name.lower().startswith("guitai-") and name.lower() in found:
            raise WireError("malformed", f"header {name} occurs twice")
        found[name.lower()] = value
    return found


async def who(connection: ASGIConnection[Any, Any, Any, Any], worker: Worker) -> Person:
    """The person or token that asks; raises SignInRequiredError.

    A token comes as `Authorization: Bearer`, or as `?token=` for Excel's "From Web".
    """
    token = connection.query_params.get("token", "")
    bearer = connection.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        token = bearer[7:].strip()
    if token:
        person = await worker.read(lambda service: people.by_token(service.office, token))
        if person is None:
            raise SignInRequiredError("bad_token", "this token is unknown or was revoked")
        return person
    secret = connection.cookies.get(SESSION_COOKIE, "")
    person = None
    if secret:
        person = await worker.read(lambda service: people.by_session(service.office, secret))
    if person is None:
        raise SignInRequiredError("sign_in", "sign in, or send a token")
    return person


async def signed_in_person(
    connection: ASGIConnection[Any, Any, Any, Any], worker: Worker, right: str = ""
) -> Person:
    """A signed-in person with a right, whose page sent its CSRF token; raises ForbiddenError."""
    person = await who(connection, worker)
    if person.role == "reader":
        raise ForbiddenError("forbidden", "this needs a person who signed in")
    if right and not person.may(right):
        raise ForbiddenError("forbidden", f"this needs the right {right}")
    if connection.headers.get(CSRF_HEADER, "") != person.csrf:
        raise ForbiddenError("csrf", f"expected the session's token in {CSRF_HEADER}")
    return person
