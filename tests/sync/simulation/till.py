"""A simulated till: the shipped journal store, uploader engine, outbox and inbox on real files.

Only time, dice and wires are simulated. The journal's jobs run on the caller's thread, so that a
seed decides in which order things happen.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import Note
from pos.domain.journal.shift_bodies import DayClose, DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import Totals
from pos.domain.tender import Tender
from pos.services.directives import act_on_directives
from pos.store import rollover
from pos.store.errors import StoreError
from pos.store.journal import Identity as JournalIdentity
from pos.store.journal import JournalStore, WriteTransaction
from pos.store.journal_files import files_of
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from pos.store.write_jobs import Job
from sync.engine import Engine
from sync.exchange import Answer, Identity, Idle, Lost, Pace, Request, RequestKind
from sync.head_office.auth import Auth
from sync.inbox import INCARNATION, SNAPSHOT_WANTED, Inbox
from sync.outbox import Outbox
from tests.sync.simulation.faults import Fuse, SimulatedKill
from tests.sync.simulation.template import STORE, enrol, uuid_of

if TYPE_CHECKING:
    from tests.sync.simulation.world import World

T = TypeVar("T")
_JOURNALS = ("journal*.db", "journal*.db-wal")
_FILES = (*_JOURNALS, "reference.db", "reference.db-wal", "restore.json")
_ITEMS = ("A", "B", "苹果")
_TENDERS = ("cash", "wechat")


class InlineJournal(JournalStore):
    """The journal store without its thread."""

    def submit(self, job: Callable[[WriteTransaction], T], *, together: bool = False) -> Future[T]:
        """Run the job now."""
        future: Future[T] = Future()
        self._run_job(Job(job, future))
        return future

    def _work(self) -> None:
        """Nothing: jobs run where they are submitted."""


class SimulatedClock:
    """A till's own clock: not head office's, and not quite running as fast."""

    def __init__(self, world: World, offset_ms: int) -> None:
        self.head_office_offset_ms: int | None = None
        self._world = world
        self._offset_ms = offset_ms

    def utc_ms(self) -> int:
        """The till's idea of the time."""
        return self._world.now_ms + self._offset_ms

    def monotonic_ms(self) -> int:
        """Time that never steps."""
        return self._world.now_ms - self._world.started_ms

    def utc_offset_minutes(self) -> int:
        """China."""
        return 480

    def local_iso(self) -> str:
        """Not looked at by anything here."""
        return "2026-11-21T10:00:00"


