"""The ESC/POS printer driver: pre-flight status, send, fence, outcome (P5).

Theory of operation. That bytes were written says nothing: a printer without paper takes two
kilobytes and prints none of them. A job therefore goes through four steps, each with its outcome:

1. *Pre-flight*: ask the printer. No answer, no paper, an open cover: NOT_SENT, safe to repeat.
2. *Send*. Nothing could be written: NOT_SENT. A part: UNKNOWN.
3. *Fence*: a question that is answered only after everything before it was processed; GS ( H with
   the job's number, else GS r, else the status after the job's time. Answered: PRINTED. A number
   that is not this job's own proves nothing: a clone may echo the same one for ever.
4. While the fence is silent, ask for the status. The printer says that it waits for paper or a
   cover: HELD; the job is in its buffer and comes out by itself, so it must not be sent again, and
   :meth:`EscposPrinter.confirm` listens for the fence. It says nothing, or that all is well:
   UNKNOWN.

What the device can do is found out once and remembered (:mod:`drivers.escpos.capabilities`).

The connection stays open while a job is held, since its answer can come only there. A printer
that is well again without having answered in time has lost the job or cannot tell: its power was
off, the connection broke, or it knows no fence. The job is then UNKNOWN, and a person is asked.

The drawer is never kicked late: a kick waits for the device at most three seconds, is sent only
to a printer that has just said that it is online, and otherwise refused (P6).
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from drivers.document import Document, without_drawer
from drivers.errors import DeviceError, hint_for
from drivers.escpos import commands
from drivers.escpos.capabilities import BriefMemory, CapabilityMemory
from drivers.escpos.compiler import Compiled, compile_counted, has_rare
from drivers.escpos.fence import FENCE_GRACE_S, Fence
from drivers.escpos.fonts import load_glyphs
from drivers.escpos.glyphs import GlyphSource
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.session import DRAWER_QUESTION, Session
from drivers.escpos.status import PrinterStatus
from drivers.events import DrawerEvent, DrawerOutcome, PrinterStatusEvent, PrintOutcome
from drivers.ports import DrawerReport, PrintReport
from drivers.transports import TcpTransport, TransportFactory, WriteFailed

DRAWER_DEADLINE_S: Final = 3.0

PrinterEvent = PrinterStatusEvent | DrawerEvent


@dataclass(slots=True)
class _Held:
    """A job in the printer's buffer, waiting for paper or a cover."""

    identifier: bytes
    """What its answer is known by; empty when the printer gives none."""
    takes_s: float
    """Longest time from the printer's recovery to the answer, or to the end of the paper."""
    well_since: float | None = None
    """When the printer was first seen well again; None while it is not."""


def _report(outcome: PrintOutcome, code: str = "", substitutions: int = 0) -> PrintReport:
    return PrintReport(outcome, code, hint_for(code), substitutions)


def _refused(code: str) -> DrawerReport:
    return DrawerReport(DrawerOutcome.REFUSED, code, hint_for(code))


