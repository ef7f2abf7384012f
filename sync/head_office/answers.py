"""Answers that people downloaded: revisions of a day that never change silently.

A question is (business day, store, grouping). Whenever its figures or its completeness differ from
the last answer given, a new revision is kept; any earlier one is returned byte for byte in each
format it was given in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from sync.head_office import changes, completeness, reports, tables
from sync.head_office.database import HeadOffice

FORMATS = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Renderer = Callable[["Content"], bytes]
RENDERERS: dict[str, Renderer] = {}
"""Format → renderer, for formats that other modules add (`exports.py` adds xlsx)."""


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: one business day, one store or all, one grouping."""

    business_day: str
    store_id: str = ""
    by: str = "store"

    @property
    def key(self) -> str:
        """Text that identifies the question in the table `answer`."""
        return f"{self.business_day}|{self.by}|{self.store_id}"


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer says: the same in every format."""

    business_day: str
    store_id: str
    by: str
    revision: int
    created_utc_ms: int
    status: str
    """COMPLETE or PARTIAL (R10)."""

    till_days: tuple[completeness.TillDay, ...]
    columns: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    revisions: tuple[tuple[int, int], ...] = ()
    """(revision, created) of this question's earlier answers."""

    changes: tuple[changes.Change, ...] = ()
    """What each revision told differently from the one before it, latest revision first."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its bytes never change."""

    question: Question
    revision: int
    created_utc_ms: int
    format: str
    data: bytes
    sha256: str

    @property
    def media_type(self) -> str:
        """Content type of the format."""
        return FORMATS[self.format]

    @property
    def file_name(self) -> str:
        """日销售_2026-11-21_r2.xlsx, with grouping and store when they narrow it."""
        parts = ["日销售", self.question.business_day]
        if self.question.by != "store":
            parts.append(self.question.by)
        if self.question.store_id:
            parts.append(_safe(self.question.store_id))
        return "_".join((*parts, f"r{self.revision}")) + f".{self.format}"


class UnknownRevisionError(LookupError):
    """A revision, or a format of an old revision, that was never given."""


def ask(
    office: HeadOffice, question: Question, *, fmt: str = "json", revision: int | None = None
) -> Answer:
    """Answer a question: the newest revision, or an earlier one byte for byte.

    Writes when the answer is new, so the caller is the writer. Raises UnknownRevisionError, or
    ValueError for an unknown grouping, day or format.
    """
    _check(question, fmt)
    if revision is not None:
        return _kept(office, question, revision, fmt)
    content = _content(office, question)
    fingerprint = _fingerprint(content)
    number = same_revision(office, question, fingerprint)
    if number is None:
        with office.dialect.transaction():
            number = new_revision(office, question, fingerprint, office.clock_ms())
            _keep_content(office, question, number, content)
    return _kept(office, question, number, fmt)


def same_revision(office: HeadOffice, question: Question, fingerprint: str) -> int | None:
    """The newest revision when it told the same, else None: a new one is due."""
    latest = office.dialect.one(
        "SELECT revision, fingerprint FROM answer WHERE question = ? "
        "ORDER BY revision DESC LIMIT 1",
        (question.key,),
    )
    return int(latest[0]) if latest is not None and latest[1] == fingerprint else None


def new_revision(
    office: HeadOffice, question: Question, fingerprint: str, created_utc_ms: int
) -> int:
    """Number a new revision; its content is kept in the same transaction, which is the caller's."""
    row = office.dialect.one(
        "SELECT COALESCE(MAX(revision), 0) + 1 FROM answer WHERE question = ?", (question.key,)
    )
    number = int(row[0]) if row else 1
    office.dialect.execute(
        "INSERT INTO answer (question, revision, business_day, store_id, created_utc_ms, "
        "fingerprint) VALUES (?, ?, ?, ?, ?, ?)",
        (
            question.key,
            number,
            question.business_day,
            question.store_id,
            created_utc_ms,
            fingerprint,
        ),
    )
    return number


def keep_file(office: HeadOffice, question: Question, number: int, fmt: str, data: bytes) -> None:
    """Keep a revision in one format; one that is there already stays. The caller is the writer."""
    office.dialect.insert_missing(
        "answer_file",
        ("question", "revision", "format", "sha256", "bytes"),
        [(question.key, number, fmt, hashlib.sha256(data).hexdigest(), data)],
    )


def find_file(office: HeadOffice, question: Question, number: int, fmt: str) -> Answer | None:
    """A revision in one format, byte for byte; None when it was never given in it."""
    row = office.dialect.one(
        "SELECT f.sha256, f.bytes, a.created_utc_ms FROM answer_file f JOIN answer a "
        "ON a.question = f.question AND a.revision = f.revision "
        "WHERE f.question = ? AND f.revision = ? AND f.format = ?",
        (question.key, number, fmt),
    )
    if row is None:
        return None
    return Answer(
        question=question,
        revision=number,
        created_utc_ms=int(row[2]),
        format=fmt,
        data=bytes(row[1]),
        sha256=str(row[0]),
    )


