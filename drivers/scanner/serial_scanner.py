"""A serial scanner on the asyncio event loop (S1-S3).

The descriptor is watched with ``add_reader``: no thread, no polling for data. A quarter-second
timer sees a device whose path has vanished without a hang-up, and reopens one that came back;
both limits (event within 1 s, reopened within 2 s) follow from it. On every opening what the
line had received before is dropped, so a code scanned while the till was away never appears.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from drivers.errors import Closed, DeviceError, NoHardware, NotClaimed
from drivers.events import (
    ConnectionState,
    RejectReason,
    ScanEvent,
    ScannerEvent,
    ScannerStatus,
    ScanRejected,
)
from drivers.ports import ScannerCallback, Unsubscribe
from drivers.scanner.framing import Frame, Framer, Framing, Rejected, RereadFilter
from drivers.serial_port import SerialPort, SerialSettings

WATCH_EVERY_S: Final = 0.25
REOPEN_SLOWEST_S: Final = 1.0
READS_MAX: Final = 16
"""Reads in one go, so that a line that never falls silent does not stop the screen."""


class SerialScanner:
    """Implements Scanner; every method is called on the event loop's thread."""

    def __init__(
        self,
        settings: SerialSettings,
        *,
        source: str = "scanner",
        framing: Framing = Framing.CR,
        max_length: int = 4096,
        gap_ms: int = 150,
        reread_ms: int = 0,
        eight_bit: bool = False,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is opened before ``claim``."""
        self.source = source
        self.settings = settings
        self._framer = Framer(framing, max_length, gap_ns=gap_ms * 1_000_000, eight_bit=eight_bit)
        self._reread = RereadFilter(reread_ms * 1_000_000)
        self._clock_ns = clock_ns
        self._callbacks: list[ScannerCallback] = []
        self._port: SerialPort | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch_timer: asyncio.TimerHandle | None = None
        self._gap_timer: asyncio.TimerHandle | None = None
        self._opened = False
        self._claimed = False
        self._enabled = False
        self._announced: ConnectionState | None = None
        self._retry_s = WATCH_EVERY_S

    # -- life -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Prepare; touches no device."""
        self._opened = True

    def claim(self) -> None:
        """Take the device; when it is absent, ``enable`` goes on trying."""
        if not self._opened:
            raise Closed(self.source)
        self._claimed = True

    def enable(self) -> None:
        """Start watching on the running event loop; says CONNECTED or DISCONNECTED at once."""
        if not self._claimed:
            raise NotClaimed(self.source)
        if self._enabled:
            return
        self._loop = asyncio.get_running_loop()
        self._enabled = True
        self._watch()

    def disable(self) -> None:
        """Stop; the line is closed, so nothing piles up in it."""
        if not self._enabled:
            return
        self._enabled = False
        if self._watch_timer is not None:
            self._watch_timer.cancel()
            self._watch_timer = None
        self._detach()
        self._announced = None

    def release(self) -> None:
        """Give the device up."""
        self.disable()
        self._claimed = False

    def close(self) -> None:
        """Release and forget the subscribers."""
        self.release()
        self._opened = False
        self._callbacks.clear()

    def subscribe(self, callback: ScannerCallback) -> Unsubscribe:
        """Call ``callback`` for each event, on the event loop."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    @property
    def connected(self) -> bool:
        """Whether the device is open now."""
        return self._port is not None

    # -- connection -------------------------------------------------------------------------------

    def _watch(self) -> None:
        """See whether the device went away silently, or came back; then again a little later."""
        if self._loop is None or not self._enabled:
            return
        if self._port is None:
            self._attach()
        elif not self._port.present():
            self._lost(NoHardware.default_code)
        delay_s = WATCH_EVERY_S if self._port is not None else self._retry_s
        self._watch_timer = self._loop.call_later(delay_s, self._watch)

    def _attach(self) -> None:
        if self._loop is None:
            return
        try:
            self._port = SerialPort(self.settings)
        except DeviceError as error:
            self._announce(ConnectionState.DISCONNECTED, error.code)
            self._retry_s = min(self._retry_s * 2, REOPEN_SLOWEST_S)
            return
        self._retry_s = WATCH_EVERY_S
        self._loop.add_reader(self._port.fd, self._readable)
        self._announce(ConnectionState.CONNECTED, "")

    def _detach(self) -> None:
        """Close the line and report a begun frame as truncated."""
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        port, self._port = self._port, None
        if port is not None:
            if self._loop is not None:
                self._loop.remove_reader(port.fd)
            port.close()
        self._deliver(self._framer.reset(self._clock_ns()))

    def _lost(self, detail: str) -> None:
        self._detach()
        self._retry_s = WATCH_EVERY_S
        self._announce(ConnectionState.DISCONNECTED, detail)

    def _announce(self, state: ConnectionState, detail: str) -> None:
        if state is self._announced:
            return
        self._announced = state
        self._emit(ScannerStatus(self.source, state, detail))

    # -- data -------------------------------------------------------------------------------------

    def _readable(self) -> None:
        """Read what is there before delivering any of it: a burst is one stretch of work."""
        port = self._port
        if port is None:
            return
        found: list[Frame | Rejected] = []
        lost = ""
        try:
            for _ in range(READS_MAX):
                data = port.read()
                if not data:
                    break
                found += self._framer.feed(data, self._clock_ns())
        except DeviceError as error:
            lost = error.code
        self._deliver(found)
        if port is not self._port:  # a callback has closed or disabled this scanner
            return
        if lost:
            self._lost(lost)
        else:
            self._schedule_gap()

    def _schedule_gap(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        if self._loop is not None and self._framer.pending:
            left_ns = max(0, self._framer.due_ns - self._clock_ns())
            self._gap_timer = self._loop.call_later(left_ns / 1e9, self._gap_over)

    def _gap_over(self) -> None:
        """The line was quiet for too long; but what arrived meanwhile counts first."""
        self._gap_timer = None
        port = self._port
        if port is None:
            return
        if port.readable():
            self._readable()
            return
        self._deliver(self._framer.expire(self._clock_ns()))
        if port is self._port:
            self._schedule_gap()

    def _deliver(self, found: list[Frame | Rejected]) -> None:
        for one in found:
            self._emit(self._event(one))

    def _event(self, one: Frame | Rejected) -> ScannerEvent:
        if isinstance(one, Rejected):
            return ScanRejected(self.source, one.reason, one.raw_length, one.at_ns)
        if self._reread.repeated(one):
            return ScanRejected(self.source, RejectReason.REREAD, len(one.data), one.at_ns)
        return ScanEvent(one.data, self.source, one.at_ns, one.symbology_id)

    def _emit(self, event: ScannerEvent) -> None:
        for callback in list(self._callbacks):
            callback(event)
