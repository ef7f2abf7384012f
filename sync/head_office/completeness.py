"""Is a day complete? The state of every till-day (R10); which tills have not synced, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec

from pos.i18n import N_
from sync.head_office import findings
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect, Row

NOT_TRADING = "not_trading"
WAIVED = "waived"
NOT_OPENED = "not_opened"
OPEN = "open"
CLOSED_NOT_UPLOADED = "closed_not_uploaded"
UPLOADED = "uploaded"
DIFFERENT = "different"
DONE = frozenset({UPLOADED, NOT_TRADING, WAIVED})
"""States in which nothing more is awaited."""

COMPLETE = "COMPLETE"
PARTIAL = "PARTIAL"
LATE_AFTER_MS = 30 * 60 * 1000
"""Silent for longer than this, a till is listed as not synced."""


class TillDay(msgspec.Struct, frozen=True, kw_only=True):
    """One workstation's business day as head office knows it."""

    store_id: str
    store_name: str
    workstation_id: str
    state: str
    z_no: int = 0
    transactions: int = 0
    difference_minor: int = 0
    """Z's net − booked net, in state `different`."""

    unsent: int | None = None
    """Entries that the till said it still has; None when it never said."""

    last_seen_utc_ms: int = 0
    contact: str = ""
    note: str = ""


class Completeness(msgspec.Struct, frozen=True, kw_only=True):
    """A business day over the stores asked for."""

    business_day: str
    status: str
    till_days: tuple[TillDay, ...]

    @property
    def missing(self) -> tuple[TillDay, ...]:
        """Till-days that keep the day from being complete."""
        return tuple(day for day in self.till_days if day.state not in DONE)


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """A till that has not synced, and why as far as is known."""

    store_id: str
    store_name: str
    workstation_id: str
    reason: str
    """`never_seen`, `silent`, `backlog`, `revoked`."""

    last_seen_utc_ms: int
    unsent: int | None
    oldest_unsent_ms: int | None
    contact: str
    app_version: str


def of_day(office: HeadOffice, business_day: str, store_id: str = "") -> Completeness:
    """State of every enrolled workstation's business day."""
    day_ms = _day_start_ms(business_day)
    where, values = (" AND w.store_id = ?", (store_id,)) if store_id else ("", ())
    rows = office.dialect.query(
        "SELECT w.store_id, s.name, w.workstation_id, w.state, w.enrolled_utc_ms, "
        "w.last_seen_utc_ms, s.contact, d.opened, d.transactions, d.net_minor, d.z_no, "
        "d.z_transactions, d.z_net_minor, h.unsent, h.received_utc_ms, h.business_day, "
        "h.day_state, c.transactions, c.net_minor, "
        "(SELECT MAX(e.last_seen_utc_ms) FROM epoch e WHERE e.store_id = w.store_id "
        "AND e.workstation_no = w.workstation_no), "
        "(SELECT MIN(f.business_day) FROM till_day f WHERE f.store_id = w.store_id "
        "AND f.workstation_no = w.workstation_no), d.lines, d.z_lines "
        "FROM workstation w JOIN store s ON s.store_id = w.store_id "
        "LEFT JOIN till_day d ON d.store_id = w.store_id AND d.business_day = ? "
        "AND d.workstation_no = w.workstation_no "
        "LEFT JOIN heartbeat h ON h.store_id = w.store_id "
        "AND h.workstation_no = w.workstation_no "
        "LEFT JOIN till_closed c ON c.store_id = w.store_id AND c.business_day = ? "
        "AND c.workstation_no = w.workstation_no "
        f"WHERE s.active = 1{where}",
        (business_day, business_day, *values),
    )
    declared = _declared(office, business_day)
    found = []
    for row in sorted(rows, key=lambda row: (row[0], row[2], row[4])):
        if not _expected(row, business_day, day_ms):
            continue
        found.append(_till_day(row, business_day, declared))
    done = all(day.state in DONE for day in found)
    return Completeness(
        business_day=business_day,
        status=COMPLETE if done else PARTIAL,
        till_days=tuple(found),
    )


