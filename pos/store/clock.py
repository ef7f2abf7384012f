"""The till's clocks behind one port: UTC, monotonic time, local offset, head office's offset (R20)."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where time comes in; tests and the simulation bring their own."""

    head_office_offset_ms: int | None
    """Last known head-office clock minus this clock, or None."""

    def utc_ms(self) -> int:
        """Milliseconds since the Unix epoch."""

    def monotonic_ms(self) -> int:
        """Milliseconds of a clock that never steps."""

    def utc_offset_minutes(self) -> int:
        """Local time minus UTC."""

    def local_iso(self) -> str:
        """Local time to the second as ISO text, for slips and lines."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self.head_office_offset_ms: int | None = None
        self._told: tuple[int, str] = (0, "")
        """Second and its text: the lines of a burst are of one second."""

    def utc_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return time.time_ns() // 1_000_000

    def monotonic_ms(self) -> int:
        """Milliseconds of a clock that never steps."""
        return time.monotonic_ns() // 1_000_000

    def utc_offset_minutes(self) -> int:
        """Local time minus UTC."""
        return time.localtime().tm_gmtoff // 60

    def local_iso(self) -> str:
        """Local time to the second as ISO text."""
        second = int(time.time())
        told = self._told
        if told[0] != second:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(second))
            told = self._told = (second, text)
        return told[1]


class FixedClock:
    """A clock that stands where it is put; `advance` moves it."""

    def __init__(self, start: datetime, utc_offset_minutes: int = 480) -> None:
        self.head_office_offset_ms: int | None = None
        self._utc_ms = int(start.timestamp() * 1000)
        self._monotonic_ms = 0
        self._offset = utc_offset_minutes

    def advance(self, milliseconds: int) -> None:
        """Move both clocks on."""
        self._utc_ms += milliseconds
        self._monotonic_ms += milliseconds

    def step(self, milliseconds: int) -> None:
        """Move only the wall clock, as a wrong hand or a dead battery does."""
        self._utc_ms += milliseconds

    def utc_ms(self) -> int:
        """Milliseconds since the Unix epoch."""
        return self._utc_ms

    def monotonic_ms(self) -> int:
        """Milliseconds of a clock that never steps."""
        return self._monotonic_ms

    def utc_offset_minutes(self) -> int:
        """Local time minus UTC."""
        return self._offset

    def local_iso(self) -> str:
        """Local time to the second as ISO text."""
        local = datetime.fromtimestamp(self._utc_ms / 1000 + self._offset * 60, UTC)
        return local.strftime("%Y-%m-%dT%H:%M:%S")
