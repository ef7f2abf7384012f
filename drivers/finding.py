"""Which devices are plugged in: ports by their stable names, and what answers at which speed.

A printer is asked for its status at one speed after the other; a scanner cannot be asked, so a
person pulls its trigger and every port listens. Nothing that a device sends is sent back, and what
is sent to find a printer (DLE EOT 1, three bytes) is no command of any scanner or scale.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from drivers.errors import DeviceError
from drivers.scanner.framing import Framing
from drivers.serial_port import SerialPort, SerialSettings

BAUDRATES: Final = (9600, 115200, 19200, 38400, 57600, 4800)
"""In the order in which shops' devices are set, the commonest first."""

ANSWER_S: Final = 0.3
QUIET_S: Final = 0.15
DLE_EOT_1: Final = b"\x10\x04\x01"

_SERIAL: Final = ("ttyUSB*", "ttyACM*")
_USB_PRINTERS: Final = "usb/lp*"


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A port that is there."""

    path: str
    """The stable name under ``serial/by-id`` where the system gives one."""
    label: str
    """What the device calls itself, for people."""
    usb_printer: bool = False


@dataclass(frozen=True, slots=True)
class FoundDevice:
    """A device and how to talk to it."""

    path: str
    baudrate: int
    framing: Framing | None = None
    """How the scanner ends a code; None for a printer."""
    code: str = ""
    """What was scanned."""


def ports(root: Path = Path("/dev")) -> list[FoundPort]:
    """Serial ports and USB printers, each once, by its stable name if it has one."""
    found: list[FoundPort] = []
    known: set[Path] = set()
    by_id = root / "serial" / "by-id"
    named = sorted(by_id.iterdir()) if by_id.is_dir() else []
    for path in [*named, *(one for kind in _SERIAL for one in sorted(root.glob(kind)))]:
        target = path.resolve()
        if target not in known and target.exists():
            known.add(target)
            found.append(FoundPort(str(path), path.name))
    found += [
        FoundPort(str(one), one.name, usb_printer=True) for one in sorted(root.glob(_USB_PRINTERS))
    ]
    return found


def find_printer(
    path: str, baudrates: Sequence[int] = BAUDRATES, answer_s: float = ANSWER_S
) -> FoundDevice | None:
    """The speed at which a printer answers on `path`, or None; a port in use is left alone."""
    for baudrate in baudrates:
        try:
            port = SerialPort(SerialSettings(path, baudrate=baudrate))
        except DeviceError:
            return None
        try:
            port.write(DLE_EOT_1)
            answer = _heard(port, answer_s)
        except DeviceError:
            return None
        finally:
            port.close()
        if any(byte & 0x93 == 0x12 for byte in answer[:8]):
            return FoundDevice(path, baudrate)
    return None


def find_scanner(
    paths: Sequence[str],
    *,
    timeout_s: float,
    baudrates: Sequence[int] = BAUDRATES,
    on_garbage: Callable[[int], None] = lambda _baudrate: None,
) -> FoundDevice | None:
    """Listen on every port until a code comes; None when none came in time.

    What arrives garbled makes that port try the next speed; ``on_garbage`` is told which one, so
    that somebody asks for another scan.
    """
    lines: dict[int, tuple[SerialPort, SerialSettings]] = {}
    for path in paths:
        _open(lines, SerialSettings(path, baudrate=baudrates[0]))
    deadline = time.monotonic() + timeout_s
    try:
        while lines and (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select(list(lines), [], [], left)
            for fd in readable:
                port, settings = lines[fd]
                try:
                    data = _heard(port, QUIET_S, until_quiet=True)
                except DeviceError:
                    data = b""
                seen = _code_in(data)
                if seen is not None:
                    return FoundDevice(settings.path, settings.baudrate, *seen)
                del lines[fd]
                port.close()
                if data:
                    following = (baudrates.index(settings.baudrate) + 1) % len(baudrates)
                    on_garbage(baudrates[following])
                    _open(lines, replace(settings, baudrate=baudrates[following]))
    finally:
        for port, _settings in lines.values():
            port.close()
    return None


def _open(lines: dict[int, tuple[SerialPort, SerialSettings]], settings: SerialSettings) -> None:
    try:
        port = SerialPort(settings)
    except DeviceError:
        return  # in use, or not for us: others may still be the scanner
    lines[port.fd] = (port, settings)


def _heard(port: SerialPort, wait_s: float, *, until_quiet: bool = False) -> bytes:
    """What arrives within `wait_s`, or until it has been quiet for so long."""
    return b"".join(_pieces(port, wait_s, until_quiet=until_quiet))


def _pieces(port: SerialPort, wait_s: float, *, until_quiet: bool) -> Iterator[bytes]:
    deadline = time.monotonic() + wait_s
    while (left := deadline - time.monotonic()) > 0 and port.readable(left):
        data = port.read()
        if not data:
            return
        yield data
        if until_quiet:
            deadline = time.monotonic() + wait_s


_ENDS: Final = (
    (b"\r\n", Framing.CRLF),
    (b"\r", Framing.CR),
    (b"\n", Framing.LF),
    (b"\t", Framing.TAB),
    (b"\x03", Framing.STX_ETX),
)


def _code_in(data: bytes) -> tuple[Framing, str] | None:
    """Framing and code of what one pull of the trigger sent; None when it is garbled."""
    framing, body = Framing.NONE, data
    for end, kind in _ENDS:
        if data.endswith(end):
            framing, body = kind, data[: -len(end)]
            break
    body = body.removeprefix(b"\x02")
    if len(body) < 3 or not all(0x20 <= byte < 0x7F or byte == 0x1D for byte in body):
        return None
    return framing, body.decode("ascii")
