"""Devices that the contract suite runs over, each with the hand that works it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from drivers.escpos.printer import EscposPrinter
from drivers.escpos.profile import PrinterProfile
from drivers.events import ScanEvent, ScannerEvent, ScannerStatus
from drivers.fakes import (
    FakeKeyboard,
    FakePrinter,
    FakeScanner,
    LoopbackTransport,
    PtyPrinter,
    PtyScanner,
    SimulatedPrinter,
    TcpPrinter,
)
from drivers.ports import POSPrinter, Scanner
from drivers.registry import printer_from_url, scanner_from_url
from drivers.scanner.evdev_scanner import EvdevScanner
from drivers.scanner.profile import GENERIC
from pos.scanners import scanner_profile

PROFILE = PrinterProfile(
    "bench-58",
    columns=32,
    dots=384,
    module_dots_max=2,
    status_timeout_ms=300,
    fence_timeout_ms=700,
)


@dataclass
class ScannerBench:
    scanner: Scanner
    scan: Callable[..., None]
    unplug: Callable[[], None]
    replug: Callable[[], None]
    close: Callable[[], None]
    misbehave: Callable[..., None] = lambda fault: None
    events: list[ScannerEvent] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, event: ScannerEvent) -> None:
        self.events.append(event)
        self.changed.set()

    async def until(self, what: Callable[[ScannerBench], bool], timeout_s: float = 5) -> None:
        async with asyncio.timeout(timeout_s):
            while not what(self):
                self.changed.clear()
                await self.changed.wait()

    @property
    def scans(self) -> list[bytes]:
        return [event.data for event in self.events if isinstance(event, ScanEvent)]

    @property
    def states(self) -> list[str]:
        return [event.state.value for event in self.events if isinstance(event, ScannerStatus)]

    def start(self) -> None:
        self.scanner.subscribe(self.hear)
        self.scanner.open()
        self.scanner.claim()
        self.scanner.enable()


def scanner_bench(scanner: Scanner, far: FakeScanner | PtyScanner | FakeKeyboard) -> ScannerBench:
    def close() -> None:
        if not isinstance(far, FakeScanner):
            far.close()

    return ScannerBench(scanner, far.scan, far.unplug, far.replug, close, far.misbehave)


def fake_scanner() -> ScannerBench:
    scanner = FakeScanner("till-scanner")
    return scanner_bench(scanner, scanner)


def pty_scanner() -> ScannerBench:
    far = PtyScanner()
    return scanner_bench(scanner_from_url(far.url + "&gap_ms=40", "till-scanner"), far)


def model_scanner(name: str) -> ScannerBench:
    far = PtyScanner(profile=scanner_profile(name))
    url = far.url + "&gap_ms=40"
    return scanner_bench(scanner_from_url(url, "till-scanner", scanner_profile), far)


def keyboard_scanner() -> ScannerBench:
    far = FakeKeyboard()
    scanner = EvdevScanner(
        far.path,
        replace(GENERIC, gap_ms=40),
        source="till-scanner",
        open_device=far.open_device,
    )
    return scanner_bench(scanner, far)


SCANNERS = {
    "in-process": fake_scanner,
    "serial": pty_scanner,
    "keyboard": keyboard_scanner,
    "honeywell-ack": partial(model_scanner, "honeywell-ack"),
    "zebra-ssi": partial(model_scanner, "zebra-ssi"),
}


@dataclass
class PrinterBench:
    printer: POSPrinter
    far: SimulatedPrinter
    """The simulated printer at the other end."""


@contextmanager
def in_process_printer() -> Iterator[PrinterBench]:
    fake = FakePrinter(PROFILE)
    yield PrinterBench(fake, fake)


@contextmanager
def loopback_printer() -> Iterator[PrinterBench]:
    far = SimulatedPrinter(PROFILE.columns)
    printer = EscposPrinter(lambda: LoopbackTransport(far), PROFILE)
    yield PrinterBench(printer, far)
    printer.close()


@contextmanager
def serial_printer(profile: PrinterProfile = PROFILE) -> Iterator[PrinterBench]:
    with PtyPrinter(columns=profile.columns) as far:
        printer = printer_from_url(far.url, profile)
        yield PrinterBench(printer, far)
        printer.close()


@contextmanager
def tcp_printer() -> Iterator[PrinterBench]:
    with TcpPrinter(columns=PROFILE.columns) as far:
        printer = printer_from_url(far.url, PROFILE)
        yield PrinterBench(printer, far)
        printer.close()


@contextmanager
def device_file_printer() -> Iterator[PrinterBench]:
    """A character device opened by its path, as /dev/usb/lp0 is."""
    with PtyPrinter(columns=PROFILE.columns) as far:
        printer = printer_from_url(f"file:{far.path}", PROFILE)
        yield PrinterBench(printer, far)
        printer.close()


PRINTERS = {
    "in-process": in_process_printer,
    "loopback": loopback_printer,
    "serial": serial_printer,
    "tcp": tcp_printer,
    "file": device_file_printer,
}