class Till:
    """One till: its home, its two processes, and what may befall them."""

    def __init__(self, world: World, name: str, number: int, home: Path, machine: str) -> None:
        self.world = world
        self.name = name
        self.number = number
        self.home = home
        self.machine = machine
        self.clock = SimulatedClock(world, world.random.randrange(-90_000, 90_000))
        self.fuse = Fuse()
        self.journal: InlineJournal | None = None
        self.engine: Engine | None = None
        self.outbox: Outbox
        self.inbox: Inbox
        self.writer: ReferenceWriter
        self.fragile = True
        """Whether it may be restored or cloned; a till with a damaged entry stays as it is."""

        self.day = 0
        self.number_of_day = 0
        self.in_flight = 0
        self._flights = 0
        self._wake_at_ms: int | None = None
        self._backups: list[Path] = []
        self.open_journal()
        self.start_uploader()

    # ------------------------------------------------------------------------- the till

    def open_journal(self) -> None:
        """Start the till's process."""
        identity = JournalIdentity(
            store_id=STORE,
            workstation_id=f"{self.number:02d}",
            workstation_uuid=uuid_of(self.number),
        )
        journal = InlineJournal.open(self.home, identity, self.clock, "simulation")
        assert isinstance(journal, InlineJournal)
        self.journal = journal
        self.note_committed()

    def kill_till(self) -> None:
        """Kill the till between two commits."""
        if self.journal is not None:
            self.journal.close()
            self.journal = None

    def sell(self, entries: int) -> None:
        """Trade: mostly sales, some returns, a note; now and then the day is closed."""
        if self.journal is None:
            self.open_journal()
        dice = self.world.random
        if self.number_of_day == 0:
            self._append(EntryKind.DAY_OPEN, DayOpen())
        for _ in range(entries):
            roll = dice.random()
            if roll < 0.08:
                self._append(EntryKind.NOTE, Note(text=f"note {dice.randrange(1000)}"))
            elif roll < 0.12 and self.number_of_day > 2:
                self._append(EntryKind.DAY_CLOSE, DayClose(z_no=self.day + 1, totals=Totals()))
                self.day += 1
                self.number_of_day = 0
                self._append(EntryKind.DAY_OPEN, DayOpen())
            else:
                self._append(EntryKind.TRANSACTION, self._transaction())
        self.note_committed()
        self.wake(dice.randrange(0, 400))

    def sell_and_die(self) -> None:
        """Be killed after writing, before committing."""
        if self.journal is None:
            return

        def job(txn: WriteTransaction) -> None:
            txn.append(EntryKind.TRANSACTION, self._transaction(), business_day=self._day_text())
            raise SimulatedKill

        try:
            self.journal.run(job)
        except SimulatedKill:
            self.kill_till()

    def act(self) -> int:
        """Between sales: act on directives (R27)."""
        if self.journal is None:
            return 0
        if self.engine is not None and not self.inbox.directives():
            return 0  # what the reader below would find, without opening the file
        reader = ReferenceReader(self.home)
        try:
            directives = reader.directives()
        finally:
            reader.close()
        acted = act_on_directives(self.journal, directives) if directives else []
        for done in acted:
            self.world.count(f"directive {done.kind} {done.action}")
        if acted:
            self.note_committed()
            self.wake(0)
        return len(acted)

    def close_day(self) -> None:
        """Close the day and leave it at that: the year is over."""
        if self.journal is not None and self.number_of_day:
            self._append(EntryKind.DAY_CLOSE, DayClose(z_no=self.day + 1, totals=Totals()))
            self.day += 1
            self.number_of_day = 0
            self.note_committed()
            self.wake(0)

    def roll_over(self, *, die_at: str = "") -> None:
        """Begin the next journal file, if nothing is in the way; perhaps be killed on the way."""
        if self.journal is None or self.number_of_day:
            return

        def progress(step: str) -> None:
            if step == die_at and self.fragile:
                raise SimulatedKill

        reader = ReferenceReader(self.home)
        try:
            acked = reader.acked()
        finally:
            reader.close()
        before = self.counters()
        closed = [head for head in self.epochs() if head[2]]
        try:
            rollover.roll_over(self.journal, rollover.Standing(acked=acked), "2027", progress)
        except rollover.RolloverNotNow as later:
            for one in later.obstacles:
                self.world.count(f"rollover not now: {one.code}")
            return
        except SimulatedKill:
            self.world.count("till killed in a rollover")
            self.kill_till()
            self.open_journal()
            return
        self.world.count("rollover")
        self.note_committed()
        self.world.checks.rolled_over(self, closed, before)
        self.wake(0)

    def counters(self) -> object:
        """The figures that the next transaction goes on from."""
        assert self.journal is not None
        return self.journal.reader().execute("SELECT * FROM till_state").fetchone()

    def epochs(self) -> list[tuple[str, int, bool]]:
        """Epoch, last sequence, and whether it lies in the live file."""
        assert self.journal is not None
        live = self.journal.reader()
        return [
            (epoch, last, file is live)
            for file in files_of(live)
            for epoch, last in file.execute(
                "SELECT e.epoch_id, max(j.seq) FROM journal_entry j "
                "JOIN epoch e ON e.epoch_no = j.epoch_no GROUP BY e.epoch_id"
            ).fetchall()
        ]

    def damage_last_entry(self) -> None:
        """Flip a bit in the last entry, behind SQLite's back: its hash no longer fits (R9)."""
        if self.journal is None:
            return
        connection = self.journal._connection
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
            ("journal_entry",),
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        row = connection.execute(
            "SELECT entry_id, entry_uuid, bytes FROM journal_entry ORDER BY entry_id DESC LIMIT 1"
        ).fetchone()
        damaged = bytes(row[2][:-1]) + b"\xff"
        connection.execute(
            "UPDATE journal_entry SET bytes = ? WHERE entry_id = ?", (damaged, row[0])
        )
        for _, sql in triggers:
            connection.execute(sql)
        self.fragile = False
        self.world.damaged.add(row[1])

    def note_committed(self) -> None:
        """Tell the world what is on this disk now."""
        if self.journal is None:
            return
        for file in files_of(self.journal.reader()):
            rows = file.execute(
                "SELECT e.epoch_id, max(j.seq) FROM journal_entry j "
                "JOIN epoch e ON e.epoch_no = j.epoch_no GROUP BY e.epoch_id"
            )
            for epoch, last in rows.fetchall():
                self.world.heads[epoch] = max(self.world.heads.get(epoch, 0), last)

    def _append(self, kind: EntryKind, body: object) -> None:
        assert self.journal is not None
        appended = self.journal.run(
            lambda txn: txn.append(kind, body, operator_id="7", business_day=self._day_text())  # type: ignore[arg-type]
        )
        self.world.ledger[appended.entry_uuid] = (self._day_text(), body)

    def _day_text(self) -> str:
        return f"2026-11-{21 + self.day % 9:02d}"

    def _transaction(self) -> Transaction:
        dice = self.world.random
        self.number_of_day += 1
        self.world.transactions += 1
        returned = dice.random() < 0.15
        sign = -1 if returned else 1
        lines = tuple(
            TransactionLine(
                line_no=number,
                kind=LineKind.RETURN if returned else LineKind.SALE,
                item_code=dice.choice(_ITEMS),
                description="goods",
                quantity_milli=sign * 1000 * dice.randrange(1, 4),
                unit_price_e4=100,
                amount_minor=sign * dice.randrange(1, 5000),
            )
            for number in range(1, dice.randrange(2, 4))
        )
        total = sum(line.amount_minor for line in lines)
        return Transaction(
            transaction_type=TransactionType.RETURN if returned else TransactionType.SALE,
            transaction_no=f"{self.name}-{self.world.transactions}",
            number=self.number_of_day,
            operator_id="7",
            lines=lines,
            tenders=(Tender(tender_no=1, tender_type=dice.choice(_TENDERS), amount_minor=total),),
            total_minor=total,
            at="2026-11-21T10:00:00",
        )

    # --------------------------------------------------------------------- the uploader

    def start_uploader(self) -> None:
        """Start the uploader's process: everything it knows comes from the two files."""
        self.fuse.put_out()
        self.writer = ReferenceWriter.open(self.home, app_version="simulation")
        self.writer.transaction = self.fuse.guard(self.writer.transaction)  # type: ignore[method-assign, assignment]
        self.outbox = Outbox(self.home)
        self.inbox = Inbox(self.writer, self.clock)
        self.engine = Engine(
            outbox=self.outbox,
            inbox=self.inbox,
            clock=self.clock,
            random=self.world.random,
            identity=Identity(workstation_uuid=uuid_of(self.number), app_version="simulation"),
            pace=Pace(
                interval_ms=self.world.interval_ms,
                hello_interval_ms=2 * self.world.interval_ms,
                batch_entries=self.world.batch_entries,
            ),
        )
        self.in_flight = 0
        if self.world.random.random() < 0.1:
            self.inbox.want_snapshot()
        self.wake(self.world.random.randrange(1000))

    def kill_uploader(self) -> None:
        """Kill the uploader: an answer that arrives now finds nobody."""
        self.fuse.put_out()
        if self.engine is not None:
            self.engine = None
            self.in_flight = 0
            self.outbox.close()
            self.writer.close()

    def enrol_again(self, auth: Auth) -> None:
        """What `pos-sync enrol` does on a till that was enrolled before."""
        answer = enrol(auth, self.number)
        self.kill_uploader()
        with ReferenceWriter.open(self.home, app_version="simulation") as writer:
            writer.set_metas({INCARNATION: answer.incarnation, SNAPSHOT_WANTED: "1"})
        self.start_uploader()

    def wake(self, in_ms: int) -> None:
        """Have the uploader look for work, in a while at the latest."""
        at = self.world.now_ms + in_ms
        if self._wake_at_ms is None or at < self._wake_at_ms:
            self._wake_at_ms = at
            self.world.at(at, lambda: self._woken(at))

    def _woken(self, at: int) -> None:
        if self._wake_at_ms == at:
            self._wake_at_ms = None
            self.step()

    def step(self) -> None:
        """One turn of the worker's loop."""
        if self.engine is None or self.in_flight:
            return
        try:
            step = self.engine.next()
        except SimulatedKill:
            self.world.uploader_died(self)
            return
        except (StoreError, sqlite3.Error) as error:
            self.engine.trouble(str(error))
            self.wake(1000)
            return
        if isinstance(step, Idle):
            self.wake(step.wait_ms + 1)
            return
        self.world.checks.sending(self, step)
        self._flights += 1
        self.in_flight = self._flights
        self.world.network.send(self, self.in_flight, step)

    def answered(self, flight: int, request: Request, answer: Answer | Lost) -> None:
        """An answer, or the end of waiting for one; late ones find a closed connection."""
        if self.engine is None or flight != self.in_flight:
            self.world.count("late answers")
            return
        self.in_flight = 0
        before = self.inbox.acked()
        if request.kind is RequestKind.CHANGES and self.world.random.random() < 0.15:
            # Versions are taken in by few of the uploader's many transactions: one fuse lit at
            # any time seldom burns down in the middle of them, where R13 would be broken.
            self.world.light_uploader(self, within=3)
        try:
            self.engine.receive(request, answer)
        except SimulatedKill:
            self.world.uploader_died(self)
            return
        except (StoreError, sqlite3.Error) as error:
            self.engine.trouble(str(error))
        self._count(request, answer)
        self.world.checks.acknowledged(self, before)
        if request.kind is RequestKind.JOURNAL and self.inbox.directives():
            # The till looks between sales; soon, but not at once.
            self.world.at(self.world.now_ms + self.world.random.randrange(60_000), self.act)
        self.wake(0)

    def settled(self) -> bool:
        """Whether nothing is left to push, to pull or to act on."""
        engine = self.engine
        if engine is None or self.in_flight or self.journal is None or engine.push.hello_due:
            return False
        return (
            engine.push.next() is None and not engine.push.blocked and engine.pull.next() is None
        )

    def _count(self, request: Request, answer: Answer | Lost) -> None:
        kind = "lost" if isinstance(answer, Lost) else str(answer.status)
        self.world.count(f"{request.kind} {kind}")

    # ------------------------------------------------------------- disks copied and put back

    def copy_files(self, target: Path) -> None:
        """An image of the disk, at a moment between two writes."""
        target.mkdir(parents=True)
        for path in _found(self.home, _FILES):
            shutil.copyfile(path, target / path.name)
        shutil.copytree(self.home / "keys", target / "keys")

    def back_up(self) -> None:
        """Keep an image."""
        target = self.home / f"image-{len(self._backups)}"
        self.copy_files(target)
        self._backups.append(target)

    @property
    def has_backup(self) -> bool:
        """Whether there is an image to put back."""
        return bool(self._backups)

    def restore(self, *, how: str) -> None:
        """Put an image back: `image` both files, `journal` that one alone, `proper` as `pos restore`."""
        source = self.world.random.choice(self._backups)
        self.kill_till()
        if how != "journal" or self.world.random.random() < 0.5:
            self.kill_uploader()
        patterns = _FILES if how == "image" else _JOURNALS
        copies = _found(source, patterns)
        for path in _found(self.home, (*patterns, "journal*.db-shm")):
            # A new file under the name, as a restore makes it; never the old one overwritten. A
            # younger file of the journal may stay where somebody copies the older ones back.
            base = path.name.removesuffix("-wal").removesuffix("-shm")
            if how != "journal" or (source / base).exists() or self.world.random.random() < 0.5:
                path.unlink()
        if how == "image":
            (self.home / "reference.db-shm").unlink(missing_ok=True)
        for path in copies:
            shutil.copyfile(path, self.home / path.name)
        if how == "proper":
            (self.home / "restore.json").write_text(json.dumps({"agreed_seq": 0}))
        self.open_journal()
        if self.engine is None:
            self.start_uploader()


def _found(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return [path for pattern in patterns for path in sorted(folder.glob(pattern))]
