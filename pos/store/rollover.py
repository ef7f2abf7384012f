"""The yearly rollover: the journal goes on in a new file, under a new epoch (R30).

Nothing is pruned and nothing is renamed. The file that was written is closed and stays where it
lies, readable for ever; the next one is made beside it, under its own name. What decides which of
the two is written is one row in the old file, and that row is committed last:

1. under the till's lock, inside the write transaction on the old file, everything is checked: no
   day, shift or sale is open, and what the file holds is safe elsewhere;
2. the new file is made whole: schema, `epoch_open` that names the old epoch and its head hash, the
   figures that go on (`carried_forward` entries, so that they are in the chain and rebuild), and
   the rows that are no figures (parked sales, print jobs without an outcome, lock-outs, used
   approvals);
3. it is read back and compared with the old one, checkpointed, closed, and synced with its folder;
4. the old file's transaction writes the new one's name and a trigger that refuses further entries,
   and commits. SQLite makes that one step: before it the old file is live and the new one a draft
   that nobody knows; after it the new one is live and the old one cannot be written, not even by an
   older program. There is no moment with two live files, or with none.

A kill before the commit leaves a draft, which the next attempt removes and makes again. A commit in
doubt is decided like any other (R15): the job looks first whether the row is there.

Safe elsewhere means, with a head office: every epoch of the file acknowledged by hash and durable
(R6). A lone till: a verified full backup, with its increments, that reaches the last Z. What came
after it are sign-ons, which stay in the closed file and go into the next full backup with it.
What stock adds up to goes on as balances and values, folded to the last entry before the file is
closed; history reads an item's older movements where they are.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import peewee

from pos.domain.journal import EntryKind, Unreadable, decode_entry, encode_body
from pos.domain.journal.bodies import CarriedForward, EpochOpen
from pos.store import projections, stock_ledger
from pos.store.connection import connect_raw
from pos.store.errors import N_, CorruptStore, StoreError
from pos.store.goods_models import CountDraftScan, GoodsDraft, GoodsDraftLine
from pos.store.journal import JournalStore
from pos.store.journal_files import SUCCESSOR, successor_in
from pos.store.migrate import migrate
from pos.store.migrations import JOURNAL
from pos.store.models import ApprovalUsed, LocalMeta, Lockout, insert_sql
from pos.store.reference_values import AckRow
from pos.store.sale_models import OpenSaleLine, OpenSaleRow, OpenSaleTender, PrintJob
from pos.store.verification import differing_projections
from pos.store.writing import Head, WriteTransaction

Progress = Callable[[str], None]

WHERE: dict[str, str] = {
    "tender_decision": "state = 'undecided'",
    "stock_balance": "quantity_milli <> 0",
}
"""Of a carried projection only these rows go on; what is settled stays where it is."""

WORKING: tuple[tuple[type[peewee.Model], str], ...] = (
    (OpenSaleRow, "1"),
    (OpenSaleLine, "1"),
    (OpenSaleTender, "1"),
    (PrintJob, "state NOT IN ('PRINTED', 'CANCELLED', 'OFF')"),
    (Lockout, "1"),
    (ApprovalUsed, "1"),
    (LocalMeta, f"key <> '{SUCCESSOR}'"),
    (GoodsDraft, "1"),
    (GoodsDraftLine, "1"),
    (CountDraftScan, "1"),
)
"""Tables that are no projections, and which of their rows go on."""

_BEGINNINGS = (EntryKind.EPOCH_OPEN.value, EntryKind.CARRIED_FORWARD.value)
_CHUNK_ROWS = 500
_CHUNK_BYTES = 96 * 1024

_CLOSED = """
CREATE TRIGGER {table}_closed BEFORE INSERT ON {table}
BEGIN SELECT RAISE(ABORT, 'this file is closed: the journal goes on in its successor'); END"""


class Obstacle(msgspec.Struct, frozen=True, kw_only=True):
    """Why the journal cannot go on in a new file now."""

    code: str
    """day_open, sale_open, nothing_closed, not_acknowledged, not_durable or not_backed_up."""

    template: str
    """English sentence to be translated, with `{names}` of `values`."""

    values: dict[str, str] = {}

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, in the language of `translate`."""
        return translate(self.template).format_map(self.values)


