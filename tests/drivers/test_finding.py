"""Finding what is plugged in: ports by id, a printer's speed, a scanner's speed and framing."""

from __future__ import annotations

import os
import termios
import threading

import pytest

from drivers import finding
from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyLink, PtyPrinter
from drivers.scanner.framing import Framing
from drivers.serial_port import SerialPort, SerialSettings

SPEEDS = {9600: termios.B9600, 19200: termios.B19200, 115200: termios.B115200}


class PickyDevice:
    """Understands, and is understood, at its own speed alone."""

    def __init__(self, baudrate: int, link=None) -> None:
        self._link = PtyLink(link, "device")
        self.path = self._link.path
        self._speed = SPEEDS[baudrate]
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def matches(self) -> bool:
        return bool(termios.tcgetattr(self._link.master)[4] == self._speed)

    def _serve(self) -> None:
        while not self._stopping.wait(0.005):
            try:
                if os.read(self._link.master, 64) == finding.DLE_EOT_1 and self.matches:
                    os.write(self._link.master, b"\x16")
            except OSError:
                continue

    def scan(self, code: bytes) -> None:
        os.write(self._link.master, code + b"\r" if self.matches else b"\xf8\x80\xfe\x00")

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(2)
        self._link.close()


@pytest.fixture
def picky():
    made = []

    def make(baudrate: int) -> PickyDevice:
        made.append(PickyDevice(baudrate))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_ports_go_by_their_stable_names_and_each_is_named_once(tmp_path):
    by_id = tmp_path / "serial" / "by-id"
    by_id.mkdir(parents=True)
    (tmp_path / "usb").mkdir()
    for name in ("ttyUSB0", "ttyACM1", "usb/lp0", "ttyS0"):
        (tmp_path / name).touch()
    (by_id / "usb-Honeywell_1470g-if00").symlink_to("../../ttyUSB0")
    (by_id / "usb-gone").symlink_to("../../ttyUSB9")

    assert [(one.label, one.usb_printer) for one in finding.ports(tmp_path)] == [
        ("usb-Honeywell_1470g-if00", False),
        ("ttyACM1", False),
        ("lp0", True),
    ]


def test_a_folder_without_devices_has_none(tmp_path):
    assert finding.ports(tmp_path) == []


@pytest.mark.parametrize("baudrate", [9600, 19200, 115200])
def test_a_printer_is_found_at_its_speed(picky, baudrate):
    found = finding.find_printer(picky(baudrate).path, answer_s=0.1)

    assert found is not None
    assert found.baudrate == baudrate


def test_the_simulated_printer_is_a_printer_and_a_scanner_is_none():
    with PtyPrinter() as printer, PtyScanner() as scanner:
        assert finding.find_printer(printer.path) is not None
        assert finding.find_printer(scanner.path, answer_s=0.05) is None


def test_a_port_in_use_and_one_that_is_gone_are_no_printers(tmp_path):
    with PtyPrinter() as printer:
        held = SerialPort(SerialSettings(printer.path))
        assert finding.find_printer(printer.path, answer_s=0.05) is None
        held.close()
    assert finding.find_printer(str(tmp_path / "nothing")) is None


@pytest.mark.parametrize("framing", [one for one in Framing if one is not Framing.SSI])
def test_a_scan_tells_the_port_and_how_codes_end(framing):
    with PtyScanner(framing=framing) as scanner, PtyScanner() as other:
        threading.Timer(0.2, scanner.scan, ["6901234567892"]).start()
        found = finding.find_scanner([other.path, scanner.path], timeout_s=5)

    assert found is not None
    assert (found.path, found.framing, found.code) == (scanner.path, framing, "6901234567892")


def test_a_garbled_scan_tries_the_next_speed_and_asks_again(picky):
    device = picky(19200)
    asked: list[int] = []

    def again(baudrate: int) -> None:
        asked.append(baudrate)
        threading.Timer(0.1, device.scan, [b"6901234567892"]).start()

    threading.Timer(0.1, device.scan, [b"6901234567892"]).start()
    found = finding.find_scanner([device.path], timeout_s=10, on_garbage=again)

    assert found is not None
    assert (found.baudrate, found.code) == (19200, "6901234567892")
    assert asked == [115200, 19200]


def test_nobody_scans(tmp_path):
    with PtyScanner() as scanner:
        assert finding.find_scanner([scanner.path], timeout_s=0.2) is None
    assert finding.find_scanner([str(tmp_path / "nothing")], timeout_s=5) is None
