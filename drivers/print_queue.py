"""The print queue: job states and their rules; where jobs are kept comes in as a port.

::

    pending ──▶ NOT_SENT ──(by itself, with backoff, in order)──▶ …
       │
       ├──▶ PRINTED
       ├──▶ HELD ──(the printer confirms)──▶ PRINTED
       │      └──(a person decides)──▶ PRINTED, or printed again
       └──▶ UNKNOWN ──(a person decides)──▶ PRINTED, or printed again

Only NOT_SENT is sent again by itself. A held job comes out of the printer when paper is in, so a
second copy would be a second receipt. A job whose sending had begun when the program died is
UNKNOWN. One worker thread owns the printer; jobs go out in the order of their submission, and a
printer that is not ready holds up the jobs behind.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from drivers.document import Document
from drivers.errors import DeviceError, hint_for
from drivers.events import OutputComplete, PrintOutcome
from drivers.ports import POSPrinter, PrintReport

BACKOFF_S: Final = (0.5, 1.0, 2.0, 4.0, 5.0)
CONFIRM_EVERY_S: Final = 1.0

_logger: Final = logging.getLogger(__name__)


class JobState(StrEnum):
    """Where a kept job stands."""

    PENDING = "pending"
    SENDING = "sending"
    """``begin`` was called and no outcome marked: after a restart this means UNKNOWN."""
    NOT_SENT = "not_sent"
    HELD = "held"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PendingJob:
    """A job that has not come to its end, as the store keeps it."""

    job_id: str
    state: JobState = JobState.PENDING
    detail: str = ""


class PrintJobStore(Protocol):
    """Keeps jobs; called from the queue's thread, and from the caller's in ``resolve``."""

    def list_pending(self) -> Sequence[PendingJob]:
        """Every job that is not printed, oldest first."""

    def load(self, job_id: str) -> Document | None:
        """The job's document as it is to be printed now; None when there is no such job."""

    def begin(self, job_id: str) -> None:
        """Note durably, before the first byte, that the job may have been printed."""

    def mark(self, job_id: str, outcome: PrintOutcome, detail: str) -> None:
        """Note durably what became of it; ``detail`` is a :mod:`drivers.errors` code."""


@dataclass(slots=True)
class _Waiting:
    job_id: str
    document: Document | None
    attempts: int = 0
    last_code: str = ""


@dataclass(slots=True)
class _State:
    """What the worker and the callers share, under the condition."""

    waiting: deque[_Waiting] = field(default_factory=deque)
    held: list[str] = field(default_factory=list)
    unresolved: dict[str, str] = field(default_factory=dict)
    retry_at: float = 0.0
    confirm_at: float = 0.0
    busy: bool = False
    sending: str = ""
    """The job that is being sent."""
    stopping: bool = False


