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
from drivers.serial_line import SerialLine
from drivers.serial_port import SerialPort, SerialSettings


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
        self._line = SerialLine(settings, self)
        self._protocol = protocol_of(profile)
        self._clock_ns = clock_ns
        self._weighing = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard_ns = 0

    def _begin(self) -> None:
        self._line.start()

    def _end(self) -> None:
        self.stop_weighing()
        self._line.stop()

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

    def line_attached(self, port: SerialPort) -> None:
        """The scale is there (again)."""
        if self._weighing:
            self._start(port)

    def line_readable(self, port: SerialPort) -> None:
        """Take what it says; between weighings that is dropped."""
        data = port.read()
        if not self._weighing or not data:
            return
        for one in self._protocol.feed(data):
            if isinstance(one, Send):
                port.write(one.data)
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

    def _start(self, port: SerialPort | None = None) -> None:
        port = port or self._line.port
        if port is None:
            return
        port.discard_input()
        self._heard_ns = self._clock_ns()
        self._ask(port)
        self._later()

    def _ask(self, port: SerialPort) -> None:
        request = self._protocol.ask()
        if request:
            try:
                port.write(request)
            except DeviceError as error:
                self._line.lost(error.code)

    def _later(self) -> None:
        self._cancel_timer()
        self._timer = self._line.call_later(self.profile.poll_every_ms / 1000, self._again)

    def _again(self) -> None:
        self._timer = None
        port = self._line.port
        if port is None or not self._weighing:
            return
        silent_ns = self._clock_ns() - self._heard_ns
        if silent_ns >= self.profile.answer_timeout_ms * 1_000_000:
            self._heard_ns = self._clock_ns()
            self._emit(WeightEvent(self.source, WeightState.SILENT, 0, self._heard_ns))
        if self.profile.protocol != "pattern" or self.profile.request:
            self._ask(port)
        if self._line.port is not None:
            self._later()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
