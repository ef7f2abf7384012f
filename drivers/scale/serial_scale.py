"""A serial scale on the asyncio event loop (C1).

It is asked only while somebody weighs: what it said before is dropped when a weighing begins, so
the weight of the last goods is never taken for that of the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from drivers.errors import Closed, DeviceError, NotClaimed
from drivers.events import ConnectionState, ScaleStatus, WeightEvent, WeightState
from drivers.ports import ScaleCallback, Unsubscribe
from drivers.scale.profile import ScaleProfile
from drivers.scale.protocols import Send, protocol_of
from drivers.serial_line import SerialLine
from drivers.serial_port import SerialPort, SerialSettings
from drivers.subscribers import Subscribers


class SerialScale:
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
        self.source = source
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
        self._subscribers: Subscribers[WeightEvent | ScaleStatus] = Subscribers()
        self._opened = self._claimed = self._weighing = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard_ns = 0

    def open(self) -> None:
        """Prepare; touches no device."""
        self._opened = True

    def claim(self) -> None:
        """Take the device; when it is absent, ``enable`` goes on trying."""
        if not self._opened:
            raise Closed(self.source)
        self._claimed = True

    def enable(self) -> None:
        """Open the line on the running event loop; says CONNECTED or DISCONNECTED at once."""
        if not self._claimed:
            raise NotClaimed(self.source)
        self._line.start()

    def disable(self) -> None:
        """Stop weighing and close the line."""
        self.stop_weighing()
        self._line.stop()

    def release(self) -> None:
        """Give the device up."""
        self.disable()
        self._claimed = False

    def close(self) -> None:
        """Release and forget the subscribers."""
        self.release()
        self._opened = False
        self._subscribers.clear()

    def subscribe(self, callback: ScaleCallback) -> Unsubscribe:
        """Call ``callback`` for each event, on the event loop."""
        return self._subscribers.add(callback)

    def start_weighing(self) -> None:
        """Tell weights until :meth:`stop_weighing`; nothing said before counts."""
        if not self._weighing:
            self._weighing = True
            self._begin()

    def stop_weighing(self) -> None:
        """Ask no more."""
        self._weighing = False
        self._cancel_timer()

    # -- the line ---------------------------------------------------------------------------------

    def line_attached(self, port: SerialPort) -> None:
        """The scale is there (again)."""
        if self._weighing:
            self._begin(port)

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
            self._subscribers.tell(
                WeightEvent(self.source, one.state, one.weight_mg, self._heard_ns)
            )

    def line_detached(self) -> None:
        """Nothing more comes."""
        self._cancel_timer()

    def line_announced(self, state: ConnectionState, detail: str) -> None:
        """The scale came or went."""
        self._subscribers.tell(ScaleStatus(self.source, state, detail))

    # -- asking -----------------------------------------------------------------------------------

    def _begin(self, port: SerialPort | None = None) -> None:
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
            self._subscribers.tell(WeightEvent(self.source, WeightState.SILENT, 0, self._heard_ns))
        if self.profile.protocol != "pattern" or self.profile.request:
            self._ask(port)
        if self._line.port is not None:
            self._later()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