class EscposPrinter:
    """A receipt printer behind any transport; implements POSPrinter and CashDrawer.

    Every call blocks, bounded by the profile's timeouts, and may come from any thread: one lock
    per device. :meth:`request_drawer` runs on the driver's own thread instead.
    """

    def __init__(
        self,
        transport_factory: TransportFactory,
        profile: PrinterProfile,
        *,
        name: str = "printer",
        on_event: Callable[[PrinterEvent], None] | None = None,
        memory: CapabilityMemory | None = None,
    ) -> None:
        """Nothing is opened before the first call."""
        self.name = name
        self.profile = profile
        self._fence = Fence(profile, memory if memory is not None else BriefMemory(), self._note)
        self._factory = transport_factory
        self._on_event = on_event
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._held: dict[str, _Held] = {}
        self._settled: set[str] = set()
        self._numbers = itertools.count(int(time.time()) % 90**3)
        self._last_status: PrinterStatus | None = None
        self._last_code = ""
        self._drawer_thread: ThreadPoolExecutor | None = None

    # -- printing ---------------------------------------------------------------------------------

    def print_document(
        self,
        document: Document,
        job_id: str,
        on_sending: Callable[[], None] | None = None,
    ) -> PrintReport:
        """Print one job and say what became of it; drawer pulses in it are left out.

        ``on_sending`` is called once, when the printer is ready and before its first byte goes
        out: the place to note durably that the job may have been printed.
        """
        try:
            compiled = self._compile(without_drawer(document))
        except DeviceError as error:
            return _report(PrintOutcome.NOT_SENT, error.code)
        with self._lock:
            report = self._print(compiled.data, job_id, on_sending)
            self._end_job()
        return PrintReport(report.outcome, report.code, report.hint, compiled.substitutions)

    def _compile(self, document: Document) -> Compiled:
        profile = self.profile
        glyphs: GlyphSource | None = None
        if profile.raster:
            glyphs = load_glyphs(profile.font)
        elif profile.draws and has_rare(document):
            with contextlib.suppress(DeviceError):  # without a font the character is a "?"
                glyphs = load_glyphs(profile.font)
        return compile_counted(document, profile, glyphs)

    def _print(
        self, data: bytes, job_id: str, on_sending: Callable[[], None] | None
    ) -> PrintReport:
        try:
            session, trouble = self._ready_session()
        except DeviceError as error:
            self._drop_session()
            return _report(PrintOutcome.NOT_SENT, error.code)
        if session is None or trouble:
            return _report(PrintOutcome.NOT_SENT, trouble)
        self._settle_held(session)
        if on_sending is not None:
            on_sending()
        identifier = self._identifier()
        try:
            session.transport.write(
                data + self._fence.ask(session, job_id, identifier),
                self.profile.write_timeout_ms / 1000,
            )
        except WriteFailed as failure:
            self._drop_session()
            if failure.sent == 0:
                return _report(PrintOutcome.NOT_SENT, failure.cause.code)
            return _report(PrintOutcome.UNKNOWN, "partial")
        return self._await_fence(session, job_id, identifier, len(data))

    def _ready_session(self, within_s: float | None = None) -> tuple[Session | None, str]:
        """A session and what stops its printer; a stale connection is made anew once."""
        fresh = self._session is None
        try:
            return self._preflight(within_s)
        except (WriteFailed, DeviceError) as failure:
            self._drop_session()
            if fresh:
                raise (failure.cause if isinstance(failure, WriteFailed) else failure) from failure
        try:
            return self._preflight(within_s)
        except WriteFailed as failure:
            raise failure.cause from failure

    def _preflight(self, within_s: float | None) -> tuple[Session | None, str]:
        session = self._open_session(within_s)
        if self.profile.status == "none":
            return session, ""
        status = session.ask_status(timeout_s=within_s)
        self._note(status)
        return session, status.trouble

    def _await_fence(
        self, session: Session, job_id: str, identifier: bytes, length: int
    ) -> PrintReport:
        try:
            verdict = self._fence.outcome(session, job_id, identifier, length)
        except (DeviceError, WriteFailed):
            self._drop_session()
            return _report(PrintOutcome.UNKNOWN, "connection_lost")
        if verdict.outcome is PrintOutcome.HELD:
            takes_s = length / self.profile.bytes_per_second
            if verdict.identifier:
                takes_s += self.profile.fence_timeout_ms / 1000
            self._held[job_id] = _Held(verdict.identifier, takes_s)
        elif verdict.outcome is PrintOutcome.UNKNOWN and self.profile.fence != "none":
            # What is still queued here must not come out after somebody has decided.
            session.transport.finish()
            self._drop_session()
        return _report(verdict.outcome, verdict.code)

    def _identifier(self) -> bytes:
        """Four bytes 0x21-0x7A for GS ( H, different for each job of this run."""
        number = next(self._numbers)
        return bytes(0x21 + number // 90**place % 90 for place in range(4))

    # -- held jobs --------------------------------------------------------------------------------

    def confirm(self, job_id: str) -> PrintReport:
        """Listen for the fence of a HELD job: PRINTED when it has come, otherwise still HELD.

        UNKNOWN when the printer is well again and the answer will not come.
        """
        with self._lock:
            if job_id in self._settled:
                self._settled.discard(job_id)
                return _report(PrintOutcome.PRINTED)
            held = self._held.get(job_id)
            try:
                session = self._open_session()
                if held is not None and self._fence.heard(session, job_id, held.identifier):
                    del self._held[job_id]
                    self._note(session.ask_status())
                    self._end_job()
                    return _report(PrintOutcome.PRINTED)
                status = session.ask_status()
            except (DeviceError, WriteFailed):
                self._drop_session()
                return _report(PrintOutcome.HELD, "connection_lost")
            self._note(status)
            if not status.ready:
                if held is not None:
                    held.well_since = None
                self._end_job()
                return _report(PrintOutcome.HELD, status.trouble or "not_confirmed")
            if held is not None and not self._waited_out(held):
                return _report(PrintOutcome.HELD, "not_confirmed")
            self._held.pop(job_id, None)
            self._end_job()
            return _report(PrintOutcome.UNKNOWN, "not_confirmed")

    @staticmethod
    def _waited_out(held: _Held) -> bool:
        """Whether a printer that is well again has had the time that the job takes."""
        now = time.monotonic()
        held.well_since = held.well_since or now
        return now - held.well_since >= held.takes_s

    def forget(self, job_id: str) -> None:
        """Stop waiting for a HELD job; its data are dropped where the printer can do that."""
        with self._lock:
            if self._held.pop(job_id, None) is None:
                return
            if self._session is not None and self.profile.clear_buffer:
                try:
                    self._session.transport.write(
                        commands.CLEAR_BUFFER, self.profile.status_timeout_ms / 1000
                    )
                except (DeviceError, WriteFailed):
                    self._drop_session()
            self._end_job()

    def _settle_held(self, session: Session) -> None:
        """Hear the last of held jobs before a new one: unnumbered answers must not be mixed up."""
        deadline = time.monotonic() + FENCE_GRACE_S
        for job_id, held in list(self._held.items()):
            heard = self._fence.heard(session, job_id, held.identifier)
            while held.identifier and not heard and time.monotonic() < deadline:
                session.pump(max(0.0, deadline - time.monotonic()))
                heard = self._fence.heard(session, job_id, held.identifier)
            if heard:
                self._settled.add(job_id)
            del self._held[job_id]
        session.asked_in_order.clear()

    # -- status and drawer ------------------------------------------------------------------------

    def status(self, within_s: float | None = None) -> PrinterStatus:
        """Ask the printer; no answer and no device give an empty status.

        ``within_s`` bounds the wait for the connection and for the answer, in place of the
        profile's time-outs: for somebody who asks again soon. The connection is not kept and not
        drained: a network printer serves one till at a time.
        """
        with self._lock:
            if self.profile.status == "none":
                return PrinterStatus()
            try:
                _, _ = self._ready_session(within_s)
                status = self._last_status or PrinterStatus()
            except DeviceError as error:
                self._drop_session()
                status = PrinterStatus()
                self._note(status, error.code)
            session = self._session
            if session is not None and session.transport.per_job and not self._held:
                session.transport.close()
                self._session = None
            return status

    def drawer_opened(self) -> bool | None:
        """Whether the drawer stands open; None when the printer does not say."""
        level = self.status().drawer_pin_high
        return None if level is None else level == self.profile.drawer_open_is_high

    def open_drawer(self) -> DrawerReport:
        """Kick the drawer within 3 s of this call, or refuse."""
        return self._open_drawer(time.monotonic() + DRAWER_DEADLINE_S)

    def request_drawer(self) -> Future[DrawerReport]:
        """Kick the drawer on the driver's own thread; the 3 s count from this call."""
        if self._drawer_thread is None:
            self._drawer_thread = ThreadPoolExecutor(1, thread_name_prefix=f"{self.name}-drawer")
        deadline = time.monotonic() + DRAWER_DEADLINE_S
        return self._drawer_thread.submit(self._open_drawer, deadline)

    def _open_drawer(self, deadline: float) -> DrawerReport:
        if not self.profile.drawer_pin:
            report = _refused("illegal")
        elif not self._lock.acquire(timeout=max(0.0, deadline - time.monotonic())):
            report = _refused("drawer_late")
        else:
            try:
                report = self._kick(deadline)
            except DeviceError as error:
                self._drop_session()
                report = _refused(error.code)
            finally:
                self._end_job()
                self._lock.release()
        if self._on_event is not None:
            self._on_event(
                DrawerEvent(self.name, report.outcome, time.monotonic_ns(), report.code)
            )
        return report

    def _kick(self, deadline: float) -> DrawerReport:
        session, trouble = self._ready_session()
        if session is None or trouble:
            return _refused(trouble)
        if time.monotonic() >= deadline:
            return _refused("drawer_late")
        pulse = commands.drawer_pulse(self.profile.drawer_pin, self.profile.drawer_pulse_ms)
        ordered = self._fence.ordered
        if ordered:
            session.answered.discard(DRAWER_QUESTION)
            session.asked_in_order.append(DRAWER_QUESTION)
            pulse += commands.TRANSMIT_DRAWER
        try:
            session.transport.write(pulse, max(0.05, deadline - time.monotonic()))
        except WriteFailed as failure:
            self._drop_session()
            if failure.sent == 0:
                return _refused(failure.cause.code)
            return self._unconfirmed()
        if not ordered:
            return DrawerReport(DrawerOutcome.KICKED)
        try:
            if session.wait_answered(DRAWER_QUESTION, time.monotonic() + session.status_timeout_s):
                return DrawerReport(DrawerOutcome.KICKED)
        except DeviceError:
            pass
        self._drop_session()  # which takes back what has not left this machine
        return self._unconfirmed()

    @staticmethod
    def _unconfirmed() -> DrawerReport:
        code = "drawer_not_confirmed"
        return DrawerReport(DrawerOutcome.UNKNOWN, code, hint_for(code))

    # -- connection -------------------------------------------------------------------------------

    def close(self) -> None:
        """Let go of the device; held jobs stay with the queue."""
        if self._drawer_thread is not None:
            self._drawer_thread.shutdown(wait=True)
            self._drawer_thread = None
        with self._lock:
            if self._session is not None:
                self._session.transport.finish()
                self._session = None

    def _open_session(self, within_s: float | None = None) -> Session:
        if self._session is None:
            transport = self._factory()
            if within_s is not None and isinstance(transport, TcpTransport):
                transport.connect_timeout_s = within_s
            transport.open()
            self._session = Session(transport, self.profile.status_timeout_ms / 1000)
        return self._session

    def _drop_session(self) -> None:
        if self._session is not None:
            self._session.transport.close()
            self._session = None
        # Their answers could come only through that connection.
        self._held.clear()

    def _end_job(self) -> None:
        """Close a per-job connection, unless a held job's answer can still come through it."""
        session = self._session
        if session is None or not session.transport.per_job or self._held:
            return
        session.transport.finish()
        self._session = None

    def _note(self, status: PrinterStatus, code: str = "") -> None:
        """Tell what is new; ``code`` says why there is no answer at all."""
        if (status, code) == (self._last_status, self._last_code):
            return
        self._last_status, self._last_code = status, code
        if self._on_event is not None:
            self._on_event(PrinterStatusEvent(self.name, status, code or status.trouble))
