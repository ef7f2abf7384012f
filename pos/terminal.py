"""A program on a pseudo-terminal, and what its screen says: enough ANSI to read our till."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
import unicodedata
from collections.abc import Mapping, Sequence

_SEQUENCE = re.compile(
    rb"\x1b(?:\[([0-9;:?<>=]*)([ -/]*[@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|P[^\x1b]*\x1b\\|[@-Z\\-_=>78])"
)


class Screen:
    """The text of a terminal of fixed size, kept up to date from the program's output."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.columns = columns
        self.rows = rows
        self.row = self.column = 0
        self._cells = [[" "] * columns for _ in range(rows)]
        self._pending = b""

    def feed(self, data: bytes) -> None:
        """Take output bytes in any chunks."""
        data = self._pending + data
        self._pending = b""
        at = 0
        while at < len(data):
            if data[at] == 0x1B:
                match = _SEQUENCE.match(data, at)
                if match is None:
                    self._pending = data[at:] if len(data) - at < 4096 else b""
                    return
                if match.group(2) is not None:
                    self._control(match.group(1).decode(), match.group(2).decode())
                at = match.end()
                continue
            end = data.find(b"\x1b", at)
            end = len(data) if end < 0 else end
            at = self._text(data, at, end)
            if self._pending:
                return

    def lines(self) -> list[str]:
        """The rows as text, without trailing blanks; a wide character stands for both its cells."""
        return ["".join(row).rstrip() for row in self._cells]

    def text(self) -> str:
        """The whole screen."""
        return "\n".join(self.lines())

    def _text(self, data: bytes, at: int, end: int) -> int:
        chunk = data[at:end]
        try:
            text = chunk.decode()
        except UnicodeDecodeError as error:
            if error.end == len(chunk) and end == len(data) and len(chunk) - error.start < 4:
                self._pending = chunk[error.start :]
                text = chunk[: error.start].decode()
            else:
                text = chunk.decode("utf-8", "replace")
        for character in text:
            self._put(character)
        return end

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.row + 1, self.rows - 1)
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character >= " ":
            wide = unicodedata.east_asian_width(character) in "WF"
            if self.row < self.rows and self.column < self.columns:
                self._cells[self.row][self.column] = character
                if wide and self.column + 1 < self.columns:
                    self._cells[self.row][self.column + 1] = ""
            self.column += 2 if wide else 1

    def _control(self, parameters: str, final: str) -> None:
        if parameters[:1] in ("?", "<", ">", "="):
            return
        numbers = [int(part) if part.isdigit() else 0 for part in parameters.split(";")]
        first = numbers[0] or 1
        if final in "Hf":
            self.row = min(first, self.rows) - 1
            self.column = min((numbers[1] if len(numbers) > 1 else 1) or 1, self.columns) - 1
        elif final == "A":
            self.row = max(0, self.row - first)
        elif final == "B":
            self.row = min(self.rows - 1, self.row + first)
        elif final == "C":
            self.column = min(self.columns - 1, self.column + first)
        elif final == "D":
            self.column = max(0, self.column - first)
        elif final == "G":
            self.column = min(first, self.columns) - 1
        elif final == "d":
            self.row = min(first, self.rows) - 1
        elif final == "J" and numbers[0] in (2, 3):
            self._cells = [[" "] * self.columns for _ in range(self.rows)]
        elif final == "K" and self.row < self.rows:
            self._cells[self.row][self.column :] = [" "] * (self.columns - self.column)


class ScreenTimeout(Exception):
    """The screen never showed what was waited for; the hint is the screen."""

    def __init__(self, message: str, screen: str) -> None:
        super().__init__(message)
        self.hint = screen


class TerminalProgram:
    """A program under a pseudo-terminal: keys go in, the screen comes out."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.screen = Screen(columns, rows)
        self.output_bytes = 0
        size = struct.pack("HHHH", rows, columns, 0, 0)
        variables = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        }
        variables.pop("NO_COLOR", None)
        self.pid, self.fd = os.forkpty()
        if self.pid == 0:  # pragma: no cover - the child becomes the program
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, size)
                os.execvpe(arguments[0], list(arguments), variables)  # noqa: S606 - the point of it
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, size)
        self.exit_status: int | None = None

    def pump(self, timeout_s: float) -> bool:
        """Read what the program has written; False when nothing came in time or it has ended."""
        ready, _, _ = select.select([self.fd], [], [], timeout_s)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            return False
        self.output_bytes += len(data)
        self.screen.feed(data)
        return True

    def pause(self, seconds: float) -> None:
        """Let time pass as between two presses of one key: a held key does nothing at the till."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def send(self, keys: str) -> None:
        """Type."""
        os.write(self.fd, keys.encode())

    def wait_for(self, *wanted: str, timeout_s: float = 20.0, gone: bool = False) -> str:
        """Wait until one of `wanted` is (or with `gone`, none of them are) on the screen.

        Returns which one; raises ScreenTimeout with the screen.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            text = self.screen.text()
            found = next((one for one in wanted if one in text), None)
            if gone and found is None:
                return ""
            if not gone and found is not None:
                return found
            left = deadline - time.monotonic()
            if left <= 0 or self.ended():
                what = "to go" if gone else "to come"
                msg = f"waited {timeout_s:g} s for {' or '.join(wanted)!r} {what}"
                raise ScreenTimeout(msg, text)
            self.pump(min(left, 0.2))

    def ended(self) -> bool:
        """Whether the program has ended."""
        if self.exit_status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
        return self.exit_status is not None

    def close(self, timeout_s: float = 10.0) -> None:
        """End the program: hang up, then kill."""
        if not self.ended():
            for number in (signal.SIGTERM, signal.SIGKILL):
                os.kill(self.pid, number)
                deadline = time.monotonic() + timeout_s
                while not self.ended() and time.monotonic() < deadline:
                    self.pump(0.05)
                if self.ended():
                    break
        os.close(self.fd)
