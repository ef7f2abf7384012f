"""`/api/v1` for people and other systems: daily sales and what belongs to reading them right."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.datastructures import Cookie
from litestar.params import FromQuery

from sync.head_office import answers, completeness, people, reports, rights, stores
from sync.head_office.sync_routes import FailureLimit, client_of
from sync.head_office.web import (
    JSON,
    SESSION_COOKIE,
    ForbiddenError,
    SignInRequiredError,
    business_day_of,
    signed_in_person,
    who,
)
from sync.head_office.worker import Worker
from sync.protocol import ERROR_MALFORMED, WireError, decode

Req = Request[Any, Any, Any]


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/v1/session."""

    name: str
    password: str


class Declaration(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/v1/declarations."""

    store_id: str
    business_day: str
    workstation_id: str
    kind: str
    reason: str


def _worker(request: Req) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


def _json(value: Any, status: int = 200) -> Response[bytes]:
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type=JSON,
        headers={"Cache-Control": "no-store"},
    )


async def _reader_of(request: Req, store: str) -> str:
    """The store that may be read: the one asked for, held to a token's own."""
    person = await who(request, _worker(request))
    if person.store_id and store not in ("", person.store_id):
        raise ForbiddenError("forbidden", "this token reads one store only")
    return person.store_id or store


@get("/api/v1/daily-sales")
async def daily_sales(
    request: Req,
    business_day: FromQuery[str],
    store: FromQuery[str] = "",
    after: FromQuery[str] = "",
    by: FromQuery[str] = "store",
    format: FromQuery[str] = "json",  # noqa: A002 - the name of the query parameter
    revision: FromQuery[int | None] = None,
) -> Response[bytes]:
    """Return a business day by grouping, with its completeness, revision and checksum.

    `after` is the last store number of the page before; it narrows the rows of a JSON answer.
    `revision` returns an earlier answer byte for byte. `If-None-Match` with the ETag gives 304.
    """
    store_id = await _reader_of(request, store)
    question = answers.Question(
        business_day=business_day_of(business_day), store_id=store_id, by=by
    )
    try:
        answer = await _worker(request).write(
            lambda service: answers.ask(service.office, question, fmt=format, revision=revision)
        )
    except answers.UnknownRevisionError as error:
        return _json({"error": "unknown_revision", "detail": str(error)}, 404)
    except ValueError as error:
        raise WireError(ERROR_MALFORMED, str(error)) from error
    data, etag = answer.data, f'"{answer.sha256}"'
    if after and format == "json":
        content = msgspec.json.decode(data)
        content["rows"] = [row for row in content["rows"] if row["store_id"] > after]
        data = msgspec.json.encode(content)
        etag = f'"{answer.sha256}.{quote(after)}"'
    headers = {
        "ETag": etag,
        "Guitai-Revision": str(answer.revision),
        "Guitai-SHA256": answer.sha256,
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(answer.file_name)}",
        "Cache-Control": "private, no-cache",
    }
    asked = [tag.strip() for tag in request.headers.get("if-none-match", "").split(",")]
    if etag in asked:
        return Response(b"", status_code=304, headers=headers, media_type=answer.media_type)
    return Response(data, headers=headers, media_type=answer.media_type)


@get("/api/v1/completeness")
async def day_completeness(
    request: Req, business_day: FromQuery[str], store: FromQuery[str] = ""
) -> Response[bytes]:
    """Return the state of every till-day as known now (R10)."""
    store_id = await _reader_of(request, store)
    day = business_day_of(business_day)
    state = await _worker(request).read(
        lambda service: completeness.of_day(service.office, day, store_id)
    )
    return _json(state)


@get("/api/v1/silent")
async def silent_tills(request: Req) -> Response[bytes]:
    """Tills that have not synced, and why."""
    store_id = await _reader_of(request, "")
    found = await _worker(request).read(lambda service: completeness.silent(service.office))
    return _json([till for till in found if store_id in ("", till.store_id)])


