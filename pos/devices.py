"""The till's devices, put together from settings and options: scanners, printer, queue, drawer.

Every device may be absent, appear later or vanish; none of them is ever waited for by the screen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.scanners import ScannerBank, make_scanners
from pos.services.context import Till

if TYPE_CHECKING:
    from drivers.events import ScannerEvent
    from drivers.ports import PaymentTerminal
    from drivers.ports import Scanner as ScannerPort
    from pos.counter import Counter
    from pos.printers import PrinterGate, PrinterWatch


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
    scanners = make_scanners(till.settings, scanner_urls)
    till.status.scanner = "disconnected" if scanners else "absent"
    gate = watch = None
    if printer_url or till.settings.printer.url or till.settings.more_printers:
        from pos.printers import connect_printers  # a till without paper never loads them

        gate, watch = connect_printers(till, printer_url)
    till.payment_terminal = payment_terminal(till)
    return Devices(scanners, gate, watch)


def payment_terminal(till: Till) -> PaymentTerminal | None:
    """What tenders of kind `terminal` are paid at; in training it is always the simulation."""
    url = till.settings.payment_terminal.url
    if not url:
        return None
    from drivers.payment_terminal import terminal_from_url

    return terminal_from_url("sim:?amounts=1" if till.training else url, till.home)


__all__ = ["Devices", "connect_devices", "payment_terminal"]