class RolloverNotNow(StoreError):
    """The conditions of a rollover do not hold; nothing was done."""

    default_hint = N_("The till goes on in the file it has; try again after the next Z.")

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        first = obstacles[0]
        super().__init__(first.template, **first.values)
        self.obstacles = tuple(obstacles)


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What is known to be safe elsewhere."""

    acked: Mapping[str, AckRow] | None = None
    """By epoch, what head office has; None at a lone till."""

    backups: tuple[tuple[int, str], ...] = ()
    """At a lone till: entry id and hash (hex) that each verified backup ends with."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a rollover would do."""

    closes: Path
    entries: int
    epoch: str
    final_seq: int
    head_hash: str
    carried: dict[str, int]
    """Table → rows that go on."""

    obstacles: tuple[Obstacle, ...]


class RolledOver(msgspec.Struct, frozen=True, kw_only=True):
    """The journal goes on in another file."""

    closed: Path
    opened: Path
    previous_epoch: str
    final_seq: int


def plan(connection: sqlite3.Connection, path: Path, standing: Standing) -> Plan:
    """What a rollover of the live file at `path` would close and carry, and what is in its way.

    Reads only.
    """
    epoch_no, epoch = connection.execute(
        "SELECT epoch_no, epoch_id FROM epoch ORDER BY epoch_no DESC LIMIT 1"
    ).fetchone()
    final_seq, head_hash = connection.execute(
        "SELECT seq, hash FROM journal_entry WHERE epoch_no = ? ORDER BY seq DESC LIMIT 1",
        (epoch_no,),
    ).fetchone()
    carried = {table: WHERE.get(table, "1") for table in projections.CARRIED}
    carried |= {_name(model): where for model, where in WORKING}
    return Plan(
        closes=path,
        entries=connection.execute("SELECT count(*) FROM journal_entry").fetchone()[0],
        epoch=epoch,
        final_seq=final_seq,
        head_hash=bytes(head_hash).hex(),
        carried={
            table: connection.execute(f"SELECT count(*) FROM {table} WHERE {where}").fetchone()[0]
            for table, where in carried.items()
        },
        obstacles=tuple(obstacles(connection, standing)),
    )


def obstacles(connection: sqlite3.Connection, standing: Standing) -> Iterator[Obstacle]:
    """Everything that is in the way of closing the live file, cheapest first."""
    day, shift_no = connection.execute(
        "SELECT business_day, shift_no FROM till_state WHERE id = 1"
    ).fetchone()
    if day or shift_no:
        yield Obstacle(
            code="day_open",
            template=N_("Business day {day} is open: close it first."),
            values={"day": day},
        )
    left = connection.execute("SELECT count(*) FROM open_sale WHERE state = 'open'").fetchone()[0]
    if left:
        yield Obstacle(
            code="sale_open", template=N_("A sale is open: finish, park or cancel it first.")
        )
    closed = connection.execute("SELECT max(closed_entry_id) FROM business_day").fetchone()[0]
    if closed is None:
        yield Obstacle(
            code="nothing_closed", template=N_("No business day was closed in this file yet.")
        )
    if standing.acked is not None:
        yield from _unsafe_epochs(connection, standing.acked)
    elif closed is not None and _backed_up(connection, standing.backups) < closed:
        yield Obstacle(
            code="not_backed_up",
            template=N_("No verified full backup reaches the last Z: run `pos backup`."),
        )


def roll_over(
    store: JournalStore, standing: Standing, year: str, progress: Progress | None = None
) -> RolledOver:
    """Close the live file and go on in `journal-<year>.db`; returns when the new one is live.

    `progress` is told the name of each step as it begins. Raises RolloverNotNow when a condition
    does not hold, StoreError when the new file could not be made: the old one is live then.
    """
    home, closed = store.path.parent, store.path
    told = progress if progress is not None else _nobody

    def job(txn: WriteTransaction) -> RolledOver:
        previous, final_seq = txn.head.epoch_id, txn.head.seq
        name = successor_in(txn.connection)  # there already when a commit was in doubt
        if not name:
            found = list(obstacles(txn.connection, standing))
            if found:
                raise RolloverNotNow(found)
            told("draft")
            stock_ledger.fold_all(txn.connection)
            name = _free_name(home, year)
            _make(store, txn, home / name, told)
            told("close")
            _close(txn.connection, name)
        told("commit")
        txn.successor = name
        return RolledOver(
            closed=closed, opened=home / name, previous_epoch=previous, final_seq=final_seq
        )

    return store.run(job)


