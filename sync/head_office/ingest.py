"""Taking journals in: R5-R9, R16, R17, R22, R23, meant literally.

One transaction per batch: lock the watermark row, skip what is known after checking its hashes,
require the next sequence, verify the chain, insert bytes and projections, move the watermark,
commit, and only then answer. A push, a segment from a USB stick and a peer's copy take this road.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import msgspec

from pos.domain.journal import GENESIS_HASH, EntryKind, chain_hash
from sync.head_office import audit, projections
from sync.head_office.booking import Booking, Place
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.entries import ReadEntry, read_entry
from sync.head_office.goods_jobs import GoodsJobs
from sync.protocol import ERROR_FORK, ERROR_GAP

_JOURNAL_COLUMNS = (
    "store_id",
    "workstation_no",
    "epoch_no",
    "seq",
    "entry_uuid",
    "kind",
    "business_day",
    "at_utc_ms",
    "received_utc_ms",
    "flags",
    "hash",
    "bytes",
)

_QUARANTINE_COLUMNS = (
    "store_id",
    "workstation_no",
    "epoch_no",
    "seq",
    "reason",
    "received_utc_ms",
)
_STEP = 40
"""Entries that are read, or booked, while the database stores those before them."""


class Source(msgspec.Struct, frozen=True):
    """The workstation that pushes, as its key proves."""

    store_id: str
    workstation_no: int
    workstation_uuid: str
    workstation_id: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive records of one epoch: (stated hash, bytes) from `first_seq` on."""

    epoch: str
    first_seq: int
    prev_hash: bytes
    records: Sequence[tuple[bytes, bytes]]
    final_seq: int | None = None
    app_version: str = ""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Committed. `quarantined` lists sequences of this batch that are kept as bytes only."""

    epoch: str
    acked_seq: int
    head_hash: bytes
    quarantined: tuple[int, ...] = ()
    new: int = 0


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """409: a gap (with the sequence wanted) or a fork (with the sequence that differs)."""

    error: str
    detail: str
    expected: int
    head_hash: bytes


class _Mark(msgspec.Struct):
    epoch_no: int
    acked_seq: int
    head_hash: bytes
    final_seq: int | None
    newest_no: int
    late: bool


class _Repeat(msgspec.Struct, frozen=True, gc=False):
    """An entry whose uuid is here already, under another place (R17): kept, booked once."""

    entry: ReadEntry


class Ingest:
    """The engine. Not thread-safe: one writer thread owns it."""

    def __init__(self, office: HeadOffice) -> None:
        """Work on an open head office."""
        self.office = office
        self.dialect = office.dialect
        self.auditor = audit.Auditor(office)
        self.goods_jobs = GoodsJobs(office)
        self._unfolded = 0

    def take(self, source: Source, batch: Batch) -> Accepted | Refused:
        """Take a batch in (R6). Raises only when the database fails: nothing is known (R7)."""
        dialect = self.dialect
        if self._unfolded >= projections.FOLD_AFTER_BATCHES:
            self.fold()
        errors = _refusals(dialect)
        try:
            with dialect.transaction():
                return self._take(source, batch, careful=False)
        except errors:
            # An entry_uuid that is here already (R17), or a value that no column takes: the same
            # batch again, with every record checked and tried on its own.
            self.auditor.forget()
            with dialect.transaction():
                return self._take(source, batch, careful=True)

    def fold(self) -> None:
        """Move the aggregates' deltas into their places; called in quiet moments."""
        if self._unfolded:
            self._unfolded = 0
            projections.fold(self.dialect)

    # ------------------------------------------------------------------ one batch

    def _take(self, source: Source, batch: Batch, *, careful: bool) -> Accepted | Refused:
        now_ms = self.office.clock_ms()
        mark = self._lock_mark(source, batch, now_ms)
        place = Place(source.store_id, source.workstation_no, mark.epoch_no)
        records = batch.records
        last_seq = batch.first_seq + len(records) - 1
        if batch.first_seq > mark.acked_seq + 1:
            self._touch(place, now_ms)
            return _gap(mark)
        known = min(mark.acked_seq, last_seq) - batch.first_seq + 1
        fork = self._differs(place, batch, mark, max(known, 0))
        if fork is not None:
            self._keep_fork(source, place, batch, fork, now_ms)
            return Refused(
                error=ERROR_FORK,
                detail=f"another entry {fork} of this epoch is already here",
                expected=fork,
                head_hash=mark.head_hash,
            )
        new = records[max(known, 0) :]
        booking: Booking | None = None
        quarantined: list[int] = []
        if new:
            booking, quarantined = self._insert(source, place, mark, new, now_ms, careful=careful)
            self._unfolded += 1
            mark.acked_seq = last_seq
            mark.head_hash = new[-1][0]
            if booking.goods_booked:
                self.goods_jobs.look_at(place.store_id)
        with self.dialect.pipelined():
            if booking is not None:
                if not careful:
                    projections.write_heads(self.dialect, booking)
                self._days_changed(place.store_id, booking, now_ms)
            self._move(place, mark, batch, now_ms)
        return Accepted(
            epoch=batch.epoch,
            acked_seq=mark.acked_seq,
            head_hash=mark.head_hash,
            quarantined=tuple(quarantined),
            new=len(new),
        )

    def _lock_mark(self, source: Source, batch: Batch, now_ms: int) -> _Mark:
        text = (
            "SELECT epoch_no, acked_seq, head_hash, final_seq, (SELECT MAX(n.epoch_no) "
            "FROM epoch n WHERE n.store_id = epoch.store_id "
            "AND n.workstation_no = epoch.workstation_no AND n.acked_seq > 0) FROM epoch "
            "WHERE store_id = ? AND workstation_no = ? AND epoch = ?" + self.dialect.for_update
        )
        key = (source.store_id, source.workstation_no, batch.epoch)
        row = self.dialect.one(text, key)
        if row is None:
            self.dialect.execute(
                "INSERT INTO epoch (store_id, workstation_no, epoch_no, epoch, acked_seq, "
                "head_hash, opened_utc_ms, last_seen_utc_ms) "
                "SELECT ?, ?, COALESCE(MAX(epoch_no), 0) + 1, ?, 0, ?, ?, ? FROM epoch "
                "WHERE store_id = ? AND workstation_no = ? ON CONFLICT DO NOTHING",
                (*key, GENESIS_HASH, now_ms, now_ms, *key[:2]),
            )
            row = self.dialect.one(text, key)
            if row is None:
                msg = "another connection opened this epoch; the same bytes will be taken"
                raise RuntimeError(msg)
        number, newest_no = int(row[0]), int(row[4] or 0)
        return _Mark(
            number, int(row[1]), bytes(row[2]), row[3], newest_no, late=number < newest_no
        )

    def _differs(self, place: Place, batch: Batch, mark: _Mark, known: int) -> int | None:
        """First sequence whose hash is not the one kept here, the join before it included."""
        start = batch.first_seq - 1
        if start == mark.acked_seq:
            return None if batch.prev_hash == mark.head_hash else batch.first_seq
        rows = self.dialect.query(
            "SELECT seq, hash FROM journal WHERE store_id = ? AND workstation_no = ? "
            "AND epoch_no = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (place.store_id, place.workstation_no, place.epoch_no, start, start + 1 + known),
        )
        kept = {int(seq): bytes(digest) for seq, digest in rows}
        kept[0] = GENESIS_HASH
        if kept.get(start) != batch.prev_hash:
            return batch.first_seq
        for offset in range(known):
            seq = batch.first_seq + offset
            if kept.get(seq) != batch.records[offset][0]:
                return seq
        return None

    def _insert(
        self,
        source: Source,
        place: Place,
        mark: _Mark,
        records: Sequence[tuple[bytes, bytes]],
        now_ms: int,
        *,
        careful: bool,
    ) -> tuple[Booking, list[int]]:
        booking = Booking(place, projections.part_lookup(self.dialect, place.store_id))
        first_seq = mark.acked_seq + 1
        late = "late" if mark.late else ""
        reading = _read(mark.head_hash, records)
        read: list[ReadEntry | str] = []
        outcomes: Sequence[ReadEntry | str | _Repeat]

        def rows(outcomes: Sequence[ReadEntry | str | _Repeat]) -> list[tuple[Any, ...]]:
            """Rows of `journal` for the entries just read."""
            start = len(read) - len(outcomes)
            return [
                _journal_row(place, first_seq + number, outcome, records[number], now_ms, late)
                for number, outcome in enumerate(outcomes, start)
            ]

        if careful:
            read += reading
            outcomes = self._booked_singly(place, booking, read, first_seq)
            self.dialect.copy_rows("journal", _JOURNAL_COLUMNS, rows(outcomes))
        else:
            with self.dialect.copying("journal", _JOURNAL_COLUMNS, binary=True) as copy:
                while step := list(islice(reading, _STEP)):
                    read += step
                    copy(rows(step))
            outcomes = read
            further = _book(booking, read, first_seq)
            next(further, None)  # the first step alone may ask the database for earlier parts
            projections.write(self.dialect, booking, further)
        quarantine = [
            (*_key(place), seq, outcome[:500], now_ms)
            for seq, outcome in enumerate(outcomes, first_seq)
            if isinstance(outcome, str)
        ]
        self.dialect.copy_rows("quarantine", _QUARANTINE_COLUMNS, quarantine)
        self._note_epoch(source, place, booking, now_ms)
        self._note_directives(place, booking, now_ms)
        self.auditor.record(source, mark, booking, read, quarantine, now_ms)
        return booking, [row[3] for row in quarantine]

    def _booked_singly(
        self, place: Place, booking: Booking, read: Sequence[ReadEntry | str], first_seq: int
    ) -> list[ReadEntry | str | _Repeat]:
        """What becomes of each entry when each is tried on its own."""
        repeated = self._repeated(place, read)
        outcomes: list[ReadEntry | str | _Repeat] = []
        for seq, entry in enumerate(read, first_seq):
            if isinstance(entry, str):
                outcomes.append(entry)
            elif entry.envelope.entry_uuid in repeated:
                outcomes.append(_Repeat(entry))
            else:
                outcomes.append(self._booked_alone(booking, entry, seq))
                repeated.add(entry.envelope.entry_uuid)
        return outcomes

    def _repeated(self, place: Place, read: Sequence[ReadEntry | str]) -> set[str]:
        uuids = [e.envelope.entry_uuid for e in read if isinstance(e, ReadEntry)]
        rows = self.dialect.rows_of_keys(
            "SELECT entry_uuid FROM journal WHERE store_id = ? AND entry_uuid IN ?",
            (place.store_id,),
            uuids,
        )
        return {str(uuid) for (uuid,) in rows}

    def _booked_alone(self, whole: Booking, entry: ReadEntry, seq: int) -> ReadEntry | str:
        """Book one entry in a savepoint; the answer is why the database does not take it."""
        single = whole.alone()
        try:
            with self.dialect.database.atomic():
                single.add(entry, seq)
                projections.write(self.dialect, single)
                projections.write_heads(self.dialect, single)
        except _refusals(self.dialect) as error:
            return f"the database does not take it: {error}"
        whole.absorb(single)
        return entry

    def _note_epoch(self, source: Source, place: Place, booking: Booking, now_ms: int) -> None:
        """What an epoch's first entry says of itself and of the one before (R2)."""
        body = booking.epoch_open
        if body is None:
            return
        self.dialect.execute(
            "UPDATE epoch SET reason = ? "
            "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (body.reason[:40], *_key(place)),
        )
        if body.previous_epoch and body.final_seq > 0:
            self.dialect.execute(
                "UPDATE epoch SET final_seq = ?, "
                "state = CASE WHEN acked_seq >= ? THEN 'retired' ELSE state END "
                "WHERE store_id = ? AND workstation_no = ? AND epoch = ? AND final_seq IS NULL",
                (
                    body.final_seq,
                    body.final_seq,
                    place.store_id,
                    place.workstation_no,
                    body.previous_epoch,
                ),
            )

        if body.reason == "rollover":
            self._check_seam(source, place, body, now_ms)

    def _check_seam(self, source: Source, place: Place, body: Any, now_ms: int) -> None:
        """R30: a journal's new file names the last hash of the one before it, which is held here."""
        rows = self.dialect.query(
            "SELECT j.hash FROM epoch e JOIN journal j ON j.store_id = e.store_id "
            "AND j.workstation_no = e.workstation_no AND j.epoch_no = e.epoch_no "
            "WHERE e.store_id = ? AND e.workstation_no = ? AND e.epoch = ? AND j.seq = ?",
            (place.store_id, place.workstation_no, body.previous_epoch, body.final_seq),
        )
        if [bytes(row[0]).hex() for row in rows] != [body.previous_hash]:
            self.auditor.alarm(
                source,
                "rollover_seam",
                f"{source.workstation_no}/{place.epoch_no}",
                f"the new file does not follow entry {body.final_seq} of the one before it",
                now_ms,
            )

    def _note_directives(self, place: Place, booking: Booking, now_ms: int) -> None:
        for directive_id in booking.directives_done:
            self.dialect.execute(
                "UPDATE directive SET done_utc_ms = ? WHERE store_id = ? AND directive_id = ? "
                "AND workstation_no = ? AND done_utc_ms = 0",
                (now_ms, place.store_id, directive_id, place.workstation_no),
            )

    def _move(self, place: Place, mark: _Mark, batch: Batch, now_ms: int) -> None:
        final = batch.final_seq if batch.final_seq is not None else mark.final_seq
        state = "retired" if final is not None and mark.acked_seq >= final else "open"
        self.dialect.execute(
            "UPDATE epoch SET acked_seq = ?, head_hash = ?, final_seq = ?, state = ?, "
            "last_seen_utc_ms = ? WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (mark.acked_seq, mark.head_hash, final, state, now_ms, *_key(place)),
        )

    def _touch(self, place: Place, now_ms: int) -> None:
        self.dialect.execute(
            "UPDATE epoch SET last_seen_utc_ms = ? "
            "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (now_ms, *_key(place)),
        )

    def _keep_fork(
        self, source: Source, place: Place, batch: Batch, from_seq: int, now_ms: int
    ) -> None:
        """R17: the first is kept; the other's bytes are stored and an alarm is raised."""
        offset = from_seq - batch.first_seq
        rows = [
            (*_key(place), batch.first_seq + i, stated, data, now_ms)
            for i, (stated, data) in enumerate(batch.records)
            if i >= offset
        ]
        self.dialect.insert_missing(
            "fork",
            ("store_id", "workstation_no", "epoch_no", "seq", "hash", "bytes", "received_utc_ms"),
            rows,
        )
        self._touch(place, now_ms)
        self.auditor.alarm(
            source,
            "fork",
            f"{source.workstation_no}/{place.epoch_no}",
            f"from entry {from_seq} on the till has another history",
            now_ms,
        )

    def _days_changed(self, store_id: str, booking: Booking, now_ms: int) -> None:
        self.dialect.upsert(
            "store_day",
            ("store_id", "business_day", "version", "changed_utc_ms"),
            [(store_id, day, 1, now_ms) for day in booking.changed_days()],
            "store_id, business_day",
            "version = store_day.version + 1, changed_utc_ms = excluded.changed_utc_ms",
        )


