"""The till's journal on disk: append-only entries written by one worker, projections beside them.

Theory. All writes to `journal.db` are jobs: functions that get a `WriteTransaction` and run inside
one `BEGIN IMMEDIATE … COMMIT` on one thread (invariant 9). `seq`, the hash chain and the canonical
bytes are made there (R3, R4). A job that raises is rolled back and its future carries the error: it
did not happen. A COMMIT that raises is another matter: the transaction may or may not be on disk.
Then the worker takes no more jobs until it knows (R15): it closes and reopens the file; when the
entry is there it is done once `wal_checkpoint(TRUNCATE)` answers not busy; when it is absent the
same bytes are tried again, with the same uuid and seq, for as long as it takes. `undecided` is true
meanwhile.

Jobs that were queued one behind the other and may share a transaction (`together`: the lines of a
burst of scans) are run as one job that is all of them, so everything above holds for them as one;
none of their futures is done before the common COMMIT. When one of them raises, that transaction
is rolled back and each runs in its own.
"""

from __future__ import annotations

import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self, TypeVar

import msgspec

from pos.domain.journal import (
    GENESIS_HASH,
    EntryTooLargeError,
    first_break,
)
from pos.domain.journal.bodies import EpochOpen
from pos.store import projections
from pos.store.clock import Clock
from pos.store.connection import BUSY_TIMEOUT_MS
from pos.store.errors import N_, CorruptStore, StoreError, StoreUnavailable
from pos.store.journal_files import connect_journal, journal_files
from pos.store.locks import FileLock
from pos.store.migrate import migrate
from pos.store.number_gaps import after_loss
from pos.store.thread_readers import ThreadReaders
from pos.store.writing import Appended, Head, Identity, WriteTransaction

T = TypeVar("T")

_MIGRATIONS = Path(__file__).parent / "migrations" / "journal"
_TAIL = 200
_RETRY_S = (0.05, 0.2, 0.5, 1.0, 2.0)


class UndecidedError(StoreError):
    """The store was closed before a commit in doubt was decided; the next start decides it."""

    default_hint = N_("Start the till again: it finds out whether the last sale was committed.")


_TOGETHER_MAX = 100
_HOLD_BACK_MAX_S = 0.02
"""The longest that the worker lets the screen go first; nobody can stop it for longer."""


class _Job(msgspec.Struct):
    run: Callable[[WriteTransaction], Any]
    future: Future[Any]
    together: bool = False


