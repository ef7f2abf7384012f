"""Several business days in one file, with revisions of its own.

A range is made of its days' answers: each day is asked for as if alone, so its revision is the one
anybody else gets. When a day has moved on, the range gets a new revision; an earlier one comes back
byte for byte.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from sync.head_office import answers, completeness, tables
from sync.head_office.answers import Content, Question
from sync.head_office.database import HeadOffice
from sync.head_office.exports.workbook import render_workbook
from sync.head_office.service import Service

MAX_DAYS = 93
MAX_ROWS = 200_000
"""Rows of one file; a range of single items over many stores is asked for in parts."""


class RangeTooLargeError(ValueError):
    """More days or rows than one file takes."""


class RangeContent(msgspec.Struct, frozen=True, kw_only=True):
    """What a range's file says."""

    first_day: str
    last_day: str
    store_id: str
    by: str
    revision: int
    created_utc_ms: int
    status: str
    """COMPLETE when every day is."""

    days: tuple[Content, ...]


def days_between(first_day: str, last_day: str) -> list[str]:
    """Business days from first to last; raises ValueError for bad days or a wrong order."""
    first, last = dt.date.fromisoformat(first_day), dt.date.fromisoformat(last_day)
    if last < first:
        raise ValueError("expected the first day before the last")
    if (last - first).days >= MAX_DAYS:
        raise RangeTooLargeError(f"expected at most {MAX_DAYS} days in one file")
    return [(first + dt.timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]


def question_of(days: Sequence[str], *, store_id: str, by: str) -> Question:
    """The range as a question: its `business_day` is `first_last`, as in the file's name."""
    return Question(business_day=f"{days[0]}_{days[-1]}", store_id=store_id, by=by)


def ask_day(service: Service, question: Question) -> tuple[str, bytes]:
    """Checksum and JSON of one day's newest answer; the caller is the writer."""
    answer = answers.ask(service.office, question)
    return answer.sha256, answer.data


def ask_range(office: HeadOffice, question: Question, told: Sequence[tuple[str, bytes]]) -> int:
    """The revision of a range whose days were asked for; the caller is the writer.

    Raises RangeTooLargeError when the days hold more rows than one file takes.
    """
    contents = tuple(msgspec.json.decode(data, type=Content) for _, data in told)
    if sum(len(content.rows) for content in contents) > MAX_ROWS:
        raise RangeTooLargeError(
            f"expected at most {MAX_ROWS} rows in one file; ask for fewer days"
        )
    fingerprint = hashlib.sha256("".join(digest for digest, _ in told).encode()).hexdigest()
    number = answers.same_revision(office, question, fingerprint)
    if number is not None:
        return number
    done = all(content.status == completeness.COMPLETE for content in contents)
    created_utc_ms = office.clock_ms()
    with office.dialect.transaction():
        number = answers.new_revision(office, question, fingerprint, created_utc_ms)
        full = RangeContent(
            first_day=contents[0].business_day,
            last_day=contents[-1].business_day,
            store_id=question.store_id,
            by=question.by,
            revision=number,
            created_utc_ms=created_utc_ms,
            status=completeness.COMPLETE if done else completeness.PARTIAL,
            days=contents,
        )
        answers.keep_file(office, question, number, "json", msgspec.json.encode(full))
    return number


def render(data: bytes, fmt: str) -> bytes:
    """A range's JSON in another format; no database, so any thread may do it."""
    content = msgspec.json.decode(data, type=RangeContent)
    if fmt == "xlsx":
        return render_workbook(content.days, revision=content.revision)
    if fmt == "csv":
        return tables.to_csv(content.days[0].columns, _rows(content.days)).encode()
    return data


def _rows(days: Iterable[Content]) -> Iterable[dict[str, Any]]:
    for day in days:
        yield from day.rows
