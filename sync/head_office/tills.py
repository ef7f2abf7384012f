"""How each till is, as far as head office knows: version, clock, backlog, last device test."""

from __future__ import annotations

from typing import Any

import msgspec

from pos.domain.journal.bodies import DevicePart
from sync.head_office.database import HeadOffice
from sync.head_office.entries import read_entry
from sync.protocol import HeartbeatRequest


class TillState(msgspec.Struct, frozen=True, kw_only=True):
    """One enrolled till; what it never said is None or empty."""

    store_id: str
    store_name: str
    workstation_id: str
    state: str
    """`active` or `revoked`."""

    app_version: str
    last_seen_utc_ms: int
    unsent: int | None
    clock_offset_ms: int | None
    """Till's clock − head office's, when its last heartbeat arrived."""

    disk_free_mb: int | None
    tested_utc_ms: int
    """By the till's clock; 0 when no device test has arrived."""

    parts: tuple[DevicePart, ...]


def till_states(office: HeadOffice, only: str = "") -> list[TillState]:
    """Every till that was not replaced, by store and number; `only` for a reader of one store."""
    where, values = (" AND w.store_id = ?", (only,)) if only else ("", ())
    rows = office.dialect.query(
        "SELECT w.store_id, s.name, w.workstation_id, w.state, w.app_version, "
        "w.last_seen_utc_ms, h.received_utc_ms, (SELECT MAX(e.last_seen_utc_ms) FROM epoch e "
        "WHERE e.store_id = w.store_id AND e.workstation_no = w.workstation_no), "
        "h.unsent, h.body, w.workstation_no "
        "FROM workstation w JOIN store s ON s.store_id = w.store_id "
        "LEFT JOIN heartbeat h ON h.store_id = w.store_id "
        "AND h.workstation_no = w.workstation_no "
        f"WHERE s.active = 1 AND w.state <> 'replaced'{where}",
        values,
    )
    found = []
    for row in sorted(rows, key=lambda row: (row[0], row[2], row[10])):
        offset, disk = _heard(str(row[9] or ""), int(row[6] or 0))
        tested, parts = _last_test(office, row[0], int(row[10]))
        found.append(
            TillState(
                store_id=row[0],
                store_name=row[1],
                workstation_id=row[2],
                state=row[3],
                app_version=row[4],
                last_seen_utc_ms=max(int(value or 0) for value in row[5:8]),
                unsent=None if row[8] is None else int(row[8]),
                clock_offset_ms=offset,
                disk_free_mb=disk,
                tested_utc_ms=tested,
                parts=parts,
            )
        )
    return found


def _heard(body: str, received_utc_ms: int) -> tuple[int | None, int | None]:
    """Clock offset and free disk of a kept heartbeat; None for what it does not say."""
    try:
        told = msgspec.json.decode(body, type=HeartbeatRequest)
    except (msgspec.DecodeError, ValueError):
        return None, None
    disk = told.status.get("disk_free_mb", "")
    number = int(disk) if disk.isascii() and disk.isdigit() and len(disk) < 12 else None
    return told.till_clock_ms - received_utc_ms, number


def _last_test(
    office: HeadOffice, store_id: str, workstation_no: int
) -> tuple[int, tuple[DevicePart, ...]]:
    # The kind stands in the text, not as a parameter: only so is the partial index used.
    row = office.dialect.one(
        "SELECT at_utc_ms, bytes FROM journal WHERE kind = 'devices_tested' AND store_id = ? "
        "AND workstation_no = ? ORDER BY at_utc_ms DESC LIMIT 1",
        (store_id, workstation_no),
    )
    if row is None:
        return 0, ()
    read: Any = read_entry(bytes(row[1]))
    parts = () if isinstance(read, str) else getattr(read.body, "parts", ())
    return int(row[0]), tuple(
        DevicePart(part=one.part[:40], verdict=one.verdict[:20], code=one.code[:60])
        for one in parts
    )
