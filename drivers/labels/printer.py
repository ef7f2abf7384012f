"""The driver of label printers: pre-flight status, send, wait until they have come out (P5).

It is a POSPrinter for documents that hold :class:`drivers.label.Label`. There is no numbered fence
in TSPL or ZPL; the status says whether labels are still coming out, which is the proof: good before
the job, busy or good while it prints, good after it. Out of labels or open, the printer keeps the
job and prints on by itself, so the job is HELD and never sent again. One that was not heard of for a
while, or through another connection, may have been switched off and have lost it: UNKNOWN.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from drivers.document import Document
from drivers.errors import DeviceError, hint_for
from drivers.escpos.status import PrinterStatus
from drivers.events import DrawerOutcome, PrinterStatusEvent, PrintOutcome
from drivers.labels import tspl, zpl
from drivers.labels.placing import CompiledLabels
from drivers.labels.profile import LabelProfile
from drivers.ports import DrawerReport, PrintReport
from drivers.transports import Transport, TransportFactory, WriteFailed

_POLL_S: Final = 0.1
_SETTLE_S: Final = 0.2
"""A printer may say that it is idle in the moment before the first label moves."""


_CAUSES_MAX: Final = 3
"""More causes at once than this are noise on the line."""


def _report(outcome: PrintOutcome, code: str = "") -> PrintReport:
    return PrintReport(outcome, code, hint_for(code))


class LabelPrinter:
    """A label printer behind any transport; implements POSPrinter."""

    def __init__(
        self,
        transport_factory: TransportFactory,
        profile: LabelProfile,
        *,
        name: str = "labels",
        on_event: Callable[[PrinterStatusEvent], None] | None = None,
    ) -> None:
        """Nothing is opened before the first call."""
        self.name = name
        self.profile = profile
        self._factory = transport_factory
        self._on_event = on_event
        self._lock = threading.Lock()
        self._transport: Transport | None = None
        self._last_status: PrinterStatus | None = None
        self._failure = ""
        """Why the last question could not even be asked."""

        self._held: set[str] = set()
        """Jobs in the printer's buffer; their connection is kept."""

        self._out_of_sight = False
        """Since a job was held, a question was not answered or the connection was another one."""

    def print_document(
        self,
        document: Document,
        job_id: str,
        on_sending: Callable[[], None] | None = None,
    ) -> PrintReport:
        """Print the labels of ``document``; one without labels is refused as ``illegal``."""
        try:
            compiled = self._compile(document)
        except DeviceError as error:
            return _report(PrintOutcome.NOT_SENT, error.code)
        with self._lock:
            report = self._print(compiled, on_sending)
            if report.outcome is PrintOutcome.HELD:
                self._held.add(job_id)
                self._out_of_sight = False
            self._end_job()
        return PrintReport(report.outcome, report.code, report.hint, compiled.substitutions)

    def confirm(self, job_id: str) -> PrintReport:
        """A HELD job is PRINTED when the printer is well again and has nothing left to do.

        UNKNOWN when it may have been off meanwhile.
        """
        with self._lock:
            before = self._transport
            status, busy = self._ask()
            if before is None or self._transport is not before or not status.known:
                self._out_of_sight = True
            if status.ready and not busy:
                self._held.discard(job_id)
                self._end_job()
                if self._out_of_sight:
                    return _report(PrintOutcome.UNKNOWN, "not_confirmed")
                return _report(PrintOutcome.PRINTED)
        return _report(PrintOutcome.HELD, status.trouble or "not_confirmed")

    def forget(self, job_id: str) -> None:
        """Stop waiting for a HELD job; the printer's own keys drop its data."""
        with self._lock:
            self._held.discard(job_id)
            self._end_job()

    def status(self) -> PrinterStatus:
        """Ask the printer; no answer and no device give an empty status."""
        with self._lock:
            status, _ = self._ask()
            self._end_job()
            return status

    def open_drawer(self) -> DrawerReport:
        """No drawer hangs on a label printer."""
        return DrawerReport(DrawerOutcome.REFUSED, "illegal", hint_for("illegal"))

    def close(self) -> None:
        """Let go of the device."""
        with self._lock:
            if self._transport is not None:
                self._transport.finish()
                self._transport = None

    # -- inside -----------------------------------------------------------------------------------

    def _compile(self, document: Document) -> CompiledLabels:
        if self.profile.language == "tspl":
            return tspl.compile_labels(document, self.profile)
        return zpl.compile_labels(document, self.profile)

    def _print(
        self, compiled: CompiledLabels, on_sending: Callable[[], None] | None
    ) -> PrintReport:
        if self.profile.status != "none":
            status, _ = self._ask()
            if status.trouble:
                return _report(PrintOutcome.NOT_SENT, self._trouble(status))
        try:
            transport = self._open()
        except DeviceError as error:
            return _report(PrintOutcome.NOT_SENT, error.code)
        if on_sending is not None:
            on_sending()
        try:
            transport.write(compiled.data, self.profile.write_timeout_ms / 1000)
        except WriteFailed as failure:
            self._drop()
            if failure.sent == 0:
                return _report(PrintOutcome.NOT_SENT, failure.cause.code)
            return _report(PrintOutcome.UNKNOWN, "partial")
        if self.profile.status == "none":
            return _report(PrintOutcome.PRINTED)
        return self._watch(compiled.labels)

    def _watch(self, labels: int) -> PrintReport:
        begun = time.monotonic()
        deadline = begun + self.profile.label_ms / 1000 * labels
        while True:
            status, busy = self._ask()
            now = time.monotonic()
            if status.known and status.trouble:
                return _report(PrintOutcome.HELD, status.trouble)
            if status.ready and not busy and now >= begun + _SETTLE_S:
                return _report(PrintOutcome.PRINTED)
            if now >= deadline:
                return _report(PrintOutcome.UNKNOWN, "not_confirmed")
            time.sleep(_POLL_S)

    def _trouble(self, status: PrinterStatus) -> str:
        return status.trouble if status.known else self._failure or "no_answer"

    def _ask(self) -> tuple[PrinterStatus, bool]:
        """The status and whether labels are coming out; an empty one when there is no answer."""
        self._failure = ""
        status, busy = PrinterStatus(), False
        if self.profile.status != "none":
            try:
                answer = self._question(self._open())
            except DeviceError as error:
                self._failure, answer = error.code, None
                self._drop()
            except WriteFailed as failure:
                self._failure, answer = failure.cause.code, None
                self._drop()
            if answer is not None:
                status, busy = answer
        self._note(status)
        return status, busy

    def _question(self, transport: Transport) -> tuple[PrinterStatus, bool] | None:
        timeout_s = self.profile.status_timeout_ms / 1000
        while transport.read(0):
            pass
        deadline = time.monotonic() + timeout_s
        if self.profile.language == "tspl":
            transport.write(tspl.ASK_STATUS, timeout_s)
            while (left := deadline - time.monotonic()) > 0:
                for value in transport.read(left):
                    return _tspl_answer(value)
            return None
        transport.write(zpl.ASK_STATUS, timeout_s)
        heard = b""
        while heard.count(b"\x03") < zpl.STATUS_LINES:
            left = deadline - time.monotonic()
            if left <= 0 or len(heard) > 1000:
                return None
            heard += transport.read(left)
        return zpl.decode_status([part.rpartition(b"\x02")[2] for part in heard.split(b"\x03")])

    def _note(self, status: PrinterStatus) -> None:
        if status != self._last_status:
            self._last_status = status
            if self._on_event is not None:
                self._on_event(PrinterStatusEvent(self.name, status, status.trouble))

    def _open(self) -> Transport:
        if self._transport is None:
            made = self._factory()
            made.open()
            self._transport = made
        return self._transport

    def _drop(self) -> None:
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _end_job(self) -> None:
        if self._transport is not None and self._transport.per_job and not self._held:
            self._transport.finish()
            self._transport = None


def _tspl_answer(value: int) -> tuple[PrinterStatus, bool] | None:
    """What one byte says; None for noise, which is never good news."""
    if value.bit_count() > _CAUSES_MAX:
        return None
    return tspl.decode_status(value)
