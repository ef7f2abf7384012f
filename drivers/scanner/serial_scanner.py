"""A scanner on a serial line or a USB-COM port."""

from __future__ import annotations

import time
from collections.abc import Callable

from drivers.scanner.line_scanner import LineScanner
from drivers.scanner.profile import GENERIC, ScannerProfile
from drivers.serial_port import SerialPort, SerialSettings


class SerialScanner(LineScanner):
    """Implements Scanner over a serial port, held exclusively."""

    def __init__(
        self,
        settings: SerialSettings,
        profile: ScannerProfile = GENERIC,
        *,
        source: str = "scanner",
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """``settings`` are the line's; those of ``profile`` are for whoever makes them."""
        super().__init__(lambda: SerialPort(settings), profile, source=source, clock_ns=clock_ns)
        self.settings = settings
