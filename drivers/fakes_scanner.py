"""Simulated scanners that the real drivers open like hardware: a serial line and a keyboard."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import struct
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from drivers.fakes_wire import PtyLink
from drivers.scanner import key_map
from drivers.scanner.framing import Framing
from drivers.scanner.profile import GENERIC, ScannerProfile
from drivers.scanner.simulated import ScannerFault, SimulatedScanner

BYTE_PAUSE_S: Final = 0.002
"""Between the bytes of a slow scanner."""

_INPUT_EVENT: Final = struct.Struct("llHHi")
_PIPE_BYTES: Final = 1 << 20
"""Room for a burst that nobody reads meanwhile."""


class PtyScanner:
    """The far end of a serial scanner of a profile."""

    def __init__(
        self,
        link: Path | str | None = None,
        *,
        framing: Framing = Framing.CR,
        profile: ScannerProfile | None = None,
    ) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        self._link = PtyLink(link, "scanner")
        self.profile = profile if profile is not None else replace(GENERIC, framing=framing)
        self.model = SimulatedScanner(self.profile)

    @property
    def framing(self) -> Framing:
        """How a code ends."""
        return self.profile.framing

    @property
    def path(self) -> str:
        """What to open."""
        return self._link.path

    @property
    def url(self) -> str:
        """What to give to ``pos run --scanner``."""
        if self.profile.name == GENERIC.name:
            return f"serial:{self.path}?framing={self.framing.value}"
        return f"serial:{self.path}?profile={self.profile.name}"

    def misbehave(self, fault: ScannerFault | str | None) -> None:
        """Go wrong in this way from now on; None recovers."""
        self.model.fault = ScannerFault(fault) if fault else None

    def scan(self, code: str | bytes, symbology_id: str = "") -> None:
        """Send one code as the scanner would: identifier, code, frame."""
        pieces = self.model.pieces(code, symbology_id)
        for piece in pieces:
            self.send(piece)
            if self.model.fault is ScannerFault.SLOW:
                time.sleep(BYTE_PAUSE_S)

    def send(self, data: bytes) -> None:
        """Send raw bytes; unplugged, they are lost."""
        view = memoryview(data)
        while view and self._link.master >= 0:
            try:
                view = view[os.write(self._link.master, view) :]
            except BlockingIOError:
                select.select([], [self._link.master], [], 1.0)

    def answers(self, least: int = 0, timeout_s: float = 2.0) -> bytes:
        """What the till has sent since the last call; waits until there are ``least`` bytes."""
        found = bytearray()
        deadline = time.monotonic() + timeout_s
        while self._link.master >= 0:
            with contextlib.suppress(BlockingIOError, OSError):
                found += os.read(self._link.master, 4096)
            left_s = deadline - time.monotonic()
            if len(found) >= least or left_s <= 0:
                break
            select.select([self._link.master], [], [], left_s)
        return bytes(found)

    def unplug(self) -> None:
        """Pull the cable."""
        self._link.unplug()

    def replug(self) -> None:
        """Plug it in again, at the same path."""
        self._link.plug()

    def close(self) -> None:
        """Go away."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One input event, as evdev gives it."""

    type: int
    code: int
    value: int


class FakeKeyboard:
    """A scanner that acts as a keyboard, as a named pipe that carries Linux input events."""

    def __init__(self, path: Path | str | None = None, *, layout: str = "us") -> None:
        """Plug in at ``path``; without one it is made in a temporary directory."""
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        if path is None:
            self._directory = tempfile.TemporaryDirectory(prefix="guitai-")
            path = Path(self._directory.name) / "scanner-event-kbd"
        self.path = str(path)
        self.model = SimulatedScanner()
        self.grabbed = False
        self._fd = -1
        self._keys = {
            character: (code, bool(shift))
            for code, pair in key_map.LAYOUTS[layout].items()
            for shift, character in reversed(tuple(enumerate(pair)))
        }
        self.replug()

    def open_device(self, path: str) -> FakeInputDevice:
        """What the driver gets for the path; OSError when nothing is plugged in."""
        return FakeInputDevice(path, self)

    def scan(self, code: str | bytes, symbology_id: str = "") -> None:
        """Type one code and Enter; control characters with Ctrl."""
        for piece in self.model.pieces(code, symbology_id):
            for value in piece:
                self._type(value)

    def misbehave(self, fault: ScannerFault | str | None) -> None:
        """Go wrong in this way from now on; None recovers."""
        self.model.fault = ScannerFault(fault) if fault else None

    def press(self, code: int, value: int) -> None:
        """One raw key event; unplugged, it is lost."""
        if self._fd >= 0:
            os.write(self._fd, _INPUT_EVENT.pack(0, 0, 1, code, value))
            os.write(self._fd, _INPUT_EVENT.pack(0, 0, 0, 0, 0))  # the report's end

    def unplug(self) -> None:
        """Pull the cable; the grab is gone with it."""
        if self._fd >= 0:
            Path(self.path).unlink()
            os.close(self._fd)
            self._fd = -1
            self.grabbed = False

    def replug(self) -> None:
        """Plug it in again, at the same path."""
        if self._fd < 0:
            os.mkfifo(self.path)
            self._fd = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
            fcntl.fcntl(self._fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def close(self) -> None:
        """Go away."""
        self.unplug()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def _type(self, value: int) -> None:
        character = chr(value)
        held: list[int] = []
        if value == 0x0D:
            code, shift = key_map.ENTER, False
        elif character in self._keys:
            code, shift = self._keys[character]
        elif chr(value | 0x40) in self._keys:
            held.append(29)
            code, shift = self._keys[chr(value | 0x40).lower()]
        else:
            return
        if shift:
            held.append(42)
        for one in held:
            self.press(one, key_map.DOWN)
        self.press(code, key_map.DOWN)
        self.press(code, key_map.UP)
        for one in held:
            self.press(one, key_map.UP)


class FakeInputDevice:
    """What `evdev.InputDevice` offers, over the named pipe."""

    def __init__(self, path: str, keyboard: FakeKeyboard) -> None:
        self._keyboard = keyboard
        self._grabbed = False
        self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def grab(self) -> None:
        """Take it; OSError EBUSY when somebody has it."""
        if self._keyboard.grabbed:
            raise OSError(errno.EBUSY, "Device or resource busy")
        self._keyboard.grabbed = self._grabbed = True

    def read(self) -> Iterator[KeyEvent]:
        """Events that are waiting; OSError when it was unplugged."""
        data = os.read(self.fd, _INPUT_EVENT.size * 64)
        if not data:
            raise OSError(errno.ENODEV, "No such device")
        for _, _, kind, code, value in _INPUT_EVENT.iter_unpack(data):
            yield KeyEvent(kind, code, value)

    def close(self) -> None:
        """Close it; the grab ends."""
        os.close(self.fd)
        if self._grabbed:
            self._keyboard.grabbed = False
