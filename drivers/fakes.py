"""Simulated devices that ship with the product.

``FakeScanner`` and ``FakePrinter`` implement the ports in-process. ``PtyScanner`` and
``FakeKeyboard`` (:mod:`drivers.fakes_scanner`), ``PtyPrinter`` and ``TcpPrinter``
(:mod:`drivers.fakes_wire`) stand at the other end of a pseudo-terminal, a named pipe or a
socket, so that the real drivers open them like hardware. ``python -m drivers.fakes`` runs one from
the command line (:mod:`drivers.fakes_cli`).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from drivers.document import Document, without_drawer
from drivers.errors import NoHardware, hint_for
from drivers.escpos import commands
from drivers.escpos.compiler import compile_counted
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.status import PrinterStatus
from drivers.events import (
    ConnectionState,
    DrawerOutcome,
    PrintOutcome,
    ScanEvent,
    ScannerEvent,
)
from drivers.fakes_scanner import FakeKeyboard, PtyScanner
from drivers.fakes_wire import PtyPrinter, TcpPrinter
from drivers.ports import DrawerReport, Feedback, PrintReport
from drivers.scanner.base import ScannerBase
from drivers.scanner.session import ScannerSession
from drivers.scanner.simulated import ScannerFault, SimulatedScanner
from drivers.simulated_printer import LoopbackTransport, SimulatedPrinter

__all__ = [
    "FakeKeyboard",
    "FakePrinter",
    "FakeScanner",
    "LoopbackTransport",
    "PtyPrinter",
    "PtyScanner",
    "SimulatedPrinter",
    "TcpPrinter",
]


class FakePrinter(SimulatedPrinter):
    """A POSPrinter in-process, without waiting: for tests of what stands above the drivers."""

    def __init__(self, profile: PrinterProfile | None = None, name: str = "printer") -> None:
        """Print on a simulated printer of ``profile``."""
        self.profile = profile or PrinterProfile("fake-80", columns=48, dots=576)
        super().__init__(self.profile.columns)
        self.name = name
        self.jobs: list[str] = []
        """Identifiers of the jobs that were sent, in order."""
        self._held: dict[str, int] = {}
        self._unplugged = False
        self._fences = 0
        self._answered = 0

    def unplug(self) -> None:
        """Pull the cable."""
        self._unplugged = True

    def replug(self) -> None:
        """Plug it in again."""
        self._unplugged = False

    def print_document(
        self,
        document: Document,
        job_id: str,
        on_sending: Callable[[], None] | None = None,
    ) -> PrintReport:
        """Print at once; the outcome follows from the simulated printer's state."""
        trouble = self._trouble()
        if trouble:
            return PrintReport(PrintOutcome.NOT_SENT, trouble, hint_for(trouble))
        compiled = compile_counted(without_drawer(document), self.profile)
        if on_sending is not None:
            on_sending()
        self.jobs.append(job_id)
        self._fences += 1
        self._take(compiled.data + commands.TRANSMIT_PAPER)
        if self._answered >= self._fences:
            return PrintReport(PrintOutcome.PRINTED, substitutions=compiled.substitutions)
        self._held[job_id] = self._fences
        trouble = self.status().trouble or "not_confirmed"
        return PrintReport(PrintOutcome.HELD, trouble, hint_for(trouble))

    def confirm(self, job_id: str) -> PrintReport:
        """PRINTED once the held job has come out."""
        fence = self._held.get(job_id)
        if fence is not None and self._answered >= fence:
            del self._held[job_id]
            return PrintReport(PrintOutcome.PRINTED)
        return PrintReport(PrintOutcome.HELD, "not_confirmed", hint_for("not_confirmed"))

    def forget(self, job_id: str) -> None:
        """Stop waiting for a held job."""
        self._held.pop(job_id, None)

    def status(self) -> PrinterStatus:
        """The simulated printer's state; empty when it is unplugged or does not answer."""
        model = self.model
        if self._unplugged or model.silent or model.dead or model.nonsense:
            return PrinterStatus()
        return PrinterStatus(
            online=model.ready,
            cover_open=model.cover_open,
            paper_end=not model.paper,
            paper_near_end=model.paper_low,
            drawer_pin_high=model.drawer_open,
        )

    def open_drawer(self) -> DrawerReport:
        """Kick the simulated drawer, or refuse."""
        trouble = self._trouble()
        if trouble:
            return DrawerReport(DrawerOutcome.REFUSED, trouble, hint_for(trouble))
        self._take(commands.drawer_pulse(self.profile.drawer_pin, self.profile.drawer_pulse_ms))
        return DrawerReport(DrawerOutcome.KICKED)

    def drawer_opened(self) -> bool | None:
        """Whether the simulated drawer stands open."""
        return self.status().drawer_pin_high

    def close(self) -> None:
        """Nothing to let go of."""

    def _trouble(self) -> str:
        return "no_hardware" if self._unplugged else self.status().trouble

    def _flush(self) -> None:
        self._answered += len(self.model.take_output())


class FakeScanner(ScannerBase):
    """A Scanner in-process."""

    def __init__(
        self,
        source: str = "scanner",
        *,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Plugged in, not yet open."""
        super().__init__(source)
        self.model = SimulatedScanner()
        self.shown: list[Feedback] = []
        """What the till let the scanner show, in order."""
        self._session = ScannerSession(self.model.profile, source)
        self._clock_ns = clock_ns
        self._plugged = True

    def feedback(self, kind: Feedback) -> None:
        """Remember it."""
        self.shown.append(kind)

    def scan(self, code: str | bytes, symbology_id: str = "") -> None:
        """Deliver one code; unplugged or disabled, it is lost."""
        if not (self._enabled and self._plugged):
            return
        now_ns = self._clock_ns()
        if self.model.fault is None:
            body = code.encode("ascii") if isinstance(code, str) else code
            self._emit(ScanEvent(body, self.source, now_ns, symbology_id or None))
            return
        heard: list[ScannerEvent] = []
        for piece in self.model.pieces(code, symbology_id):
            heard += self._session.feed(piece, now_ns)
        for event in heard + self._session.reset(now_ns):
            self._emit(event)

    def misbehave(self, fault: ScannerFault | str | None) -> None:
        """Go wrong in this way from now on; None recovers."""
        self.model.fault = ScannerFault(fault) if fault else None

    def unplug(self) -> None:
        """Pull the cable."""
        self._plugged = False
        self._say()

    def replug(self) -> None:
        """Plug it in again."""
        self._plugged = True
        self._say()

    def _begin(self) -> None:
        self._say()

    def _end(self) -> None:
        """Nothing to let go of."""

    def _say(self) -> None:
        if not self._enabled:
            return
        if self._plugged:
            self._announce(ConnectionState.CONNECTED)
        else:
            self._announce(ConnectionState.DISCONNECTED, NoHardware.default_code)


if __name__ == "__main__":
    from drivers.fakes_cli import main

    raise SystemExit(main(sys.argv[1:]))