@get("/api/v1/days-changed")
async def days_changed(request: Req, since: FromQuery[int] = 0) -> Response[bytes]:
    """Store days whose figures moved after an instant (unix ms), or since their last download."""
    store_id = await _reader_of(request, "")

    def call(service: Any) -> list[dict[str, Any]]:
        if since:
            return reports.days_changed(service.office.dialect, since_utc_ms=since)
        return answers.changed_since_download(service.office)

    found = await _worker(request).read(call)
    return _json([row for row in found if store_id in ("", row["store_id"])])


@get("/api/v1/sales-by-hour")
async def sales_by_hour(
    request: Req, business_day: FromQuery[str], store: FromQuery[str] = ""
) -> Response[bytes]:
    """Return hour by hour over the stores asked for, one set of rows per currency."""
    store_id, day = await _reader_of(request, store), business_day_of(business_day)
    return _json(
        await _worker(request).read(
            lambda service: reports.sales_by_hour(service.office.dialect, day, store_id)
        )
    )


@get("/api/v1/top-items")
async def top_items(
    request: Req,
    business_day: FromQuery[str],
    store: FromQuery[str] = "",
    limit: FromQuery[int] = 20,
) -> Response[bytes]:
    """Return items by net sales, best first."""
    store_id, day = await _reader_of(request, store), business_day_of(business_day)
    count = max(1, min(limit, 1000))
    return _json(
        await _worker(request).read(
            lambda service: reports.top_items(service.office.dialect, day, store_id, count)
        )
    )


@get("/api/v1/stores")
async def list_stores(request: Req) -> Response[bytes]:
    """Return the stores that may be read."""
    store_id = await _reader_of(request, "")
    found = await _worker(request).read(lambda service: stores.stores(service.office))
    return _json([row for row in found if store_id in ("", row["store_id"])])


@post("/api/v1/session", status_code=200)
async def sign_in(request: Req) -> Response[bytes]:
    """Sign a person in: the session cookie, and the CSRF token for what changes things."""
    limit: FailureLimit = request.app.state.sign_in_limit
    limit.check(client_of(request))
    wanted = decode(await request.body(), SignIn)
    found = await _worker(request).write(
        lambda service: people.sign_in(service.office, wanted.name, wanted.password)
    )
    if found is None:
        limit.failed(client_of(request))
        raise SignInRequiredError("bad_password", "name or password is wrong")
    secret, person = found
    answer = _json({"name": person.name, "role": person.role, "csrf": person.csrf})
    answer.cookies = [session_cookie(secret, secure=request.url.scheme == "https")]
    return answer


@delete("/api/v1/session", status_code=200)
async def sign_out(request: Req) -> Response[bytes]:
    """End the session."""
    await signed_in_person(request, _worker(request))
    secret = request.cookies.get(SESSION_COOKIE, "")
    await _worker(request).write(lambda service: people.sign_out(service.office, secret))
    answer = _json({})
    answer.cookies = [session_cookie("", secure=False, max_age=0)]
    return answer


@post("/api/v1/declarations", status_code=200)
async def declare(request: Req) -> Response[bytes]:
    """Declare a till-day as not trading, or waive it; audited with the person's name (R10)."""
    person = await signed_in_person(request, _worker(request), rights.DECLARE_DAY)
    wanted = decode(await request.body(), Declaration)
    try:
        await _worker(request).write(
            lambda service: completeness.declare(
                service.office,
                store_id=wanted.store_id,
                business_day=wanted.business_day,
                workstation_id=wanted.workstation_id,
                kind=wanted.kind,
                by=person.name,
                reason=wanted.reason,
            )
        )
    except ValueError as error:
        raise WireError(ERROR_MALFORMED, str(error)) from error
    return _json({})


def session_cookie(secret: str, *, secure: bool, max_age: int | None = None) -> Cookie:
    """The session cookie: unreadable to scripts, never sent from another site."""
    lifetime = people.SESSION_LIFETIME_MS // 1000 if max_age is None else max_age
    return Cookie(
        key=SESSION_COOKIE,
        value=secret,
        httponly=True,
        samesite="strict",
        secure=secure,
        max_age=lifetime,
        path="/",
    )


ROUTES = [
    daily_sales,
    day_completeness,
    silent_tills,
    days_changed,
    sales_by_hour,
    top_items,
    list_stores,
    sign_in,
    sign_out,
    declare,
]
