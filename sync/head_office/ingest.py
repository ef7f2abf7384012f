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

from pos.domain.journal import EntryKind, chain_hash
from sync.head_office import audit, projections
from sync.head_office.batches import Accepted, Batch, Refused, Source
from sync.head_office.booking import Booking
from sync.head_office.booking_values import Place
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.entries import ReadEntry, read_entry
from sync.head_office.epochs import Epochs, Mark, gap
from sync.head_office.goods_jobs import GoodsJobs
from sync.protocol import ERROR_FORK

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
"""Entries that are read, or booked, while the database stores those before them.

Few, because it stands idle until the first of them are there; fewer still cost more round trips
than they save (12: 1.63 times the baseline at batches of 50, 40: 1.52).
"""


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
        self.epochs = Epochs(self.dialect, self.auditor)
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
        mark = self.epochs.lock_mark(source, batch, now_ms)
        place = Place(source.store_id, source.workstation_no, mark.epoch_no)
        records = batch.records
        last_seq = batch.first_seq + len(records) - 1
        if batch.first_seq > mark.acked_seq + 1:
            self.epochs.touch(place, now_ms)
            return gap(mark)
        known = min(mark.acked_seq, last_seq) - batch.first_seq + 1
        fork = self.epochs.first_difference(place, batch, mark, max(known, 0))
        if fork is not None:
            self.epochs.keep_fork(source, place, batch, fork, now_ms)
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
            self.epochs.move(place, mark, batch, now_ms)
        return Accepted(
            epoch=batch.epoch,
            acked_seq=mark.acked_seq,
            head_hash=mark.head_hash,
            quarantined=tuple(quarantined),
            new=len(new),
        )

    def _insert(
        self,
        source: Source,
        place: Place,
        mark: Mark,
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
                whole = any(isinstance(entry, ReadEntry) and _has_parts(entry) for entry in read)
                further = _book(booking, read, first_seq, whole=whole)
                if not whole:
                    next(further, None)  # while the database stores the last of them
            outcomes = read
            if whole:
                next(further, None)  # asks the database for earlier parts
            projections.write(self.dialect, booking, further)
        quarantine = [
            (*place.key, seq, outcome[:500], now_ms)
            for seq, outcome in enumerate(outcomes, first_seq)
            if isinstance(outcome, str)
        ]
        self.dialect.copy_rows("quarantine", _QUARANTINE_COLUMNS, quarantine)
        self.epochs.note_opening(source, place, booking, now_ms)
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

    def _note_directives(self, place: Place, booking: Booking, now_ms: int) -> None:
        for directive_id in booking.directives_done:
            self.dialect.execute(
                "UPDATE directive SET done_utc_ms = ? WHERE store_id = ? AND directive_id = ? "
                "AND workstation_no = ? AND done_utc_ms = 0",
                (now_ms, place.store_id, directive_id, place.workstation_no),
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


def _book(
    booking: Booking, read: Sequence[ReadEntry | str], first_seq: int, *, whole: bool
) -> Iterator[None]:
    """Book in steps; `whole`, when parts of long transactions are wanted, all in the first one."""
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
        return (*place.key, seq, None, "", "", 0, now_ms, "quarantined", *record)
    repeat = isinstance(outcome, _Repeat)
    entry = outcome.entry if isinstance(outcome, _Repeat) else outcome
    envelope = entry.envelope
    return (
        *place.key,
        seq,
        None if repeat else envelope.entry_uuid,
        envelope.kind,
        envelope.business_day,
        envelope.at_utc_ms,
        now_ms,
        "repeat" if repeat else flags,
        *record,
    )


def _refusals(dialect: Dialect) -> tuple[type[Exception], ...]:
    """What the database raises about a value or a key, as opposed to its own trouble."""
    return (*dialect.integrity_errors, *dialect.data_errors, OverflowError)