def _nobody(_step: str) -> None:
    pass


# ------------------------------------------------------------------------------ conditions


def _unsafe_epochs(
    connection: sqlite3.Connection, acked: Mapping[str, AckRow]
) -> Iterator[Obstacle]:
    agreed = _agreed(connection)
    for epoch_no, epoch in connection.execute(
        "SELECT epoch_no, epoch_id FROM epoch ORDER BY epoch_no"
    ).fetchall():
        last = connection.execute(
            "SELECT coalesce(max(seq), 0) FROM journal_entry WHERE epoch_no = ?", (epoch_no,)
        ).fetchone()[0]
        needed = min(last, agreed.get(epoch, last))
        row = acked.get(epoch)
        have = row.acked_seq if row is not None else 0
        if have < needed or (row and have <= last and not _same(connection, epoch_no, row)):
            yield Obstacle(
                code="not_acknowledged",
                template=N_("Head office has not acknowledged {count} entries yet."),
                values={"count": str(max(needed - have, 1))},
            )
        elif row is not None and row.durable_seq < needed:
            yield Obstacle(
                code="not_durable",
                template=N_("Head office holds {count} entries on one machine only."),
                values={"count": str(needed - row.durable_seq)},
            )


def _same(connection: sqlite3.Connection, epoch_no: int, row: AckRow) -> bool:
    """Whether head office's hash at the acknowledged entry is ours (R7)."""
    own = connection.execute(
        "SELECT hash FROM journal_entry WHERE epoch_no = ? AND seq = ?", (epoch_no, row.acked_seq)
    ).fetchone()
    return own is None or bytes(own[0]).hex() == row.head_hash


def _agreed(connection: sqlite3.Connection) -> dict[str, int]:
    """Epochs that were left because of a fork: what lies above went up again elsewhere (R17)."""
    agreed: dict[str, int] = {}
    for (entry_bytes,) in connection.execute(
        "SELECT j.bytes FROM epoch e JOIN journal_entry j "
        "ON j.epoch_no = e.epoch_no AND j.seq = 1 WHERE e.reason = 'fork'"
    ):
        entry = decode_entry(entry_bytes)
        if not isinstance(entry, Unreadable) and isinstance(entry.body, EpochOpen):
            body = entry.body
            before = agreed.get(body.previous_epoch, body.previous_seq)
            agreed[body.previous_epoch] = min(before, body.previous_seq)
    return agreed


def _backed_up(connection: sqlite3.Connection, backups: Sequence[tuple[int, str]]) -> int:
    """Entry id up to which a backup has this very journal."""
    reached = 0
    for entry_id, digest in backups:
        row = connection.execute(
            "SELECT hash FROM journal_entry WHERE entry_id = ?", (entry_id,)
        ).fetchone()
        if row is not None and bytes(row[0]).hex() == digest:
            reached = max(reached, entry_id)
    return reached


# ---------------------------------------------------------------------------- the new file


def _free_name(home: Path, year: str) -> str:
    """A name that no file has, after removing the draft of an attempt that was cut off."""
    for number in count(1):
        name = f"journal-{year}.db" if number == 1 else f"journal-{year}-{number}.db"
        path = home / name
        if not path.exists() or _is_draft(path):
            # The database first: what a kill leaves of its side files goes at the next attempt,
            # before another database could take them for its own.
            for beside in (name, f"{name}-journal", f"{name}-wal", f"{name}-shm"):
                (home / beside).unlink(missing_ok=True)
            return name
    raise AssertionError


def _is_draft(path: Path) -> bool:
    """Whether nothing was ever traded in a file: only then may it be removed."""
    if path.stat().st_size == 0 or path.with_name(f"{path.name}-journal").exists():
        return True  # a rollback journal: it was still on its way to being a WAL database
    try:
        with closing(connect_raw(path, readonly=True)) as connection:
            tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'journal_entry'"
            if not connection.execute(tables).fetchone()[0]:
                return True
            other = "SELECT 1 FROM journal_entry WHERE kind NOT IN (?, ?) LIMIT 1"
            traded = connection.execute(other, _BEGINNINGS).fetchone()
            return traded is None and not successor_in(connection)
    except (StoreError, sqlite3.Error):
        return False  # whatever it is, it is not ours to remove


