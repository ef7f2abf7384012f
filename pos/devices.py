"""The till's devices, put together from settings and options: scanners, printer, queue, drawer.

Every device may be absent, appear later or vanish; none of them is ever waited for by the screen.
"""

from __future__ import annotations

import threading
import tomllib
from collections.abc import Callable
from typing import TYPE_CHECKING

from drivers.escpos.profile import PrinterProfile, profile_from_mapping
from drivers.events import PrinterStatusEvent, ScannerEvent
from drivers.registry import printer_from_url
from pos.config import ConfigError, Settings, config_dir
from pos.i18n import N_
from pos.scanners import ScannerBank, make_scanners
from pos.services.context import Till
from pos.services.printing import JournalPrintJobs

if TYPE_CHECKING:
    from pos.counter import Counter
    from drivers.escpos.printer import EscposPrinter
    from drivers.escpos.status import PrinterStatus
    from drivers.ports import PaymentTerminal
    from drivers.ports import Scanner as ScannerPort
    from drivers.print_queue import PrintQueue


class PrinterGate:
    """Hands jobs to the print queue and the drawer's kick to the printer, at once and elsewhere."""

    def __init__(self, printer: EscposPrinter, queue: PrintQueue) -> None:
        self._printer = printer
        self._queue = queue

    def submit(self, job_id: str) -> None:
        """Queue a job that the store keeps."""
        self._queue.submit(job_id)

    def open_drawer(self) -> None:
        """Kick the drawer now or never (P6); what became of it arrives as a device event."""
        self._printer.request_drawer()

    def resolve(self, job_id: str, *, printed: bool) -> None:
        """A person has said whether a doubtful job was printed."""
        self._queue.resolve(job_id, printed=printed)

    def retry_now(self) -> None:
        """Somebody has seen to the printer."""
        self._queue.retry_now()

    def close(self) -> None:
        """Stop the queue; what waits stays in the journal's table."""
        self._queue.stop(2.0)
        self._printer.close()


class PrinterWatch:
    """Asks an idle printer how it is every few seconds, so that the header is true within moments.

    A printer that is busy tells by its job; one that never answers stays `unknown` (P4).
    """

    def __init__(self, till: Till, printer: EscposPrinter, every_s: float = 2.0) -> None:
        self._till = till
        self._printer = printer
        self._every_s = every_s
        self._open_is_high = printer.profile.drawer_open_is_high
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printer-watch", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    def hear(self, event: object) -> None:
        """Take a printer's event: the header's words, then everybody who listens."""
        if isinstance(event, PrinterStatusEvent):
            self._note(event.status)
        self._till.tell(event)

    def _run(self) -> None:
        while True:
            self._note(self._printer.status())
            if self._stopping.wait(self._every_s):
                return

    def _note(self, status: PrinterStatus) -> None:
        words = self._till.status
        if not status.known:
            words.printer = "unknown"
        elif status.trouble:
            words.printer = status.trouble if status.trouble in _WORDS else "offline"
        else:
            words.printer = "near_end" if status.paper_near_end else "ok"
        level = status.drawer_pin_high
        if level is None:
            words.drawer = "unknown"
        else:
            words.drawer = "open" if level == self._open_is_high else "closed"


_WORDS = ("paper_end", "cover_open", "offline")


class Devices:
    """Devices of one till."""

    def __init__(
        self,
        scanners: list[ScannerPort],
        gate: PrinterGate | None,
        watch: PrinterWatch | None = None,
    ) -> None:
        self.scanners = ScannerBank(scanners)
        self.gate = gate
        self.watch = watch
        self.counter: Counter | None = None
        """Scale and customer's display, where the till has a person before it."""

    def enable(self, on_scan: Callable[[ScannerEvent], None]) -> None:
        """Start the scanners on the running event loop."""
        self.scanners.enable(on_scan)
        if self.counter is not None:
            self.counter.enable()

    def close(self) -> None:
        """Let every device go."""
        self.scanners.close()
        if self.counter is not None:
            self.counter.close()
        if self.watch is not None:
            self.watch.stop()
        if self.gate is not None:
            self.gate.close()


def connect_devices(
    till: Till, scanner_urls: tuple[str, ...] = (), printer_url: str | None = None
) -> Devices:
    """Make the devices that the options or else the settings name; nothing is opened yet.

    Raises drivers' `Illegal` for a URL that means nothing, ConfigError for a profile that is not
    there.
    """
    from drivers.print_queue import PrintQueue

    scanners = make_scanners(till.settings, scanner_urls)
    till.status.scanner = "disconnected" if scanners else "absent"
    url = printer_url if printer_url is not None else till.settings.printer.url
    gate = watch = None
    if url:
        profile = printer_profile(till.settings)
        heard: list[PrinterWatch] = []
        printer = printer_from_url(
            url, profile, on_event=lambda event: heard[0].hear(event) if heard else None
        )
        watch = PrinterWatch(till, printer)
        heard.append(watch)
        jobs = JournalPrintJobs(till, profile.columns)
        queue = PrintQueue(printer, jobs, on_event=till.tell)
        gate = PrinterGate(printer, queue)
        queue.start()
        till.printer = gate
        till.status.printer = "unknown"
        if profile.status != "none":
            watch.start()
    till.payment_terminal = payment_terminal(till)
    return Devices(scanners, gate, watch)


def payment_terminal(till: Till) -> PaymentTerminal | None:
    """What tenders of kind `terminal` are paid at; in training it is always the simulation."""
    from drivers.payment_terminal import terminal_from_url

    url = till.settings.payment_terminal.url
    if not url:
        return None
    return terminal_from_url("sim:?amounts=1" if till.training else url, till.home)


def printer_profile(settings: Settings) -> PrinterProfile:
    """The profile that the settings name, from `config/printers`."""
    path = config_dir() / "printers" / f"{settings.printer.profile}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.toml")))
        from pos.config import Problem

        raise ConfigError(
            [
                Problem(
                    N_("printer.profile: expected one of {known}, got {name}"),
                    values={"known": known, "name": settings.printer.profile},
                )
            ]
        )
    with path.open("rb") as file:
        return profile_from_mapping(tomllib.load(file))