def revisions(office: HeadOffice, question: Question) -> list[tuple[int, int]]:
    """(revision, created) of a question's answers, oldest first."""
    rows = office.dialect.query(
        "SELECT revision, created_utc_ms FROM answer WHERE question = ? ORDER BY revision",
        (question.key,),
    )
    return [(int(number), int(created)) for number, created in rows]


def changed_since_download(office: HeadOffice) -> list[dict[str, Any]]:
    """Store days whose figures moved after they were last downloaded."""
    rows = office.dialect.query(
        "SELECT d.store_id, d.business_day, d.changed_utc_ms, MAX(a.created_utc_ms) "
        "FROM store_day d JOIN answer a ON a.business_day = d.business_day "
        "AND a.store_id IN ('', d.store_id) "
        "GROUP BY d.store_id, d.business_day, d.changed_utc_ms "
        "HAVING d.changed_utc_ms > MAX(a.created_utc_ms) "
        "ORDER BY d.business_day DESC, d.store_id LIMIT 400"
    )
    return [
        {
            "store_id": store_id,
            "business_day": day,
            "changed_utc_ms": int(changed),
            "downloaded_utc_ms": int(downloaded),
        }
        for store_id, day, changed, downloaded in rows
    ]


def _content(office: HeadOffice, question: Question) -> Content:
    with office.dialect.snapshot():
        state = completeness.of_day(office, question.business_day, question.store_id)
        rows = reports.daily(
            office.dialect,
            by=question.by,
            business_day=question.business_day,
            store_id=question.store_id,
        )
    return Content(
        business_day=question.business_day,
        store_id=question.store_id,
        by=question.by,
        revision=0,
        created_utc_ms=0,
        status=state.status,
        till_days=state.till_days,
        columns=reports.columns(question.by),
        rows=tuple(rows),
    )


def _fingerprint(content: Content) -> str:
    # Figures and states only: that a till was heard again is no new revision.
    states = [
        (day.store_id, day.workstation_id, day.state, day.z_no, day.difference_minor)
        for day in content.till_days
    ]
    told = msgspec.json.encode((content.status, states, content.rows), order="sorted")
    return hashlib.sha256(told).hexdigest()


def _keep_content(office: HeadOffice, question: Question, number: int, content: Content) -> None:
    """The JSON form is kept at once: every other format of this revision is made from it."""
    known = revisions(office, question)
    full = msgspec.structs.replace(
        content,
        revision=number,
        created_utc_ms=dict(known)[number],
        revisions=tuple(pair for pair in known if pair[0] < number),
    )
    earlier = find_file(office, question, number - 1, "json")
    if earlier is not None:
        told = msgspec.json.decode(earlier.data, type=Content)
        full = msgspec.structs.replace(full, changes=_changes(told, full))
    keep_file(office, question, number, "json", msgspec.json.encode(full))


def _changes(before: Content, after: Content) -> tuple[changes.Change, ...]:
    told = {"revision": after.revision, "created_utc_ms": after.created_utc_ms}
    states = [
        {(day.store_id, day.workstation_id): day.state for day in content.till_days}
        for content in (before, after)
    ]
    found = [
        *changes.state_changes(states[0], states[1], **told),
        *changes.differences(
            before.rows,
            after.rows,
            columns=after.columns,
            key_column=reports.GROUPINGS[after.by],
            **told,
        ),
        *before.changes,
    ]
    return tuple(found[: changes.MAX_CHANGES])


def _kept(office: HeadOffice, question: Question, number: int, fmt: str) -> Answer:
    found = find_file(office, question, number, fmt)
    if found is not None:
        return found
    kept = find_file(office, question, number, "json")
    if kept is None:
        raise UnknownRevisionError(f"revision {number} of this day was never given")
    content = msgspec.json.decode(kept.data, type=Content)
    keep_file(office, question, number, fmt, _render(content, fmt))
    made = find_file(office, question, number, fmt)
    assert made is not None  # noqa: S101 - kept one line above
    return made


def _render(content: Content, fmt: str) -> bytes:
    if fmt == "json":
        return msgspec.json.encode(content)
    if fmt == "csv":
        return tables.to_csv(content.columns, content.rows).encode()
    return RENDERERS[fmt](content)


def _check(question: Question, fmt: str) -> None:
    import datetime as dt

    if question.by not in reports.GROUPINGS:
        raise ValueError(f"expected by = {', '.join(reports.GROUPINGS)}, got {question.by[:40]!r}")
    if fmt not in FORMATS or (fmt not in ("json", "csv") and fmt not in RENDERERS):
        raise ValueError(f"expected format = json, csv or xlsx, got {fmt[:40]!r}")
    if dt.date.fromisoformat(question.business_day).isoformat() != question.business_day:
        raise ValueError("expected a business day such as 2026-11-21")


def _safe(text: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)