def _make(store: JournalStore, txn: WriteTransaction, path: Path, progress: Progress) -> None:
    """The new file, whole and synced; nobody knows it yet."""
    source, head = txn.connection, txn.head
    migrate(path, JOURNAL, backup_dir=path.parent / "backups", app_version=store.app_version)
    progress("carry")
    opening = EpochOpen(
        reason="rollover",
        previous_epoch=head.epoch_id,
        previous_seq=head.seq,
        final_seq=head.seq,
        previous_hash=head.hash.hex(),
    )
    with closing(connect_raw(path)) as new:
        new.execute("BEGIN IMMEDIATE")
        new.execute(projections.FIRST_STATE)
        beginning = WriteTransaction(store, new, head)
        beginning.open_epoch(opening)
        for body in _carried(source):
            beginning.append(EntryKind.CARRIED_FORWARD, body)
        for model, where in WORKING:
            new.executemany(insert_sql(model), _rows(source, model, where))
        new.execute("COMMIT")
        progress("verify")
        _verify(source, new, path, head)
        progress("sync")
        new.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _carried(source: sqlite3.Connection) -> Iterator[CarriedForward]:
    """Figures that go on, as entries of bounded size (R4)."""
    for table, model in projections.CARRIED.items():
        columns = _columns(model)
        rows: list[tuple[Any, ...]] = []
        size = 0
        for row in _rows(source, model, WHERE.get(table, "1")):
            size += len(encode_body(CarriedForward(table="", columns=(), rows=(row,))))
            if rows and (size > _CHUNK_BYTES or len(rows) == _CHUNK_ROWS):
                yield CarriedForward(table=table, columns=columns, rows=tuple(rows))
                rows, size = [], 0
            rows.append(row)
        if rows:
            yield CarriedForward(table=table, columns=columns, rows=tuple(rows))


def _verify(source: sqlite3.Connection, new: sqlite3.Connection, path: Path, head: Head) -> None:
    """What the new file begins with is what the old one ends with, and rebuilds to it."""
    carried = [(m, WHERE.get(t, "1")) for t, m in projections.CARRIED.items()]
    differing = [
        _name(model)
        for model, where in (*carried, *WORKING)
        if list(_rows(source, model, where)) != list(_rows(new, model, "1"))
    ]
    differing += differing_projections(new)
    verdict = new.execute("PRAGMA integrity_check").fetchone()[0]
    first = new.execute("SELECT bytes FROM journal_entry ORDER BY entry_id LIMIT 1").fetchone()
    entry = Unreadable("missing") if first is None else decode_entry(first[0])
    named = "" if isinstance(entry, Unreadable) else getattr(entry.body, "previous_hash", "")
    if differing or verdict != "ok" or named != head.hash.hex():
        raise CorruptStore(
            N_("{path} did not come out as it was to be: {reason}."),
            path=path,
            reason=", ".join(differing) or (verdict if verdict != "ok" else "epoch_open"),
        )


def _close(connection: sqlite3.Connection, name: str) -> None:
    """Name the successor and refuse further entries: both or neither, by the commit that follows."""
    connection.execute("INSERT INTO local_meta VALUES (?, ?)", (SUCCESSOR, name))
    for table in ("journal_entry", "epoch"):
        connection.execute(_CLOSED.format(table=table))


def _rows(
    connection: sqlite3.Connection, model: type[peewee.Model], where: str
) -> Iterator[tuple[Any, ...]]:
    keys = model._meta.get_primary_keys()  # type: ignore[no-untyped-call]  # noqa: SLF001
    order = ", ".join(field.column_name for field in keys)
    yield from connection.execute(
        f"SELECT {', '.join(_columns(model))} FROM {_name(model)} WHERE {where} ORDER BY {order}"
    )


def _columns(model: type[peewee.Model]) -> tuple[str, ...]:
    return tuple(field.column_name for field in model._meta.sorted_fields)  # noqa: SLF001


def _name(model: type[peewee.Model]) -> str:
    return str(model._meta.table_name)  # noqa: SLF001 - peewee's own way to its metadata