class PrintQueue:
    """Prints jobs one after the other on its own thread."""

    def __init__(
        self,
        printer: POSPrinter,
        store: PrintJobStore,
        on_event: Callable[[OutputComplete], None] | None = None,
        *,
        backoff_s: Sequence[float] = BACKOFF_S,
        confirm_every_s: float = CONFIRM_EVERY_S,
    ) -> None:
        """``on_event`` is called on the queue's thread, after the store has been told."""
        self._printer = printer
        self._store = store
        self._on_event = on_event
        self._backoff_s = tuple(backoff_s)
        self._confirm_every_s = confirm_every_s
        self._state = _State()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Take up what the store kept, then work; the store is read on the queue's thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="print-queue", daemon=True)
            self._thread.start()

    def submit(self, job_id: str, document: Document | None = None) -> None:
        """Print a job that the store keeps; ``document`` saves loading it."""
        with self._changed:
            # Asked for twice while it waits is still one receipt.
            if all(one.job_id != job_id for one in self._state.waiting):
                self._state.waiting.append(_Waiting(job_id, document))
            self._state.retry_at = 0.0
            self._changed.notify_all()

    def retry_now(self) -> None:
        """Do not wait for the backoff: somebody has seen to the printer."""
        with self._changed:
            self._state.retry_at = 0.0
            self._state.confirm_at = 0.0
            self._changed.notify_all()

    def resolve(self, job_id: str, *, printed: bool) -> None:
        """Settle a HELD or UNKNOWN job by what a person saw; not printed puts it in line again.

        The document is loaded anew, so that the store can mark it as a reprint.
        """
        with self._changed:
            state = self._state
            was_held = job_id in state.held
            if was_held:
                state.held.remove(job_id)
            state.unresolved.pop(job_id, None)
        if was_held:
            self._printer.forget(job_id)
        outcome = PrintOutcome.PRINTED if printed else PrintOutcome.NOT_SENT
        self._store.mark(job_id, outcome, "operator")
        self._emit(OutputComplete(job_id, outcome, "operator"))
        if not printed:
            self.submit(job_id)

    def withdraw(self, job_id: str) -> bool:
        """Let a job go that is to be printed elsewhere or not at all; False while it is sent."""
        with self._changed:
            state = self._state
            if state.sending == job_id:
                return False
            state.waiting = deque(one for one in state.waiting if one.job_id != job_id)
            was_held = job_id in state.held
            if was_held:
                state.held.remove(job_id)
            state.unresolved.pop(job_id, None)
            self._changed.notify_all()
        if was_held:
            self._printer.forget(job_id)
        return True

    def knows(self, job_id: str) -> bool:
        """Whether the job is in this queue, to be sent or in doubt."""
        with self._changed:
            state = self._state
            known = {one.job_id for one in state.waiting} | set(state.held) | set(state.unresolved)
            return job_id in known or state.sending == job_id

    @property
    def unresolved(self) -> dict[str, str]:
        """Jobs that wait for a person (HELD and UNKNOWN), with their code."""
        with self._changed:
            return dict(self._state.unresolved)

    @property
    def waiting(self) -> int:
        """Jobs that are still to be sent, the one being sent included."""
        with self._changed:
            return len(self._state.waiting) + (1 if self._state.busy else 0)

    def drain(self, timeout_s: float) -> bool:
        """Wait until nothing is waiting to be sent; says whether that came true."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._state.waiting and not self._state.busy, timeout_s
            )

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish the job being sent and stop; what waits stays in the store."""
        with self._changed:
            self._state.stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
            self._thread = None

    # -- the worker -------------------------------------------------------------------------------

    def _run(self) -> None:
        self._take_up()
        while True:
            with self._changed:
                job = self._next_job()
                stopping = self._state.stopping
            if stopping:
                return
            if job is not None:
                self._send(job)
            else:
                self._confirm_held()

    def _take_up(self) -> None:
        """Bring jobs from before a restart into their states; nothing doubtful is sent."""
        for job in self._store.list_pending():
            if job.state is JobState.SENDING:
                self._mark(job.job_id, PrintOutcome.UNKNOWN, "interrupted")
                self._emit(OutputComplete(job.job_id, PrintOutcome.UNKNOWN, "interrupted"))
            with self._changed:
                state = self._state
                known = {one.job_id for one in state.waiting}
                if job.state in (JobState.PENDING, JobState.NOT_SENT):
                    if job.job_id not in known:
                        state.waiting.append(_Waiting(job.job_id, None))
                    continue
                code = "interrupted" if job.state is JobState.SENDING else job.detail
                state.unresolved[job.job_id] = code
                if job.state is JobState.HELD:
                    state.held.append(job.job_id)

    def _next_job(self) -> _Waiting | None:
        """Wait for work (under the condition); None says that held jobs are to be asked about."""
        state = self._state
        while not state.stopping:
            now = time.monotonic()
            if state.waiting and now >= state.retry_at:
                state.busy = True
                state.sending = state.waiting[0].job_id
                return state.waiting.popleft()
            if state.held and now >= state.confirm_at:
                return None
            times = [state.retry_at] if state.waiting else []
            times += [state.confirm_at] if state.held else []
            self._changed.wait(max(0.0, min(times) - now) if times else None)
        return None

    def _send(self, job: _Waiting) -> None:
        document = job.document or self._load(job.job_id)
        if document is None:
            report = PrintReport(PrintOutcome.NOT_SENT, "illegal", hint_for("illegal"))
        else:
            report = self._print(document, job.job_id)
        self._settle(job, report)

    def _load(self, job_id: str) -> Document | None:
        try:
            return self._store.load(job_id)
        except Exception:
            _logger.exception("print job %s cannot be loaded", job_id)
            return None

    def _print(self, document: Document, job_id: str) -> PrintReport:
        begun = False

        def begin() -> None:
            nonlocal begun
            self._store.begin(job_id)
            begun = True

        try:
            return self._printer.print_document(document, job_id, begin)
        except Exception as error:  # the queue must outlive a full disk and a faulty driver
            _logger.exception("print job %s", job_id)
            code = error.code if isinstance(error, DeviceError) else "failure"
            outcome = PrintOutcome.UNKNOWN if begun else PrintOutcome.NOT_SENT
            return PrintReport(outcome, code, hint_for(code))

    def _mark(self, job_id: str, outcome: PrintOutcome, detail: str) -> None:
        """Tell the store; what it cannot keep is UNKNOWN after a restart, which is safe."""
        try:
            self._store.mark(job_id, outcome, detail)
        except Exception:
            _logger.exception("outcome %s of print job %s was not kept", outcome, job_id)

    def _settle(self, job: _Waiting, report: PrintReport) -> None:
        outcome, code = report.outcome, report.code
        again = outcome is PrintOutcome.NOT_SENT and code != "illegal"
        told = again and code == job.last_code
        if not told:
            self._mark(job.job_id, outcome, code)
        with self._changed:
            state = self._state
            state.busy = False
            state.sending = ""
            if again:
                wait_s = self._backoff_s[min(job.attempts, len(self._backoff_s) - 1)]
                state.waiting.appendleft(
                    _Waiting(job.job_id, job.document, job.attempts + 1, code)
                )
                state.retry_at = time.monotonic() + wait_s
            elif outcome is PrintOutcome.HELD:
                state.held.append(job.job_id)
                state.unresolved[job.job_id] = code
                state.confirm_at = time.monotonic() + self._confirm_every_s
            elif outcome is PrintOutcome.UNKNOWN:
                state.unresolved[job.job_id] = code
            self._changed.notify_all()
        if not told:
            self._emit(OutputComplete(job.job_id, outcome, code))

    def _confirm_held(self) -> None:
        with self._changed:
            held = list(self._state.held)
        for job_id in held:
            report = self._printer.confirm(job_id)
            if report.outcome is PrintOutcome.UNKNOWN:
                self._doubt_held(job_id, report.code)
            if report.outcome is not PrintOutcome.PRINTED:
                continue
            with self._changed:
                if job_id not in self._state.held:  # a person was faster
                    continue
                self._state.held.remove(job_id)
                self._state.unresolved.pop(job_id, None)
                self._state.retry_at = 0.0
            self._mark(job_id, PrintOutcome.PRINTED, "")
            self._emit(OutputComplete(job_id, PrintOutcome.PRINTED))
        with self._changed:
            self._state.confirm_at = time.monotonic() + self._confirm_every_s
            self._changed.notify_all()

    def _doubt_held(self, job_id: str, code: str) -> None:
        """The printer is well again and cannot say: a person is asked, once."""
        with self._changed:
            if job_id not in self._state.held:  # a person was faster
                return
            self._state.held.remove(job_id)
            self._state.unresolved[job_id] = code
        self._mark(job_id, PrintOutcome.UNKNOWN, code)
        self._emit(OutputComplete(job_id, PrintOutcome.UNKNOWN, code))

    def _emit(self, event: OutputComplete) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            _logger.exception("listener failed on %s", event)
