"""Entries kept as bytes only (R9): what they are, and booking them once somebody looked (R6).

Quarantine keeps a sequence's place in the chain while its content waits. Releasing books it as
ingest would have, through UNIQUE(store_id, entry_uuid): what the till sent again meanwhile under
another sequence is not booked twice.
"""

from __future__ import annotations

import msgspec

from pos.domain.journal import chain_hash
from sync.head_office import projections, stock_fold
from sync.head_office.batches import Batch, Source
from sync.head_office.booking import Booking
from sync.head_office.booking_values import Place
from sync.head_office.database import HeadOffice
from sync.head_office.entries import read_entry
from sync.head_office.ingest import Ingest

RELEASED = "released"
REPEAT = "released_repeat"
"""Flags of a journal row that was in quarantine: booked, or booked before under another sequence."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the quarantine."""

    key: str
    """store/workstation no./epoch no./sequence: its name for `show` and `release`."""

    workstation_id: str
    reason: str
    received_utc_ms: int
    released_utc_ms: int = 0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with what can be said of it now."""

    held: Held
    gives_its_hash: bool
    problem: str
    """Why it cannot be booked; empty when it can."""

    kind: str = ""
    business_day: str = ""
    entry_uuid: str = ""
    booked_elsewhere: str = ""
    """Key of the entry with the same entry_uuid that is booked already."""

    text: str
    """The bytes; what is no UTF-8 as escapes."""


class NotReleased(ValueError):
    """The entry stays where it is; the text says why."""


class _Row(msgspec.Struct, frozen=True):
    held: Held
    place: Place
    seq: int
    epoch: str
    source: Source
    stated: bytes
    data: bytes
    before: bytes | None


def listed(office: HeadOffice, *, everything: bool = False, limit: int = 500) -> list[Held]:
    """What waits, oldest first; with `everything` what was released as well."""
    where = "" if everything else "WHERE q.released_utc_ms = 0 "
    rows = office.dialect.query(
        "SELECT q.store_id, q.workstation_no, q.epoch_no, q.seq, w.workstation_id, q.reason, "
        "q.received_utc_ms, q.released_utc_ms FROM quarantine q "
        "LEFT JOIN workstation w ON w.store_id = q.store_id "
        f"AND w.workstation_no = q.workstation_no {where}"
        "ORDER BY q.received_utc_ms, q.store_id, q.workstation_no, q.epoch_no, q.seq LIMIT ?",
        (limit,),
    )
    return [
        Held(
            key=_key(*row[:4]),
            workstation_id=str(row[4] or ""),
            reason=str(row[5]),
            received_utc_ms=int(row[6]),
            released_utc_ms=int(row[7]),
        )
        for row in rows
    ]


def show(office: HeadOffice, key: str) -> Shown:
    """One entry; raises LookupError."""
    row = _row(office, key)
    gives = row.before is not None and chain_hash(row.before, row.data) == row.stated
    text = row.data.decode("utf-8", "backslashreplace")
    entry = read_entry(row.data)
    if isinstance(entry, str):
        return Shown(held=row.held, gives_its_hash=gives, problem=entry, text=text)
    return Shown(
        held=row.held,
        gives_its_hash=gives,
        problem="",
        kind=str(entry.envelope.kind),
        business_day=entry.envelope.business_day,
        entry_uuid=entry.envelope.entry_uuid,
        booked_elsewhere=_elsewhere(office, row, entry.envelope.entry_uuid),
        text=text,
    )


def release(office: HeadOffice, key: str, *, by: str, reason: str = "") -> str:
    """Book an entry; returns RELEASED, or REPEAT when it was booked already.

    Audited with the name of whoever did it. Raises LookupError, NotReleased.
    """
    if not by.strip():
        raise NotReleased("expected the name of whoever releases it")
    return _Releasing(office).release(key, by.strip()[:80], reason.strip()[:200])


class _Releasing(Ingest):
    """Ingest of a single entry whose place is taken already."""

    def release(self, key: str, by: str, reason: str) -> str:
        office, dialect = self.office, self.dialect
        now_ms = office.clock_ms()
        with dialect.transaction():
            row = _row(office, key)
            mark = self.epochs.lock_mark(row.source, _empty(row.epoch), now_ms)
            row = _row(office, key)  # again, now that nobody else is at it
            if row.held.released_utc_ms:
                raise NotReleased(f"{key} has been released before")
            entry = read_entry(row.data)
            if isinstance(entry, str):
                raise NotReleased(f"{key} cannot be read: {entry}")
            envelope = entry.envelope
            outcome = REPEAT if _elsewhere(office, row, envelope.entry_uuid) else RELEASED
            booking = Booking(row.place, projections.part_lookup(dialect, row.place.store_id))
            if outcome == RELEASED:
                booked = self._booked_alone(booking, entry, row.seq)
                if isinstance(booked, str):
                    raise NotReleased(f"{key}: {booked}")
                self.epochs.note_opening(row.source, row.place, booking, now_ms)
                self._note_directives(row.place, booking, now_ms)
            at = (row.place.store_id, row.place.workstation_no, row.place.epoch_no, row.seq)
            where = "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq = ?"
            dialect.execute(
                "UPDATE journal SET entry_uuid = ?, kind = ?, business_day = ?, at_utc_ms = ?, "
                f"flags = ? {where}",
                (
                    envelope.entry_uuid if outcome == RELEASED else None,
                    envelope.kind,
                    envelope.business_day,
                    envelope.at_utc_ms,
                    outcome,
                    *at,
                ),
            )
            dialect.execute(f"UPDATE quarantine SET released_utc_ms = ? {where}", (now_ms, *at))
            self.auditor.record(row.source, mark, booking, [entry], [], now_ms)
            self.auditor.alarm(
                row.source,
                "quarantine_released",
                key,
                f"{by}: {outcome} {reason}".strip(),
                now_ms,
            )
            if outcome == RELEASED:
                stock_fold.take_in(dialect, at[:3], row.seq)
            self._days_changed(row.place.store_id, booking, now_ms)
        projections.fold(dialect)
        return outcome


def _empty(epoch: str) -> Batch:
    return Batch(epoch=epoch, first_seq=1, prev_hash=b"", records=())


def _key(store_id: object, workstation_no: object, epoch_no: object, seq: object) -> str:
    return f"{store_id}/{workstation_no}/{epoch_no}/{seq}"


def _row(office: HeadOffice, key: str) -> _Row:
    store_id, *numbers = key.rsplit("/", 3)
    if len(numbers) != 3 or not all(n.isascii() and n.isdigit() and len(n) < 16 for n in numbers):
        raise LookupError(f"expected store/workstation/epoch/sequence, got {key[:80]!r}")
    workstation_no, epoch_no, seq = map(int, numbers)
    place = (store_id, workstation_no, epoch_no)
    found = office.dialect.one(
        "SELECT q.reason, q.received_utc_ms, q.released_utc_ms, e.epoch, w.workstation_uuid, "
        "w.workstation_id, j.hash, j.bytes FROM quarantine q "
        "JOIN journal j ON j.store_id = q.store_id AND j.workstation_no = q.workstation_no "
        "AND j.epoch_no = q.epoch_no AND j.seq = q.seq "
        "JOIN epoch e ON e.store_id = q.store_id AND e.workstation_no = q.workstation_no "
        "AND e.epoch_no = q.epoch_no "
        "JOIN workstation w ON w.store_id = q.store_id AND w.workstation_no = q.workstation_no "
        "WHERE q.store_id = ? AND q.workstation_no = ? AND q.epoch_no = ? AND q.seq = ?",
        (*place, seq),
    )
    if found is None:
        raise LookupError(f"{key[:80]!r} is not in quarantine: see `hq quarantine list`")
    before = office.dialect.one(
        "SELECT hash FROM journal WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? "
        "AND seq = ?",
        (*place, seq - 1),
    )
    return _Row(
        held=Held(
            key=key,
            workstation_id=str(found[5]),
            reason=str(found[0]),
            received_utc_ms=int(found[1]),
            released_utc_ms=int(found[2]),
        ),
        place=Place(*place),
        seq=seq,
        epoch=str(found[3]),
        source=Source(store_id, workstation_no, str(found[4]), str(found[5])),
        stated=bytes(found[6]),
        data=bytes(found[7]),
        before=bytes(before[0]) if before else None,
    )


def _elsewhere(office: HeadOffice, row: _Row, entry_uuid: str) -> str:
    found = office.dialect.one(
        "SELECT store_id, workstation_no, epoch_no, seq FROM journal "
        "WHERE store_id = ? AND entry_uuid = ?",
        (row.place.store_id, entry_uuid),
    )
    return "" if found is None else _key(*found)
