"""A serial device on the asyncio event loop that may be absent, vanish and come back.

The descriptor is watched with ``add_reader``: no thread, no polling for data. A quarter-second
timer sees a device whose path has vanished without a hang-up, and reopens one that came back;
both limits of S3 (event within 1 s, reopened within 2 s) follow from it. On every opening what the
line had received before is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from drivers.errors import DeviceError, NoHardware
from drivers.events import ConnectionState
from drivers.serial_port import SerialPort, SerialSettings

WATCH_EVERY_S: Final = 0.25
REOPEN_SLOWEST_S: Final = 1.0


class LineOwner(Protocol):
    """Whose line it is; every method is called on the event loop's thread."""

    def line_attached(self, port: SerialPort) -> None:
        """The line is open; nothing has been read from it yet."""

    def line_readable(self, port: SerialPort) -> None:
        """Bytes, or the news of a hang-up, can be read; a DeviceError says that it is gone."""

    def line_detached(self) -> None:
        """The line is closed; forget what was begun."""

    def line_announced(self, state: ConnectionState, detail: str) -> None:
        """The device came or went; ``detail`` is a :mod:`drivers.errors` code."""


class SerialLine:
    """Keeps one line open as long as there is a device to open."""

    def __init__(self, settings: SerialSettings, owner: LineOwner) -> None:
        """Nothing is opened before :meth:`start`."""
        self.settings = settings
        self._owner = owner
        self.port: SerialPort | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._announced: ConnectionState | None = None
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
        self._announced = None

    def lost(self, code: str) -> None:
        """The device is gone; it is looked for again."""
        self._detach()
        self._retry_s = WATCH_EVERY_S
        self._announce(ConnectionState.DISCONNECTED, code)

    def call_later(self, delay_s: float, what: Callable[[], None]) -> asyncio.TimerHandle | None:
        """Run ``what`` on the loop; None when the line is not watched."""
        return None if self._loop is None else self._loop.call_later(delay_s, what)

    def _watch(self) -> None:
        if self._loop is None:
            return
        if self.port is None:
            self._attach(self._loop)
        elif not self.port.present():
            self.lost(NoHardware.default_code)
        delay_s = WATCH_EVERY_S if self.port is not None else self._retry_s
        self._timer = self._loop.call_later(delay_s, self._watch)

    def _attach(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            port = SerialPort(self.settings)
        except DeviceError as error:
            self._announce(ConnectionState.DISCONNECTED, error.code)
            self._retry_s = min(self._retry_s * 2, REOPEN_SLOWEST_S)
            return
        self.port = port
        self._retry_s = WATCH_EVERY_S
        loop.add_reader(port.fd, self._readable)
        self._owner.line_attached(port)
        self._announce(ConnectionState.CONNECTED, "")

    def _detach(self) -> None:
        port, self.port = self.port, None
        if port is not None:
            if self._loop is not None:
                self._loop.remove_reader(port.fd)
            port.close()
        self._owner.line_detached()

    def _readable(self) -> None:
        if self.port is None:
            return
        try:
            self._owner.line_readable(self.port)
        except DeviceError as error:
            self.lost(error.code)

    def _announce(self, state: ConnectionState, detail: str) -> None:
        if state is not self._announced:
            self._announced = state
            self._owner.line_announced(state, detail)
