"""What the till has written and head office does not hold yet: the journal, read only (R2, R26).

Unsent is derived: every entry whose sequence is above the acknowledged one. Nothing is marked,
copied or queued, so nothing can be forgotten. Each method is one short read transaction that has
ended when it returns; the network is never waited for inside one.

The journal is one file or, after rollovers, several (R30): epochs of all of them are told, and an
entry is read from the file that has its epoch. Usually everything in a closed file is acknowledged;
after head office was restored from a backup it may be wanted again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pos.domain.journal import GENESIS_HASH, EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import EpochOpen
from pos.store.errors import N_, CorruptStore, StoreUnavailable
from pos.store.journal_files import (
    JournalConnection,
    connect_journal,
    files_of,
    journal_files,
    successor_in,
)
from sync.protocol import DayFigures

_FIGURES = """
SELECT count(DISTINCT l.entry_id), count(*),
       coalesce(sum(CASE WHEN l.kind <> 'adjust' THEN l.amount_minor ELSE 0 END), 0)
FROM txn t JOIN txn_line l ON l.entry_id = t.entry_id WHERE t.business_day = ?"""


class EpochHead(msgspec.Struct, frozen=True, kw_only=True):
    """One life of the journal, as far as head office shall have it (R2)."""

    epoch_no: int
    epoch: str
    max_seq: int
    """Its last entry; in an epoch that was left because of a fork, the last one agreed upon."""

    final: bool
    """No entry will be added: a later epoch was opened."""

    forked: bool = False
    """Entries above `max_seq` were appended again in a later epoch (R17)."""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive entries of one epoch: (stored hash, bytes) from `first_seq` on."""

    epoch: str
    first_seq: int
    prev_hash: bytes
    records: tuple[tuple[bytes, bytes], ...]
    final_seq: int | None = None

    @property
    def last_seq(self) -> int:
        """Sequence of the last entry."""
        return self.first_seq + len(self.records) - 1


class Unsent(msgspec.Struct, frozen=True):
    """How much waits, and since when."""

    count: int = 0
    oldest_utc_ms: int | None = None


class DayState(msgspec.Struct, frozen=True, kw_only=True):
    """What a heartbeat says of the till's day (R10)."""

    business_day: str = ""
    state: str = ""
    open_day: DayFigures | None = None
    last_z: DayFigures | None = None
    catalogue_version: int = 0