def _read(previous: bytes, records: Iterable[tuple[bytes, bytes]]) -> Iterator[ReadEntry | str]:
    """Verify and read records one by one; for a bad one the reason why (R9)."""
    for stated, data in records:
        if chain_hash(previous, data) == stated:
            yield read_entry(data)
        else:
            yield "its bytes do not give its stated hash"
        previous = stated  # the chain continues from the claimed hash (R9)


def _book(booking: Booking, read: Sequence[ReadEntry | str], first_seq: int) -> Iterator[None]:
    """Book in steps; when parts of long transactions are wanted, all in the first one."""
    whole = any(isinstance(entry, ReadEntry) and _has_parts(entry) for entry in read)
    for number, entry in enumerate(read):
        if isinstance(entry, ReadEntry):
            booking.add(entry, first_seq + number)
        if not whole and (number + 1) % _STEP == 0:
            yield


def _has_parts(entry: ReadEntry) -> bool:
    kinds = (EntryKind.TRANSACTION, EntryKind.GOODS_DOCUMENT)
    return entry.envelope.kind in kinds and bool(getattr(entry.body, "parts", ()))


def _journal_row(
    place: Place,
    seq: int,
    outcome: ReadEntry | str | _Repeat,
    record: tuple[bytes, bytes],
    now_ms: int,
    flags: str,
) -> tuple[Any, ...]:
    if isinstance(outcome, str):
        return (*_key(place), seq, None, "", "", 0, now_ms, "quarantined", *record)
    repeat = isinstance(outcome, _Repeat)
    entry = outcome.entry if isinstance(outcome, _Repeat) else outcome
    envelope = entry.envelope
    return (
        *_key(place),
        seq,
        None if repeat else envelope.entry_uuid,
        envelope.kind,
        envelope.business_day,
        envelope.at_utc_ms,
        now_ms,
        "repeat" if repeat else flags,
        *record,
    )


def durable_seq(accepted: Accepted) -> int:
    """What survives the loss of this machine: with one node, what is committed.

    On PostgreSQL with a synchronous standby COMMIT itself waits for it.
    """
    return accepted.acked_seq


def _gap(mark: _Mark) -> Refused:
    return Refused(
        error=ERROR_GAP,
        detail=f"entry {mark.acked_seq + 1} is wanted next",
        expected=mark.acked_seq + 1,
        head_hash=mark.head_hash,
    )


def _key(place: Place) -> tuple[str, int, int]:
    return place.store_id, place.workstation_no, place.epoch_no


def _refusals(dialect: Dialect) -> tuple[type[Exception], ...]:
    """What the database raises about a value or a key, as opposed to its own trouble."""
    return (*dialect.integrity_errors, *dialect.data_errors, OverflowError)
