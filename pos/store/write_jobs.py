"""The jobs of the journal's one writing thread: queued, run in their order, in bursts as one.

Jobs that were queued one behind the other and may share a transaction (`together`: the lines of a
burst of scans) are run as one job that is all of them. None of their futures is done before the
common commit. When one of them raises, that transaction is rolled back and each runs in its own.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from pos.store.errors import N_, StoreUnavailable
from pos.store.writing import WriteTransaction

T = TypeVar("T")

_log = logging.getLogger(__name__)
_TOGETHER_MAX = 100
_HOLD_BACK_MAX_S = 0.02
"""The longest that the worker lets the screen go first; nobody can stop it for longer."""


class Job(msgspec.Struct):
    """What is to run in a transaction, and the future that tells its outcome."""

    run: Callable[[WriteTransaction], Any]
    future: Future[Any]
    together: bool = False
    """Whether it may share its transaction with its neighbours."""


class OwnedFuture(Future[T]):
    """A future whose owner has done what follows from the outcome before anybody else hears of it.

    One future instead of two that are chained: each costs the writing thread a hand-over.
    """

    def __init__(self, succeeded: Callable[[T], None], failed: Callable[[], None]) -> None:
        super().__init__()
        self._succeeded = succeeded
        self._failed = failed

    def set_result(self, result: T) -> None:
        """Tell the owner, then everybody; what goes wrong at the owner's does not undo a commit."""
        try:
            self._succeeded(result)
        except Exception:  # noqa: BLE001 - a device's, perhaps; the worker has other jobs to do
            _log.exception("after a commit")
        super().set_result(result)

    def set_exception(self, exception: BaseException | None) -> None:
        """The same for what did not happen."""
        self._failed()
        super().set_exception(exception)


class JobQueue:
    """Hands jobs to `run`, which settles each future, on the thread that calls `work`."""

    def __init__(self, run: Callable[[Job], None], in_doubt: Callable[[], bool]) -> None:
        """`in_doubt` says that nothing more may be run: an earlier commit is not decided."""
        self._run = run
        self._in_doubt = in_doubt
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._may_write = threading.Event()
        self._may_write.set()
        self._at_work: list[Job] = []
        self._worker_gone = False

    def put(self, job: Job) -> None:
        """Queue a job; its future fails when nobody is there to run it."""
        self._jobs.put(job)
        if not job.together:
            self._may_write.set()  # it stands for itself, and somebody waits for it
        if self._worker_gone:
            self._fail_what_waits()

    def close(self) -> None:
        """Let the worker end once it has run what is queued."""
        self._jobs.put(None)

    def hold_back(self) -> None:
        """Begin no job for a moment, 20 ms at most."""
        self._may_write.clear()

    def go_on(self) -> None:
        """Begin jobs again."""
        self._may_write.set()

    def work(self) -> None:
        """Run jobs until the queue is closed: the body of the writing thread."""
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
            if self._in_doubt():
                job.future.set_exception(
                    StoreUnavailable(N_("An earlier commit is in doubt; nothing else was done."))
                )
                continue
            if not (self._may_write.is_set() or self._may_write.wait(_HOLD_BACK_MAX_S)):
                self._may_write.set()
            if job.together:
                job = self._run_together(job)
                if job is None:
                    continue
            self._run(job)

    def _run_together(self, first: Job) -> Job | None:
        """Run a job and those behind it as one; returns the next that is to run for itself."""
        jobs = [first]
        behind: Job | None = None
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
            self._run(first)
            return behind
        future: Future[list[Any]] = Future()
        self._run(Job(lambda txn: [job.run(txn) for job in jobs], future))
        error = future.exception()
        if error is None:
            for job, result in zip(jobs, future.result(), strict=True):
                job.future.set_result(result)
        elif self._in_doubt():
            for job in jobs:
                job.future.set_exception(error)
        else:
            for job in jobs:
                self._run(job)
        return behind
