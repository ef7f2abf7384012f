"""A device behind a descriptor on the asyncio event loop: absent, there, gone and back again.

The descriptor is watched with ``add_reader``: no thread, no polling for data. A quarter-second
timer sees a device whose path has vanished without a hang-up, and reopens one that came back;
both limits of S3 (event within 1 s, reopened within 2 s) follow from it, and the till's own: its
header knows of a device that came or went within 1 s. On every opening what the
line had received before is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from drivers.errors import DeviceError, NoHardware
from drivers.events import ConnectionState

WATCH_EVERY_S: Final = 0.25
REOPEN_SLOWEST_S: Final = 0.5


class Line(Protocol):
    """An open device that gives bytes and takes a few."""

    fd: int

    def readable(self, timeout_s: float = 0) -> bool:
        """Whether bytes, or the news that the device is gone, can be read."""

    def read(self) -> bytes:
        """Read what is there, empty when nothing is; NoHardware when the device is gone."""

    def write(self, data: bytes) -> None:
        """Write without waiting; a DeviceError when it is not taken, or the device is gone."""

    def present(self) -> bool:
        """Whether the path still leads to the device that is open."""

    def close(self) -> None:
        """Close; never fails."""


class LineOwner(Protocol):
    """Whose line it is; every method is called on the event loop's thread."""

    def line_attached(self, line: Line) -> None:
        """The line is open; nothing has been read from it yet."""

    def line_readable(self, line: Line) -> None:
        """Bytes, or the news of a hang-up, can be read; a DeviceError says that it is gone."""

    def line_detached(self) -> None:
        """The line is closed; forget what was begun."""

    def line_announced(self, state: ConnectionState, detail: str) -> None:
        """The device came or went, perhaps said before; ``detail`` is a drivers' error code."""


class WatchedLine:
    """Keeps one line open as long as there is a device to open."""

    def __init__(self, open_line: Callable[[], Line], owner: LineOwner) -> None:
        """Nothing is opened before :meth:`start`; ``open_line`` raises a DeviceError."""
        self._open_line = open_line
        self._owner = owner
        self.line: Line | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._retry_s = WATCH_EVERY_S

    def start(self) -> None:
        """Open and watch on the running event loop; says CONNECTED or DISCONNECTED at once."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._watch()

    def stop(self) -> None:
        """Close, so that nothing piles up in the line."""
        if self._loop is None:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._detach()
        self._loop = None

    def lost(self, code: str) -> None:
        """The device is gone; it is looked for again."""
        self._detach()
        self._retry_s = WATCH_EVERY_S
        self._owner.line_announced(ConnectionState.DISCONNECTED, code)

    def call_later(self, delay_s: float, what: Callable[[], None]) -> asyncio.TimerHandle | None:
        """Run ``what`` on the loop; None when the line is not watched."""
        return None if self._loop is None else self._loop.call_later(delay_s, what)

    def _watch(self) -> None:
        """See whether the device went away silently, or came back; then again a little later."""
        if self.line is None:
            self._attach()
        elif not self.line.present():
            self.lost(NoHardware.default_code)
        if self._loop is None:  # a listener has had enough
            return
        delay_s = WATCH_EVERY_S if self.line is not None else self._retry_s
        self._timer = self._loop.call_later(delay_s, self._watch)

    def _attach(self) -> None:
        if self._loop is None:
            return
        try:
            line = self._open_line()
        except DeviceError as error:
            self._owner.line_announced(ConnectionState.DISCONNECTED, error.code)
            self._retry_s = min(self._retry_s * 2, REOPEN_SLOWEST_S)
            return
        self.line = line
        self._retry_s = WATCH_EVERY_S
        self._loop.add_reader(line.fd, self._readable)
        self._owner.line_attached(line)
        self._owner.line_announced(ConnectionState.CONNECTED, "")

    def _detach(self) -> None:
        line, self.line = self.line, None
        if line is not None:
            if self._loop is not None:
                self._loop.remove_reader(line.fd)
            line.close()
        self._owner.line_detached()

    def _readable(self) -> None:
        if self.line is None:
            return
        try:
            self._owner.line_readable(self.line)
        except DeviceError as error:
            self.lost(error.code)
