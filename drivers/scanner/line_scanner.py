"""A scanner behind a descriptor on the asyncio event loop (S1-S3): the engine of the real drivers.

The descriptor is watched with ``add_reader``: no thread, no polling for data. A quarter-second
timer sees a device whose path has vanished without a hang-up, and reopens one that came back;
both limits (event within 1 s, reopened within 2 s) follow from it. On every opening what the
line had received before is dropped, so a code scanned while the till was away never appears.

Answers to the scanner (acknowledgement, good read, not on file) are written without waiting: a
scanner that does not take them loses them, and the till goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

from drivers.errors import DeviceError, NoHardware
from drivers.events import ConnectionState, ScannerEvent
from drivers.ports import Feedback
from drivers.scanner.base import ScannerBase
from drivers.scanner.profile import ScannerProfile
from drivers.scanner.session import ScannerSession

WATCH_EVERY_S: Final = 0.25
REOPEN_SLOWEST_S: Final = 1.0
READS_MAX: Final = 16
"""Reads in one go, so that a line that never falls silent does not stop the screen."""


class Line(Protocol):
    """An open device that gives bytes."""

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


class LineScanner(ScannerBase):
    """Implements Scanner; every method is called on the event loop's thread."""

    def __init__(
        self,
        open_line: Callable[[], Line],
        profile: ScannerProfile,
        *,
        source: str = "scanner",
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is opened before ``enable``; ``open_line`` raises a DeviceError when it fails."""
        super().__init__(source)
        self.profile = profile
        self._open_line = open_line
        self._session = ScannerSession(profile, source)
        self._clock_ns = clock_ns
        self._line: Line | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch_timer: asyncio.TimerHandle | None = None
        self._gap_timer: asyncio.TimerHandle | None = None
        self._retry_s = WATCH_EVERY_S

    @property
    def enabled(self) -> bool:
        """Whether events are delivered."""
        return self._enabled

    @property
    def connected(self) -> bool:
        """Whether the device is open now."""
        return self._line is not None

    def feedback(self, kind: Feedback) -> None:
        """Let the scanner show what became of the code just delivered, when its model can."""
        self._write(self._session.feedback(kind))

    # -- connection -------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watch()

    def _end(self) -> None:
        if self._watch_timer is not None:
            self._watch_timer.cancel()
            self._watch_timer = None
        self._detach()

    def _watch(self) -> None:
        """See whether the device went away silently, or came back; then again a little later."""
        if self._loop is None or not self._enabled:
            return
        if self._line is None:
            self._attach()
        elif not self._line.present():
            self._lost(NoHardware.default_code)
        if not self.enabled:  # a listener has had enough
            return
        delay_s = WATCH_EVERY_S if self._line is not None else self._retry_s
        self._watch_timer = self._loop.call_later(delay_s, self._watch)

    def _attach(self) -> None:
        if self._loop is None:
            return
        try:
            self._line = self._open_line()
        except DeviceError as error:
            self._announce(ConnectionState.DISCONNECTED, error.code)
            self._retry_s = min(self._retry_s * 2, REOPEN_SLOWEST_S)
            return
        self._retry_s = WATCH_EVERY_S
        self._loop.add_reader(self._line.fd, self._readable)
        self._announce(ConnectionState.CONNECTED, "")

    def _detach(self) -> None:
        """Close the line and report a begun frame as truncated."""
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        line, self._line = self._line, None
        if line is not None:
            if self._loop is not None:
                self._loop.remove_reader(line.fd)
            line.close()
        self._deliver(self._session.reset(self._clock_ns()))

    def _lost(self, detail: str) -> None:
        self._detach()
        self._retry_s = WATCH_EVERY_S
        self._announce(ConnectionState.DISCONNECTED, detail)

    # -- data -------------------------------------------------------------------------------------

    def _readable(self) -> None:
        """Read what is there before delivering any of it: a burst is one stretch of work."""
        line = self._line
        if line is None:
            return
        found: list[ScannerEvent] = []
        lost = ""
        try:
            for _ in range(READS_MAX):
                data = line.read()
                if not data:
                    break
                found += self._session.feed(data, self._clock_ns())
        except DeviceError as error:
            lost = error.code
        self._write(self._session.take_replies())
        self._deliver(found)
        if line is not self._line:  # a callback has closed or disabled this scanner
            return
        if lost:
            self._lost(lost)
        else:
            self._schedule_gap()

    def _schedule_gap(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        if self._loop is not None and self._session.pending:
            left_ns = max(0, self._session.due_ns - self._clock_ns())
            self._gap_timer = self._loop.call_later(left_ns / 1e9, self._gap_over)

    def _gap_over(self) -> None:
        """The line was quiet for too long; but what arrived meanwhile counts first."""
        self._gap_timer = None
        line = self._line
        if line is None:
            return
        if line.readable():
            self._readable()
            return
        found = self._session.expire(self._clock_ns())
        self._write(self._session.take_replies())
        self._deliver(found)
        if line is self._line:
            self._schedule_gap()

    def _write(self, data: bytes) -> None:
        if not data or self._line is None:
            return
        try:
            self._line.write(data)
        except DeviceError:
            return  # a scanner that listens badly; when it is gone, the next read says so

    def _deliver(self, found: list[ScannerEvent]) -> None:
        for one in found:
            self._emit(one)
