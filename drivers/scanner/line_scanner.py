"""A scanner behind a descriptor on the asyncio event loop (S1-S3): the engine of the real drivers.

On every opening what the line had received before is dropped, so a code scanned while the till was
away never appears (:mod:`drivers.watched_line`).

Answers to the scanner (acknowledgement, good read, not on file) are written without waiting: a
scanner that does not take them loses them, and the till goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from drivers.errors import DeviceError
from drivers.events import ConnectionState, ScannerEvent
from drivers.ports import Feedback
from drivers.scanner.base import ScannerBase
from drivers.scanner.profile import ScannerProfile
from drivers.scanner.session import ScannerSession
from drivers.watched_line import Line, WatchedLine

READS_MAX: Final = 16
"""Reads in one go, so that a line that never falls silent does not stop the screen."""


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
        self._watched = WatchedLine(open_line, self)
        self._session = ScannerSession(profile, source)
        self._clock_ns = clock_ns
        self._gap_timer: asyncio.TimerHandle | None = None

    @property
    def enabled(self) -> bool:
        """Whether events are delivered."""
        return self._enabled

    @property
    def connected(self) -> bool:
        """Whether the device is open now."""
        return self._watched.line is not None

    def feedback(self, kind: Feedback) -> None:
        """Let the scanner show what became of the code just delivered, when its model can."""
        self._write(self._session.feedback(kind))

    # -- connection -------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._watched.start()

    def _end(self) -> None:
        self._watched.stop()

    def line_attached(self, line: Line) -> None:
        """The scanner is there; what it sends is read as it comes."""

    def line_detached(self) -> None:
        """Report a begun frame as truncated."""
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        self._deliver(self._session.reset(self._clock_ns()))

    def line_announced(self, state: ConnectionState, detail: str) -> None:
        """The scanner came or went."""
        self._announce(state, detail)

    # -- data -------------------------------------------------------------------------------------

    def line_readable(self, line: Line) -> None:
        """Read what is there before delivering any of it: a burst is one stretch of work."""
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
        if line is not self._watched.line:  # a callback has closed or disabled this scanner
            return
        if lost:
            self._watched.lost(lost)
        else:
            self._schedule_gap()

    def _schedule_gap(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        if self._session.pending:
            left_ns = max(0, self._session.due_ns - self._clock_ns())
            self._gap_timer = self._watched.call_later(left_ns / 1e9, self._gap_over)

    def _gap_over(self) -> None:
        """The line was quiet for too long; but what arrived meanwhile counts first."""
        self._gap_timer = None
        line = self._watched.line
        if line is None:
            return
        if line.readable():
            self.line_readable(line)
            return
        found = self._session.expire(self._clock_ns())
        self._write(self._session.take_replies())
        self._deliver(found)
        if line is self._watched.line:
            self._schedule_gap()

    def _write(self, data: bytes) -> None:
        if not data or self._watched.line is None:
            return
        try:
            self._watched.line.write(data)
        except DeviceError:
            return  # a scanner that listens badly; when it is gone, the next read says so

    def _deliver(self, found: list[ScannerEvent]) -> None:
        for one in found:
            self._emit(one)
