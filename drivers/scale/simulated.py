"""A simulated scale that ships: in this process, and at the far end of a pseudo-terminal.

Goods are put on and taken off; while :attr:`ScaleModel.settling` is set the figure is unstable.
Faults: silence, garbage before each answer, a wrong check byte, overload, a pulled cable.
"""

from __future__ import annotations

import asyncio
import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.device import LoopDevice
from drivers.errors import NoHardware
from drivers.events import ConnectionState, ScaleEvent, ScaleStatus, WeightEvent, WeightState
from drivers.fakes_wire import PtyFarEnd

STREAM_EVERY_S: Final = 0.1
TELL_EVERY_S: Final = 0.25


@dataclass
class ScaleModel:
    """What lies on the scale, and what is wrong with it."""

    weight_g: int = 0
    """Negative: something was taken off after the zero was set."""
    settling: bool = False
    capacity_g: int = 15_000
    silent: bool = False
    garbage: bool = False
    wrong_check: bool = False

    @property
    def state(self) -> WeightState:
        """What an honest scale says of it."""
        if self.weight_g > self.capacity_g:
            return WeightState.OVERLOAD
        if self.weight_g < 0:
            return WeightState.UNDER_ZERO
        if self.weight_g == 0:
            return WeightState.ZERO
        return WeightState.UNSTABLE if self.settling else WeightState.STABLE


def toledo_frame(model: ScaleModel) -> bytes:
    """Answer to ``W``."""
    state = model.state
    if state in (WeightState.STABLE, WeightState.ZERO):
        return b"\x02" + _kilograms(model.weight_g, 6) + b"\r"
    status = {WeightState.UNSTABLE: 0x41, WeightState.OVERLOAD: 0x42}.get(state, 0x44)
    return b"\x02?" + bytes([status]) + b"\r"


def cas_ecr_frame(model: ScaleModel) -> bytes:
    """Answer to ``DC1``."""
    state = model.state
    sta = b"U" if state is WeightState.UNSTABLE else b"S"
    sign = {WeightState.UNDER_ZERO: b"-", WeightState.OVERLOAD: b"F"}.get(state, b" ")
    body = sta + sign + _kilograms(abs(model.weight_g), 6) + b"kg"
    check = 0
    for byte in body:
        check ^= byte
    if model.wrong_check:
        check ^= 0x5A
    return b"\x01\x02" + body + bytes([check]) + b"\x03\x04"


def stream_line(model: ScaleModel) -> bytes:
    """One line of a scale that talks by itself."""
    state = model.state
    head = {WeightState.UNSTABLE: b"US", WeightState.OVERLOAD: b"OL"}.get(state, b"ST")
    sign = b"-" if model.weight_g < 0 else b"+"
    return head + b",GS," + sign + _kilograms(abs(model.weight_g), 7) + b" kg\r\n"


def _kilograms(weight_g: int, width: int) -> bytes:
    return f"{weight_g // 1000}.{weight_g % 1000:03d}".rjust(width, "0").encode()[-width:]


class PtyScale(PtyFarEnd):
    """The far end of a serial scale; ``protocol`` is toledo-8217, cas-ecr or stream."""

    def __init__(
        self,
        protocol: str,
        link: Path | str | None = None,
        model: ScaleModel | None = None,
    ) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        super().__init__(link, "scale")
        self.model = model or ScaleModel()
        self._protocol = protocol
        self._thread.start()

    def _serve(self) -> None:
        streamed_at = 0.0
        while not self._stopping.wait(0.01):
            with self._lock:
                asked = self._asked()
                if self.model.silent:
                    continue
                if self._protocol == "stream":
                    if time.monotonic() - streamed_at >= STREAM_EVERY_S:
                        streamed_at = time.monotonic()
                        self._say(stream_line(self.model))
                elif self._protocol == "cas-ecr":
                    for byte in asked:
                        if byte == 0x05:
                            self._say(b"\x06")
                        elif byte == 0x11:
                            self._say(cas_ecr_frame(self.model))
                else:
                    for byte in asked:
                        if byte == ord("W"):
                            self._say(toledo_frame(self.model))

    def _asked(self) -> bytes:
        master = self._link.master
        if master < 0 or not select.select([master], [], [], 0)[0]:
            return b""
        try:
            return os.read(master, 256)
        except OSError:
            return b""

    def _say(self, data: bytes) -> None:
        if self._link.master < 0:
            return
        try:
            if self.model.garbage:
                os.write(self._link.master, b"\xff\x00\x02?")
            os.write(self._link.master, data)
        except OSError:
            return


class FakeScale(LoopDevice[ScaleEvent]):
    """A Scale in-process: while somebody weighs it tells its model's weight, again and again."""

    def __init__(
        self, source: str = "scale", *, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """Plugged in, not yet open, empty."""
        super().__init__(source)
        self.model = ScaleModel()
        self._clock_ns = clock_ns
        self._weighing = False
        self._plugged = True
        self._timer: asyncio.TimerHandle | None = None

    def _begin(self) -> None:
        self._announce_plug()

    def _end(self) -> None:
        self.stop_weighing()

    def _status(self, state: ConnectionState, detail: str) -> ScaleStatus:
        return ScaleStatus(self.source, state, detail)

    def start_weighing(self) -> None:
        """Tell what lies on it, now, after each change and four times a second."""
        if not self._weighing:
            self._weighing = True
            self._again()

    def stop_weighing(self) -> None:
        """Tell no more."""
        self._weighing = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def put(self, weight_g: int, *, settling: bool = False) -> None:
        """Lay ``weight_g`` on it in all."""
        self.model.weight_g = weight_g
        self.model.settling = settling
        self._tell()

    def unplug(self) -> None:
        """Pull the cable."""
        if self._plugged:
            self._plugged = False
            self._announce_plug()

    def replug(self) -> None:
        """Plug it in again."""
        if not self._plugged:
            self._plugged = True
            self._announce_plug()
            self._tell()

    def _again(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(TELL_EVERY_S, self._again)
        self._tell()

    def _tell(self) -> None:
        if not (self._weighing and self._enabled and self._plugged):
            return
        state = WeightState.SILENT if self.model.silent else self.model.state
        told = state in (WeightState.STABLE, WeightState.UNSTABLE)
        weight_mg = self.model.weight_g * 1000 if told else 0
        self._emit(WeightEvent(self.source, state, weight_mg, self._clock_ns()))

    def _announce_plug(self) -> None:
        if self._enabled:
            state = ConnectionState.CONNECTED if self._plugged else ConnectionState.DISCONNECTED
            self._announce(state, "" if self._plugged else NoHardware.default_code)
