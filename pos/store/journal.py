"""The till's journal on disk: append-only entries written by one worker, projections beside them.

Theory. All writes to `journal.db` are jobs: functions that get a `WriteTransaction` and run inside
one `BEGIN IMMEDIATE … COMMIT` on one thread (invariant 9). `seq`, the hash chain and the canonical
bytes are made there (R3, R4). A job that raises is rolled back and its future carries the error: it
did not happen. A COMMIT that raises is another matter: the transaction may or may not be on disk.
Then the worker takes no more jobs until it knows (R15): it closes and reopens the file; when the
entry is there it is done once `wal_checkpoint(TRUNCATE)` answers not busy; when it is absent the
same bytes are tried again, with the same uuid and seq, for as long as it takes. `undecided` is true
meanwhile.

How jobs are queued, and which share a transaction, is `write_jobs`'s; all of the above holds for
those that share one as for one job.
"""

from __future__ import annotations

import contextlib
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
from pos.store.write_jobs import Job, JobQueue
from pos.store.writing import Appended, Head, Identity, WriteTransaction

T = TypeVar("T")

_MIGRATIONS = Path(__file__).parent / "migrations" / "journal"
_TAIL = 200
_RETRY_S = (0.05, 0.2, 0.5, 1.0, 2.0)


class UndecidedError(StoreError):
    """The store was closed before a commit in doubt was decided; the next start decides it."""

    default_hint = N_("Start the till again: it finds out whether the last sale was committed.")


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
        self._jobs = JobQueue(self._run_job, lambda: self._left_in_doubt)
        self._stopping = threading.Event()
        self._readers = ThreadReaders(
            lambda: connect_journal(
                self.path, self.archives, readonly=True, check_same_thread=False
            )
        )
        self._thread: threading.Thread | None = None
        self._left_in_doubt = False

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

    def submit(
        self,
        job: Callable[[WriteTransaction], T],
        *,
        together: bool = False,
        future: Future[T] | None = None,
    ) -> Future[T]:
        """Queue a job; its future is done when its transaction has committed, or says why not.

        `together` allows it the same transaction as jobs queued right before and after it;
        `future` is the caller's own (see `OwnedFuture`).
        """
        if future is None:
            future = Future()
        future.set_running_or_notify_cancel()  # what is queued is written: nobody can cancel it
        if self._stopping.is_set():
            future.set_exception(StoreUnavailable(N_("The store is closed.")))
            return future
        self._jobs.put(Job(job, future, together))
        return future

    def hold_back(self) -> None:
        """Begin no job for a moment, 20 ms at most: a burst is being read, and its lines are one.

        Two threads that both run Python take turns at each lookup, and both are slow.
        """
        self._jobs.hold_back()

    def go_on(self) -> None:
        """The burst is read and shown: write it."""
        self._jobs.go_on()

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
        self._jobs.close()
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
        self._jobs.work()

    def _run_job(self, job: Job) -> None:
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
        job: Job,
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
        job: Job,
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
