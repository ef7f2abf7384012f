"""A serial scale on the asyncio event loop (C1).

It is asked only while somebody weighs: what it said before is dropped when a weighing begins, so
the weight of the last goods is never taken for that of the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from drivers.device import LoopDevice
from drivers.errors import DeviceError
from drivers.events import ConnectionState, ScaleEvent, ScaleStatus, WeightEvent, WeightState
from drivers.scale.profile import ScaleProfile
from drivers.scale.protocols import Send, protocol_of
from drivers.serial_port import SerialPort, SerialSettings
from drivers.watched_line import Line, WatchedLine


class SerialScale(LoopDevice[ScaleEvent]):
    """Implements Scale; every method is called on the event loop's thread."""

    def __init__(
        self,
        path: str,
        profile: ScaleProfile,
        *,
        source: str = "scale",
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Nothing is opened before ``enable``."""
        super().__init__(source)
        self.profile = profile
        settings = SerialSettings(
            path,
            baudrate=profile.baudrate,
            bytesize=profile.bytesize,
            parity=profile.parity,
            stopbits=profile.stopbits,
        )
        self._watched = WatchedLine(lambda: SerialPort(settings), self)
        self._protocol = protocol_of(profile)
        self._clock_ns = clock_ns
        self._weighing = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard_ns = 0

    def _begin(self) -> None:
        self._watched.start()

    def _end(self) -> None:
        self.stop_weighing()
        self._watched.stop()

    def _status(self, state: ConnectionState, detail: str) -> ScaleStatus:
        return ScaleStatus(self.source, state, detail)

    def start_weighing(self) -> None:
        """Tell weights until :meth:`stop_weighing`; nothing said before counts."""
        if not self._weighing:
            self._weighing = True
            self._start()

    def stop_weighing(self) -> None:
        """Ask no more."""
        self._weighing = False
        self._cancel_timer()

    # -- the line ---------------------------------------------------------------------------------

    def line_attached(self, line: Line) -> None:
        """The scale is there (again)."""
        if self._weighing:
            self._start(line)

    def line_readable(self, line: Line) -> None:
        """Take what it says; between weighings that is dropped."""
        data = line.read()
        if not self._weighing or not data:
            return
        for one in self._protocol.feed(data):
            if isinstance(one, Send):
                line.write(one.data)
                continue
            self._heard_ns = self._clock_ns()
            self._emit(WeightEvent(self.source, one.state, one.weight_mg, self._heard_ns))

    def line_detached(self) -> None:
        """Nothing more comes."""
        self._cancel_timer()

    def line_announced(self, state: ConnectionState, detail: str) -> None:
        """The scale came or went."""
        self._announce(state, detail)

    # -- asking -----------------------------------------------------------------------------------

    def _start(self, line: Line | None = None) -> None:
        line = line or self._watched.line
        if line is None:
            return
        self._heard_ns = self._clock_ns()
        try:
            line.read()  # said before: it does not count
        except DeviceError as error:
            self._watched.lost(error.code)
            return
        self._ask(line)
        self._later()

    def _ask(self, line: Line) -> None:
        request = self._protocol.ask()
        if request:
            try:
                line.write(request)
            except DeviceError as error:
                self._watched.lost(error.code)

    def _later(self) -> None:
        self._cancel_timer()
        self._timer = self._watched.call_later(self.profile.poll_every_ms / 1000, self._again)

    def _again(self) -> None:
        self._timer = None
        line = self._watched.line
        if line is None or not self._weighing:
            return
        silent_ns = self._clock_ns() - self._heard_ns
        if silent_ns >= self.profile.answer_timeout_ms * 1_000_000:
            self._heard_ns = self._clock_ns()
            self._emit(WeightEvent(self.source, WeightState.SILENT, 0, self._heard_ns))
        if self.profile.protocol != "pattern" or self.profile.request:
            self._ask(line)
        if self._watched.line is not None:
            self._later()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