class JournalStore:
    """`journal.db` with its one writer. Open with `JournalStore.open`; close when done."""

    def __init__(
        self,
        path: Path,
        identity: Identity,
        clock: Clock,
        app_version: str,
        lock: FileLock,
        connection: sqlite3.Connection,
    ) -> None:
        self.path = path
        self.archives: tuple[Path, ...] = ()
        """Closed files of this journal, oldest first (R30)."""

        self.identity = identity
        self.clock = clock
        self.app_version = app_version
        self.flags: tuple[str, ...] = ()
        self.undecided = False
        self.on_undecided: Callable[[bool], None] | None = None
        self._lock = lock
        self._connection = connection
        self._head = Head()
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._may_write = threading.Event()
        self._may_write.set()
        self._stopping = threading.Event()
        self._readers = ThreadReaders(
            lambda: connect_journal(
                self.path, self.archives, readonly=True, check_same_thread=False
            )
        )
        self._thread: threading.Thread | None = None
        self._left_in_doubt = False
        self._at_work: list[_Job] = []
        self._worker_gone = False

    @classmethod
    def open(cls, home: Path, identity: Identity, clock: Clock, app_version: str) -> JournalStore:
        """Lock, migrate, verify the tail and start the worker; the first start opens an epoch.

        Raises StoreError: locked by another process, newer database, broken chain, no disk.
        """
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock.acquire(home / "journal.lock")
        try:
            files = journal_files(home)
            for path in files:  # closed files too: their figures are read by this program
                migrate(path, _MIGRATIONS, backup_dir=home / "backups", app_version=app_version)
            connection = connect_journal(path, files[:-1], check_same_thread=False)
            store = cls(path, identity, clock, app_version, lock, connection)
            store.archives = files[:-1]
            store._load()
        except BaseException:
            lock.release()
            raise
        store._thread = threading.Thread(target=store._work, name="journal-writer", daemon=True)
        store._thread.start()
        store._first_epoch(home)
        return store

    def submit(self, job: Callable[[WriteTransaction], T], *, together: bool = False) -> Future[T]:
        """Queue a job; its future is done when its transaction has committed, or says why not.

        `together` allows it the same transaction as jobs queued right before and after it.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()  # what is queued is written: nobody can cancel it
        if self._stopping.is_set():
            future.set_exception(StoreUnavailable(N_("The store is closed.")))
            return future
        self._jobs.put(_Job(job, future, together))
        if self._worker_gone:
            self._fail_what_waits()
        return future

    def hold_back(self) -> None:
        """Begin no job for a moment, 20 ms at most: a burst is being read, and its lines are one.

        Two threads that both run Python take turns at each lookup, and both are slow.
        """
        self._may_write.clear()

    def go_on(self) -> None:
        """The burst is read and shown: write it."""
        self._may_write.set()

    def run(self, job: Callable[[WriteTransaction], T]) -> T:
        """Run a job and wait for its commit."""
        return self.submit(job).result()

    def reader(self) -> sqlite3.Connection:
        """Read-only connection of the calling thread, closed with the store."""
        return self._readers.of_this_thread()

    @property
    def epoch_no(self) -> int:
        """Number of the epoch in this file."""
        return self._head.epoch_no

    @property
    def epoch_id(self) -> str:
        """Id of the epoch (R2)."""
        return self._head.epoch_id

    def head(self) -> tuple[int, bytes]:
        """Sequence number and hash of the last committed entry of the epoch."""
        return self._head.seq, self._head.hash

    def close(self) -> None:
        """Finish queued jobs, close every thread's reader, checkpoint and release the lock."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._readers.refuse()
        self._jobs.put(None)
        if self._thread is not None:
            self._thread.join()
        self._readers.close()
        try:
            self._connection.execute("PRAGMA busy_timeout = 200")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error:
            pass  # what is committed is in the WAL; the next open takes it from there
        self._connection.close()
        self._lock.release()

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def _load(self) -> None:
        connection = self._connection
        connection.execute(projections.FIRST_STATE)
        row = connection.execute(
            "SELECT epoch_no, epoch_id FROM epoch ORDER BY epoch_no DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return
        head = self._head = Head(epoch_no=row[0], epoch_id=row[1])
        tail = connection.execute(
            "SELECT seq, CAST(bytes AS BLOB), hash, entry_id FROM journal_entry WHERE epoch_no = ? "
            "ORDER BY seq DESC LIMIT ?",
            (self.epoch_no, _TAIL),
        ).fetchall()[::-1]
        head.entry_id = connection.execute(
            "SELECT coalesce(max(entry_id), 0) FROM journal_entry"
        ).fetchone()[0]
        if not tail:
            return
        start = GENESIS_HASH
        if tail[0][0] > 1:
            start = connection.execute(
                "SELECT hash FROM journal_entry WHERE epoch_no = ? AND seq = ?",
                (self.epoch_no, tail[0][0] - 1),
            ).fetchone()[0]
        broken = first_break(start, [(seq, data, digest) for seq, data, digest, _ in tail])
        if broken is not None:
            raise CorruptStore(
                N_("The journal's chain breaks at entry {seq}: its bytes were changed."),
                seq=broken,
            )
        head.seq, head.hash = tail[-1][0], tail[-1][2]

    def _first_epoch(self, home: Path) -> None:
        marker = home / "restore.json"
        if marker.exists():
            told = msgspec.json.decode(marker.read_bytes())
            previous = self.epoch_id
            self.run(
                lambda txn: txn.open_epoch(
                    EpochOpen(
                        reason="restore",
                        previous_epoch=previous,
                        previous_seq=int(told.get("agreed_seq", 0) or 0),
                        final_seq=self._head.seq,
                        next_number=after_loss(txn.connection),
                    )
                )
            )
            marker.unlink()
        elif self.epoch_no == 0:
            self.run(lambda txn: txn.open_epoch(EpochOpen(reason="new")))

    # -- the worker -----------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._work_until_closed()
        finally:
            # However it ended, nobody is left waiting; a fault of ours goes to the log from here.
            self._worker_gone = True
            self._fail_what_waits()

    def _fail_what_waits(self) -> None:
        waiting, self._at_work = self._at_work, []
        with contextlib.suppress(queue.Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    waiting.append(job)
        for job in waiting:
            if not job.future.done():
                job.future.set_exception(
                    StoreUnavailable(N_("The journal's writer has stopped; start the till again."))
                )

    def _work_until_closed(self) -> None:
        while True:
            self._at_work = []
            job = self._jobs.get()
            if job is None:
                return
            self._at_work.append(job)
            if self._left_in_doubt:
                job.future.set_exception(
                    StoreUnavailable(N_("An earlier commit is in doubt; nothing else was done."))
                )
                continue
            if not self._may_write.wait(_HOLD_BACK_MAX_S):
                self._may_write.set()
            if job.together:
                job = self._run_together(job)
                if job is None:
                    continue
            self._run_job(job)

    def _run_together(self, first: _Job) -> _Job | None:
        """Run a job and those behind it as one; returns the next that is to run for itself."""
        jobs = [first]
        behind: _Job | None = None
        while len(jobs) < _TOGETHER_MAX:
            try:
                behind = self._jobs.get_nowait()
            except queue.Empty:
                break
            if behind is None:
                self._jobs.put(None)  # the last one there is: it ends the worker afterwards
                break
            self._at_work.append(behind)
            if not behind.together:
                break
            jobs.append(behind)
            behind = None
        if len(jobs) == 1:
            self._run_job(first)
            return behind
        future: Future[list[Any]] = Future()
        self._run_job(_Job(lambda txn: [job.run(txn) for job in jobs], future))
        error = future.exception()
        if error is None:
            for job, result in zip(jobs, future.result(), strict=True):
                job.future.set_result(result)
        elif self._left_in_doubt:
            for job in jobs:
                job.future.set_exception(error)
        else:
            for job in jobs:
                self._run_job(job)
        return behind

    def _run_job(self, job: _Job) -> None:
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            transaction = WriteTransaction(self, connection, self._head)
            result = job.run(transaction)
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller
            self._rollback()
            job.future.set_exception(self._named(error))
            return
        try:
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._decide(job, transaction, result, error)
            return
        try:
            self._advance(transaction)
        except (sqlite3.Error, StoreError) as error:
            self._left_in_doubt = True  # committed, but only a new start can go on from there
            job.future.set_exception(self._named(error))
            return
        job.future.set_result(result)

    def _advance(self, transaction: WriteTransaction) -> None:
        self._head = transaction.head
        if transaction.successor:
            self._go_on_in(self.path.with_name(transaction.successor))

    def _go_on_in(self, path: Path) -> None:
        """The file that was written is closed for good: write the next one (R30)."""
        closed, archives = self._connection, (*self.archives, self.path)
        with contextlib.suppress(sqlite3.Error):
            closed.execute("PRAGMA busy_timeout = 200")
            closed.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # a reader may be in the way
        connection = connect_journal(path, archives, check_same_thread=False)
        closed.close()
        self._connection = connection

        def change() -> None:
            self.path, self.archives = path, archives

        self._readers.ask_anew(change)
        self._load()

    def _rollback(self) -> None:
        # After some errors SQLite has rolled back by itself and says so.
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("ROLLBACK")

    def _decide(
        self,
        job: _Job,
        doubtful: WriteTransaction,
        result: Any,
        error: sqlite3.Error,
    ) -> None:
        """A COMMIT failed: find out whether it happened, and make it happen if it did not (R15)."""
        self._set_undecided(undecided=True)
        attempt = 0
        while True:
            self._rollback()
            decided = self._try_to_decide(job, doubtful, result)
            if decided is not None:
                self._advance(doubtful)
                # Told before the future is: whoever waits for it may go on at once.
                self._set_undecided(undecided=False)
                job.future.set_result(decided[0])
                return
            wait = _RETRY_S[min(attempt, len(_RETRY_S) - 1)]
            attempt += 1
            if self._stopping.wait(wait):
                self._left_in_doubt = True
                self._set_undecided(undecided=False)
                job.future.set_exception(
                    UndecidedError(N_("A commit is in doubt: {reason}."), reason=str(error))
                )
                return

    def _try_to_decide(
        self,
        job: _Job,
        doubtful: WriteTransaction,
        result: Any,
    ) -> tuple[Any] | None:
        """One round of R15: the job's result in a tuple when decided, None when still in doubt."""
        try:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = connect_journal(self.path, self.archives, check_same_thread=False)
            connection = self._connection
            if doubtful.appended and self._present(doubtful.appended[-1]):
                return (result,) if self._checkpointed() else None
            connection.execute("BEGIN IMMEDIATE")
            again = WriteTransaction(self, connection, self._head, doubtful)
            result = job.run(again)
            connection.execute("COMMIT")
        except sqlite3.IntegrityError:
            # A job without entries leaves none to look for: it succeeded once, so the row that is
            # in its way now is its own.
            self._rollback()
            return (result,) if not doubtful.appended and self._checkpointed() else None
        except (sqlite3.Error, StoreError):
            return None
        return (result,)

    def _checkpointed(self) -> bool:
        """Whether what was recovered is now synced into the file; a reader may be in the way."""
        try:
            # A short wait: a reader that stays makes it busy, and the loop asks again.
            self._connection.execute("PRAGMA busy_timeout = 200")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        except sqlite3.Error:
            return False
        return not busy

    def _present(self, appended: Appended) -> bool:
        row = self._connection.execute(
            "SELECT entry_uuid, hash FROM journal_entry WHERE epoch_no = ? AND seq = ?",
            (appended.epoch_no, appended.seq),
        ).fetchone()
        return bool(row == (appended.entry_uuid, appended.hash))

    def _set_undecided(self, *, undecided: bool) -> None:
        self.undecided = undecided
        if self.on_undecided is not None:
            self.on_undecided(undecided)

    def _named(self, error: BaseException) -> BaseException:
        if isinstance(error, sqlite3.OperationalError):
            return StoreUnavailable(
                N_("{path} cannot be written: {reason}."),
                path=self.path,
                reason=str(error).rstrip("."),
            )
        return error


__all__ = [
    "Appended",
    "EntryTooLargeError",
    "Identity",
    "JournalStore",
    "UndecidedError",
    "WriteTransaction",
]