def silent(office: HeadOffice, *, late_after_ms: int = LATE_AFTER_MS) -> list[Silent]:
    """Tills that have not synced, and why: the first thing on head office's page."""
    now_ms = office.clock_ms()
    rows = office.dialect.query(
        "SELECT w.store_id, s.name, w.workstation_id, w.state, w.last_seen_utc_ms, "
        "h.received_utc_ms, (SELECT MAX(e.last_seen_utc_ms) FROM epoch e "
        "WHERE e.store_id = w.store_id AND e.workstation_no = w.workstation_no), "
        "h.unsent, h.oldest_unsent_ms, s.contact, w.app_version, h.max_seq "
        "FROM workstation w JOIN store s ON s.store_id = w.store_id "
        "LEFT JOIN heartbeat h ON h.store_id = w.store_id "
        "AND h.workstation_no = w.workstation_no "
        "WHERE s.active = 1 AND w.state <> 'replaced'",
    )
    found = []
    for row in sorted(rows, key=lambda row: (row[0], row[2])):
        seen = max(int(value or 0) for value in row[4:7])
        unsent = None if row[7] is None else int(row[7])
        oldest = None if row[8] is None else int(row[8])
        if row[3] == "revoked":
            reason = "revoked"
        elif row[5] is None and row[6] is None:
            reason = "never_seen"
        elif now_ms - seen > late_after_ms:
            reason = "silent"
        elif unsent and oldest is not None and now_ms - oldest > late_after_ms:
            reason = "backlog"
        else:
            continue
        found.append(
            Silent(
                store_id=row[0],
                store_name=row[1],
                workstation_id=row[2],
                reason=reason,
                last_seen_utc_ms=seen,
                unsent=unsent,
                oldest_unsent_ms=oldest,
                contact=row[9],
                app_version=row[10],
            )
        )
    return found


def declare(
    office: HeadOffice,
    *,
    store_id: str,
    business_day: str,
    workstation_id: str,
    kind: str,
    by: str,
    reason: str,
) -> None:
    """Declare a till-day as not trading, or let finance waive it; audited."""
    if kind not in (NOT_TRADING, WAIVED):
        raise ValueError(f"expected {NOT_TRADING} or {WAIVED}, got {kind!r}")
    dt.date.fromisoformat(business_day)
    now_ms = office.clock_ms()
    with office.dialect.transaction():
        note_declared(
            office.dialect, [(store_id, business_day, workstation_id, kind, by, reason, now_ms)]
        )
        findings.note(
            office.dialect,
            store_id=store_id,
            code=kind,
            subject=f"{workstation_id}/{business_day}",
            workstation_id=workstation_id,
            detail=f"{by}: {reason}",
            found_utc_ms=now_ms,
            business_day=business_day,
        )


def note_declared(dialect: Dialect, rows: Sequence[Row]) -> None:
    """Keep declarations: (store, day, workstation label, kind, by, reason, when) each."""
    dialect.insert_missing(
        "day_declaration",
        (
            "store_id",
            "business_day",
            "workstation_id",
            "kind",
            "declared_by",
            "reason",
            "declared_utc_ms",
        ),
        rows,
    )


def _till_day(row: Any, business_day: str, declared: dict[tuple[str, str], str]) -> TillDay:
    booked, z_no = row[8], row[10]
    unsent = None if row[13] is None else int(row[13])
    seen = max(int(value or 0) for value in (row[5], row[14], row[19]))
    state, difference, note = _state(row, business_day, declared)
    return TillDay(
        store_id=row[0],
        store_name=row[1],
        workstation_id=row[2],
        state=state,
        z_no=int(z_no or 0),
        transactions=int(booked or 0),
        difference_minor=difference,
        unsent=unsent,
        last_seen_utc_ms=seen,
        contact=row[6],
        note=note,
    )


def _state(
    row: Any, business_day: str, declared: dict[tuple[str, str], str]
) -> tuple[str, int, str]:
    opened, booked, net, z_no, z_transactions, z_net = row[7:13]
    declaration = declared.get((row[0], row[2]), "")
    if declaration == WAIVED:
        return WAIVED, 0, ""
    if z_no:
        same = (booked, net, row[21]) == (z_transactions, z_net, row[22])
        if same:
            return UPLOADED, 0, ""
        return DIFFERENT, int(z_net) - int(net), N_("the Z and what was booked differ")
    if row[17] is not None:
        return CLOSED_NOT_UPLOADED, 0, N_("the till closed the day; its entries are not all here")
    if opened is not None and (opened or booked):
        return OPEN, 0, N_("replaced before it closed") if row[3] == "replaced" else ""
    if row[15] == business_day and row[16] == "open":
        return OPEN, 0, ""
    if declaration == NOT_TRADING:
        return NOT_TRADING, 0, ""
    return NOT_OPENED, 0, ""


def _expected(row: Any, business_day: str, day_ms: int) -> bool:
    if row[7] is not None or row[17] is not None:
        return True
    if row[3] != "active":
        return False
    first = row[20]
    if first is not None and str(first) <= business_day:
        return True
    # Enrolled on or before that day, with a day's grace for time zones.
    return int(row[4]) < day_ms + 2 * 86_400_000


def _declared(office: HeadOffice, business_day: str) -> dict[tuple[str, str], str]:
    rows = office.dialect.query(
        "SELECT store_id, workstation_id, kind FROM day_declaration WHERE business_day = ?",
        (business_day,),
    )
    found: dict[tuple[str, str], str] = {}
    for store_id, workstation_id, kind in rows:
        if found.get((store_id, workstation_id)) != WAIVED:
            found[store_id, workstation_id] = kind
    return found


def _day_start_ms(business_day: str) -> int:
    day = dt.date.fromisoformat(business_day)
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp() * 1000)