class Outbox:
    """Reader of one home's journal. The file may appear later, or be replaced by a restore."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.generation = 0
        """Counts the sets of files that lay here: another came by a rollover or a restore."""

        self._connection: JournalConnection | None = None
        self._files: tuple[Path, ...] = ()
        self._identity: tuple[tuple[int, int], ...] | None = None
        self._data_version = -1
        self._places: dict[int, sqlite3.Connection] = {}
        self._closed: dict[int, int] = {}
        self._openings: dict[int, EpochOpen] = {}
        self._days: tuple[object, DayState] | None = None

    # --------------------------------------------------------------------------- the journal

    def epochs(self) -> list[EpochHead]:
        """Every epoch that has an entry, oldest first; empty while there is no journal."""
        with self._reading() as connection:
            return [] if connection is None else self._epochs(connection)

    def batch(
        self, head: EpochHead, after_seq: int, *, max_entries: int, max_bytes: int
    ) -> Batch | None:
        """Entries after `after_seq`, at least one, at most so many and so large; None at the end.

        Raises CorruptStore when the next entry is missing: someone deleted it by hand.
        """
        with self._reading() as connection:
            if connection is None:
                return None
            file = self._file_of(connection, head.epoch_no)
            prev_hash = self._hash_at(file, head.epoch_no, after_seq)
            records: list[tuple[bytes, bytes]] = []
            size = 0
            rows = file.execute(
                "SELECT seq, hash, bytes FROM journal_entry "
                "WHERE epoch_no = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?",
                (head.epoch_no, after_seq, head.max_seq, max_entries),
            )
            expected = after_seq + 1
            for seq, digest, data in rows:
                if seq != expected or prev_hash is None:
                    break
                size += len(data) + 128
                if records and size > max_bytes:
                    break
                records.append((digest, data))
                expected += 1
            rows.close()
            if not records:
                if after_seq >= head.max_seq:
                    return None
                raise CorruptStore(
                    N_("Journal entry {seq} of epoch {epoch} is missing."),
                    seq=after_seq if prev_hash is None else expected,
                    epoch=head.epoch,
                )
        return Batch(
            epoch=head.epoch,
            first_seq=after_seq + 1,
            prev_hash=prev_hash or GENESIS_HASH,
            records=tuple(records),
            final_seq=head.max_seq if head.final else None,
        )

    def hash_at(self, head: EpochHead, seq: int) -> bytes | None:
        """Chain hash of an entry, genesis at 0; None where this journal has no entry."""
        with self._reading() as connection:
            if connection is None:
                return None
            return self._hash_at(self._file_of(connection, head.epoch_no), head.epoch_no, seq)

    def last_seq(self, head: EpochHead) -> int:
        """Last entry of an epoch, those left behind by a fork included."""
        with self._reading() as connection:
            if connection is None:
                return 0
            return self._last_seq(self._file_of(connection, head.epoch_no), head.epoch_no)

    def unsent(self, acked: Mapping[str, int]) -> Unsent:
        """Count the entries above what is acknowledged, and find the oldest one's time."""
        count = 0
        oldest: int | None = None
        with self._reading() as connection:
            for head in [] if connection is None else self._epochs(connection):
                done = acked.get(head.epoch, 0)
                if connection is None or done >= head.max_seq:
                    continue
                count += head.max_seq - done
                if oldest is None:
                    row = (
                        self._file_of(connection, head.epoch_no)
                        .execute(
                            "SELECT at_utc_ms FROM journal_entry WHERE epoch_no = ? AND seq = ?",
                            (head.epoch_no, done + 1),
                        )
                        .fetchone()
                    )
                    oldest = None if row is None else int(row[0])
        return Unsent(count, oldest)

    # ----------------------------------------------------------------------------- the day

    def day_state(self) -> DayState:
        """The open day's figures and the last Z; nothing while the till has no projections."""
        with self._reading() as connection:
            if connection is None:
                return DayState()
            try:
                mark = connection.execute("SELECT max(entry_id) FROM journal_entry").fetchone()
                if self._days is None or self._days[0] != mark:
                    self._days = (mark, self._read_days(connection))
            except sqlite3.OperationalError:
                return DayState()
            return self._days[1]

    @staticmethod
    def _read_days(connection: sqlite3.Connection) -> DayState:
        def figures(file: sqlite3.Connection, day: str, z_no: int) -> DayFigures:
            transactions, lines, net = file.execute(_FIGURES, (day,)).fetchone()
            return DayFigures(
                business_day=day, transactions=transactions, lines=lines, net_minor=net, z_no=z_no
            )

        opened = connection.execute(
            "SELECT business_day FROM business_day WHERE state = 'open' "
            "ORDER BY business_day DESC LIMIT 1"
        ).fetchone()
        closed = None
        for file in files_of(connection):
            closed = file.execute(
                "SELECT business_day, z_no FROM business_day WHERE closed_entry_id IS NOT NULL "
                "ORDER BY closed_entry_id DESC LIMIT 1"
            ).fetchone()
            if closed is not None:
                break
        state = connection.execute("SELECT catalogue_version FROM till_state").fetchone()
        return DayState(
            business_day=opened[0] if opened else closed[0] if closed else "",
            state="open" if opened else "closed" if closed else "",
            open_day=figures(connection, opened[0], 0) if opened else None,
            last_z=figures(file, closed[0], closed[1] or 0) if closed else None,
            catalogue_version=int(state[0]) if state else 0,
        )

    # ---------------------------------------------------------------------------- the file

    def changed(self) -> bool:
        """Whether anything was committed since the last call: the doorbell, a few microseconds."""
        connection = self._open()
        if connection is None:
            return False
        version = int(connection.execute("PRAGMA data_version").fetchone()[0])
        before, self._data_version = self._data_version, version
        return version != before

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is not None and (
            # A restore put other files here, and the old ones would be read for ever; or the till
            # has gone on in a new file.
            _identity(self._files) != self._identity or successor_in(self._connection)
        ):
            self.close()
        if self._connection is None:
            self._files = journal_files(self.home)
            found = _identity(self._files)
            if found is None:
                return None
            *earlier, live = self._files
            self._connection = connect_journal(live, tuple(earlier), readonly=True, cache_kib=2048)
            self.generation += found != self._identity
            self._identity = found
            self._data_version = -1
            self._places.clear()
            self._closed.clear()
            self._openings.clear()
            self._days = None
        return self._connection

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """One read transaction, ended on the way out; None while there is no journal."""
        connection = self._open()
        if connection is None:
            yield None
            return
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                self.close()
            raise StoreUnavailable(
                N_("{path} cannot be read: {reason}."), path=self._files[-1], reason=error
            ) from error

    def _epochs(self, connection: sqlite3.Connection) -> list[EpochHead]:
        rows = [
            (*row, file)
            for file in files_of(connection)
            for row in file.execute(
                "SELECT epoch_no, epoch_id, reason FROM epoch ORDER BY epoch_no DESC"
            )
        ][::-1]
        agreed: dict[str, int] = {}
        for epoch_no, _, reason, file in rows:
            if reason == "fork":
                opening = self._opening(file, epoch_no)
                before = agreed.get(opening.previous_epoch, opening.previous_seq)
                agreed[opening.previous_epoch] = min(before, opening.previous_seq)
        heads = []
        for position, (epoch_no, epoch, _, file) in enumerate(rows):
            final = position < len(rows) - 1
            last = self._closed.get(epoch_no)
            if last is None:
                last = self._last_seq(file, epoch_no)
                if final:
                    self._closed[epoch_no] = last
            heads.append(
                EpochHead(
                    epoch_no=epoch_no,
                    epoch=epoch,
                    max_seq=min(last, agreed.get(epoch, last)),
                    final=final,
                    forked=epoch in agreed,
                )
            )
        return [head for head in heads if head.max_seq > 0 or head.forked]

    def _file_of(self, connection: sqlite3.Connection, epoch_no: int) -> sqlite3.Connection:
        """The file that has an epoch; the live one when none has."""
        place = self._places.get(epoch_no)
        if place is None:
            known = "SELECT 1 FROM epoch WHERE epoch_no = ?"
            files = (f for f in files_of(connection) if f.execute(known, (epoch_no,)).fetchone())
            place = self._places[epoch_no] = next(files, connection)
        return place

    def _opening(self, connection: sqlite3.Connection, epoch_no: int) -> EpochOpen:
        known = self._openings.get(epoch_no)
        if known is not None:
            return known
        row = connection.execute(
            "SELECT bytes FROM journal_entry WHERE epoch_no = ? AND seq = 1 AND kind = ?",
            (epoch_no, EntryKind.EPOCH_OPEN),
        ).fetchone()
        entry = Unreadable("missing") if row is None else decode_entry(row[0])
        body = None if isinstance(entry, Unreadable) else entry.body
        opening = body if isinstance(body, EpochOpen) else EpochOpen(reason="")
        self._openings[epoch_no] = opening
        return opening

    @staticmethod
    def _last_seq(connection: sqlite3.Connection, epoch_no: int) -> int:
        row = connection.execute(
            "SELECT max(seq) FROM journal_entry WHERE epoch_no = ?", (epoch_no,)
        ).fetchone()
        return int(row[0] or 0)

    @staticmethod
    def _hash_at(connection: sqlite3.Connection, epoch_no: int, seq: int) -> bytes | None:
        if seq == 0:
            return GENESIS_HASH
        row = connection.execute(
            "SELECT hash FROM journal_entry WHERE epoch_no = ? AND seq = ?", (epoch_no, seq)
        ).fetchone()
        return None if row is None else bytes(row[0])


def _identity(files: tuple[Path, ...]) -> tuple[tuple[int, int], ...] | None:
    """Which files lie at these paths; None when one of them is missing."""
    try:
        return tuple((found.st_dev, found.st_ino) for found in (path.stat() for path in files))
    except FileNotFoundError:
        return None
