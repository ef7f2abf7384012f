"""Programs on a pseudo-terminal with a scanner on another: bytes in at one end, bytes out at the other."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
import tty
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import pyte

from tests.bench.harness import CHECKOUT, child_environment

COLUMNS, ROWS = 110, 40


def device() -> tuple[int, int, str]:
    """A scanner's pseudo-terminal: our end, the end kept open so that it never hangs up, its path."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    return ours, theirs, os.ttyname(theirs)


class TerminalProgram:
    """A program on a terminal of 110 × 40 with a scanner beside it."""

    def __init__(self, arguments: Sequence[str], scanner: tuple[int, int, str]) -> None:
        self._scanner, self._kept_open, _ = scanner
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.begun = time.perf_counter()
        environment = {
            **child_environment(), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8",
        }  # fmt: skip
        self.process = subprocess.Popen(
            list(arguments),
            cwd=CHECKOUT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._emulator = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._emulator)
        self._seen = bytearray()
        self.last_byte_at = self.begun

    def _read(self, timeout_s: float) -> bytes:
        ready, _, _ = select.select([self._terminal], [], [], max(timeout_s, 0))
        if not ready:
            return b""
        try:
            data = os.read(self._terminal, 1 << 16)
        except OSError:
            return b""
        self.last_byte_at = time.perf_counter()
        self._seen += data
        return data

    def wait_for(self, marker: bytes, timeout_s: float = 20.0) -> float:
        """Time at which `marker` had come out since the last `forget`; TimeoutError with the screen."""
        deadline = time.perf_counter() + timeout_s
        searched = 0
        while True:
            if self._seen.find(marker, max(0, searched - len(marker))) >= 0:
                return self.last_byte_at
            searched = len(self._seen)
            left = deadline - time.perf_counter()
            if left <= 0 or self.process.poll() is not None:
                raise TimeoutError(f"{marker!r} never came:\n" + "\n".join(self.screen()))
            self._read(left)

    def settle(self, quiet_s: float = 0.05, timeout_s: float = 10.0) -> float:
        """Time of the last byte before a silence."""
        deadline = time.perf_counter() + timeout_s
        while time.perf_counter() < deadline and self._read(quiet_s):
            pass
        return self.last_byte_at

    def settle_first(self, timeout_s: float = 5.0) -> None:
        """Wait for the next byte, whatever it is; `last_byte_at` is when it came."""
        if not self._read(timeout_s):
            raise TimeoutError("nothing came:\n" + "\n".join(self.screen()))

    def forget(self) -> int:
        """Show what came out to the emulator, forget it; returns how many bytes it was."""
        size = len(self._seen)
        self._stream.feed(bytes(self._seen))
        self._seen.clear()
        return size

    def screen(self) -> list[str]:
        """The screen's text."""
        self.forget()
        return [line.rstrip() for line in self._emulator.display]

    def key(self, keys: str) -> None:
        """Type keys."""
        os.write(self._terminal, keys.encode())

    def scan(self, *codes: str) -> float:
        """Send codes as the scanner does, glued together; returns the time before that."""
        data = b"".join(code.encode() + b"\r" for code in codes)
        begun = time.perf_counter()
        while data:
            data = data[os.write(self._scanner, data) :]
        return begun

    def timed_scan(self, code: str, marker: str) -> tuple[float, int]:
        """Seconds from the code's first byte to its line on the screen, and bytes until silence."""
        self.settle(0.02)
        self.forget()
        begun = self.scan(code)
        shown = self.wait_for(marker.encode())
        self.settle(0.02)
        return shown - begun, self.forget()

    def memory_mb(self) -> float:
        """Resident memory now, children left out."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def close(self) -> None:
        """End it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            deadline = time.monotonic() + 10
            while self.process.poll() is None and time.monotonic() < deadline:
                self._read(0.05)
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for number in (self._terminal, self._scanner, self._kept_open):
            os.close(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
