"""A scanner that acts as a keyboard, taken below the keyboard: nothing that it reads is typed.

The device is grabbed, so that its keys reach this driver alone and never a dialog. The grab is
lost when it is unplugged and taken again when it comes back, as with every :class:`LineScanner`.
Needs the extra `evdev`; use the `/dev/input/by-id/…-event-kbd` path, which survives replugging.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Protocol

from drivers.errors import Claimed, Failure, Illegal, NoHardware
from drivers.scanner.key_map import LAYOUTS, KeyDecoder
from drivers.scanner.line_scanner import LineScanner
from drivers.scanner.options import OPTIONS
from drivers.scanner.profile import ScannerProfile
from drivers.transports import DeviceUrl

EV_KEY: Final = 1


class InputDevice(Protocol):
    """What of `evdev.InputDevice` is used; a fake event source offers the same."""

    fd: int

    def read(self) -> Iterable[Any]:
        """Events that are waiting, each with `type`, `code` and `value`; OSError when gone."""

    def grab(self) -> None:
        """Take the device for this process alone."""

    def close(self) -> None:
        """Close it, which ends the grab."""


class EvdevLine:
    """An open, grabbed device: key events in, the bytes of codes out."""

    def __init__(self, device: InputDevice, path: str, layout: str) -> None:
        """Grab ``device``, and drop what was typed before.

        Raises:
            Claimed: another process has grabbed it.
            NoHardware: it is gone.
        """
        self._device = device
        self._path = path
        self._keys = KeyDecoder(layout)
        self.fd = device.fd
        try:
            device.grab()
        except OSError as error:
            device.close()
            if isinstance(error, BlockingIOError) or error.errno == 16:  # EBUSY
                raise Claimed(f"{path}: {error}") from error
            raise NoHardware(f"{path}: {error}") from error
        self._drop_old()

    def readable(self, timeout_s: float = 0) -> bool:
        """Whether events, or the news that the device is gone, can be read."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))

    def read(self) -> bytes:
        """What has been typed since the last call.

        Raises:
            NoHardware: the device is gone.
        """
        if not self.readable():
            return b""
        try:
            events = list(self._device.read())
        except BlockingIOError:
            return b""
        except OSError as error:
            raise NoHardware(f"{self._path}: {error}") from error
        return b"".join(
            self._keys.feed(one.code, one.value) for one in events if one.type == EV_KEY
        )

    def write(self, data: bytes) -> None:
        """A keyboard takes no bytes: nothing is written."""

    def present(self) -> bool:
        """Whether the path still leads to the device that is open."""
        try:
            there, here = Path(self._path).stat(), os.fstat(self.fd)
        except OSError:
            return False
        return (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino) or (
            there.st_rdev != 0 and there.st_rdev == here.st_rdev
        )

    def close(self) -> None:
        """Close; never fails."""
        try:
            self._device.close()
        except OSError:
            return

    def _drop_old(self) -> None:
        try:
            while self.readable() and list(self._device.read()):
                pass
        except OSError:
            return  # the next read says it


class EvdevScanner(LineScanner):
    """Implements Scanner over Linux input events."""

    def __init__(
        self,
        path: str,
        profile: ScannerProfile,
        *,
        source: str = "scanner",
        layout: str = "us",
        open_device: Callable[[str], InputDevice] | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """``open_device`` replaces the evdev library in simulations; OSError when it fails."""
        opener = open_device if open_device is not None else open_input_device
        super().__init__(
            lambda: EvdevLine(_opened(opener, path), path, layout),
            profile,
            source=source,
            clock_ns=clock_ns,
        )
        self.path = path


def open_input_device(path: str) -> InputDevice:
    """Open ``path`` with the evdev library.

    Raises:
        Illegal: the library is not installed.
        OSError: as the system says.
    """
    library = _library()
    device: InputDevice = library.InputDevice(path)
    return device


def evdev_from_url(url: DeviceUrl, profile: ScannerProfile, source: str) -> EvdevScanner:
    """Make the scanner of ``evdev:PATH?layout=us``; nothing is opened yet.

    Raises:
        Illegal: with what was expected, also when the library is not installed.
    """
    unknown = url.options.keys() - OPTIONS - {"layout"}
    if unknown:
        expected = ", ".join(sorted(OPTIONS | {"layout"}))
        raise Illegal(f"unknown option {', '.join(sorted(unknown))}; expected {expected}")
    if not url.rest:
        raise Illegal("expected evdev:PATH, got no path")
    layout = url.options.get("layout", "us")
    if layout not in LAYOUTS:
        raise Illegal(f"layout: expected one of {', '.join(sorted(LAYOUTS))}, got {layout!r}")
    _library()  # says what is missing now, not at the first scan
    return EvdevScanner(url.rest, profile, source=source, layout=layout)


def _library() -> Any:
    try:
        import evdev
    except ImportError as error:
        raise Illegal(
            "evdev: scanners need the extra `evdev`; install it with `pip install guitai[evdev]`",
            hint="Install the extra `evdev`, or set the scanner to USB-COM (serial).",
        ) from error
    return evdev


def _opened(opener: Callable[[str], InputDevice], path: str) -> InputDevice:
    try:
        return opener(path)
    except PermissionError as error:
        raise Failure(f"{path}: {error}", code="permission") from error
    except OSError as error:
        raise NoHardware(f"{path}: {error}") from error
