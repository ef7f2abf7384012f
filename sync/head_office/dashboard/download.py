"""下载: a day or a range of days as a file, for a signed-in person or a read-only token.

One day is exactly the answer of `/api/v1/daily-sales`, revision for revision. A token may stand in
the address, as Excel's "From Web" needs it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any
from urllib.parse import quote

from litestar import Response, get

from sync.head_office import answers, reports
from sync.head_office.answers import Answer, Question, UnknownRevisionError
from sync.head_office.dashboard import queries
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req
from sync.head_office.exports import ranges
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError, SignInRequiredError, business_day_of, who
from sync.head_office.worker import Worker
from sync.protocol import ERROR_MALFORMED, WireError


class NothingThereError(WireError):
    """404: a revision that was never given, or a store that is none."""

    status = 404


class TooMuchError(WireError):
    """413 without a body that was too large: the answer would be."""

    status = 413


@get("/download", include_in_schema=False)
async def download(request: Req) -> Response[Any]:
    """Answer `from`, `to`, `store`, `by`, `format` and perhaps `revision` with a file."""
    worker: Worker = request.app.state.worker
    try:
        person = await who(request, worker)
    except SignInRequiredError:
        if request.query_params.get("token") or request.headers.get("authorization"):
            raise
        return to_sign_in(request)
    asked = request.query_params
    store_id = person.store_id or asked.get("store", "")
    if person.store_id and asked.get("store", "") not in ("", person.store_id):
        raise ForbiddenError("forbidden", "this token reads one store only")
    first = business_day_of(asked.get("from", ""))
    last = business_day_of(asked.get("to", "")) if asked.get("to") else first
    by, fmt = asked.get("by", "store"), asked.get("format", "xlsx")
    if by not in reports.GROUPINGS or fmt not in answers.FORMATS:
        raise WireError(ERROR_MALFORMED, "expected a known grouping and format xlsx, csv or json")
    if store_id and not await worker.read(lambda s: queries.store_exists(s.office, store_id)):
        raise NothingThereError("unknown_store", f"there is no store {store_id[:40]!r}")
    try:
        days = ranges.days_between(first, last)
        if len(days) == 1:
            question = Question(business_day=first, store_id=store_id, by=by)
            number = _revision(asked.get("revision", ""))
            answer = await worker.write(
                lambda service: answers.ask(service.office, question, fmt=fmt, revision=number)
            )
        else:
            answer = await _range(
                worker, days, store_id, by, fmt, _revision(asked.get("revision", ""))
            )
    except UnknownRevisionError as error:
        raise NothingThereError("unknown_revision", str(error)) from error
    except ranges.RangeTooLargeError as error:
        raise TooMuchError("too_large", str(error)) from error
    except ValueError as error:
        raise WireError(ERROR_MALFORMED, str(error)) from error
    return Response(
        answer.data,
        media_type=answer.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(answer.file_name)}",
            "ETag": f'"{answer.sha256}"',
            "Guitai-Revision": str(answer.revision),
            "Guitai-SHA256": answer.sha256,
            "Cache-Control": "private, no-cache",
        },
    )


async def _range(
    worker: Worker, days: list[str], store_id: str, by: str, fmt: str, revision: int | None
) -> Answer:
    question = ranges.question_of(days, store_id=store_id, by=by)
    number = await _ask_range(worker, question, days) if revision is None else revision

    def find(service: Service, kept: str) -> Answer | None:
        return answers.find_file(service.office, question, number, kept)

    found = await worker.read(lambda service: find(service, fmt))
    if found is not None:
        return found
    source = await worker.read(lambda service: find(service, "json"))
    if source is None:
        raise UnknownRevisionError(f"revision {number} of these days was never given")
    made = await asyncio.to_thread(ranges.render, source.data, fmt)
    await worker.write(
        lambda service: answers.keep_file(service.office, question, number, fmt, made)
    )
    found = await worker.read(lambda service: find(service, fmt))
    assert found is not None  # noqa: S101 - kept one line above
    return found


async def _ask_range(worker: Worker, question: Question, days: list[str]) -> int:
    # Day by day, so that tills are answered in between.
    told = []
    for day in days:
        one = Question(business_day=day, store_id=question.store_id, by=question.by)
        told.append(await worker.write(partial(ranges.ask_day, question=one)))
    return await worker.write(lambda service: ranges.ask_range(service.office, question, told))


def _revision(text: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise WireError(ERROR_MALFORMED, f"expected a revision, got {text[:40]!r}")
    return int(text)


ROUTES = [download]
