"""Scales and customer displays that the contract suite runs over, each with the hand that works it."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.events import ScaleEvent, ScaleStatus, WeightEvent, WeightState
from drivers.line_display.profile import LineDisplayProfile, line_display_profile_from_mapping
from drivers.ports import Scale
from drivers.scale.profile import ScaleProfile, scale_profile_from_mapping
from drivers.scale.serial_scale import SerialScale
from drivers.scale.simulated import FakeScale, PtyScale, ScaleModel
from pos.config import config_dir


def scale_profile(name: str) -> ScaleProfile:
    with (config_dir() / "scales" / f"{name}.toml").open("rb") as file:
        return scale_profile_from_mapping(tomllib.load(file))


def display_profile(name: str) -> LineDisplayProfile:
    with (config_dir() / "displays" / f"{name}.toml").open("rb") as file:
        return line_display_profile_from_mapping(tomllib.load(file))


@dataclass
class ScaleBench:
    scale: Scale
    model: ScaleModel
    put: Callable[..., None]
    unplug: Callable[[], None]
    replug: Callable[[], None]
    close: Callable[[], None]
    events: list[ScaleEvent] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, event: ScaleEvent) -> None:
        self.events.append(event)
        self.changed.set()

    async def until(self, what: Callable[[ScaleBench], bool], timeout_s: float = 5) -> None:
        async with asyncio.timeout(timeout_s):
            while not what(self):
                self.changed.clear()
                await self.changed.wait()

    async def until_says(self, state: WeightState) -> WeightEvent:
        """Wait until the newest weight is in ``state``."""
        await self.until(lambda b: bool(b.weights) and b.weights[-1].state is state)
        return self.weights[-1]

    @property
    def weights(self) -> list[WeightEvent]:
        return [event for event in self.events if isinstance(event, WeightEvent)]

    @property
    def states(self) -> list[str]:
        return [event.state.value for event in self.events if isinstance(event, ScaleStatus)]

    def start(self) -> None:
        self.scale.subscribe(self.hear)
        self.scale.open()
        self.scale.claim()
        self.scale.enable()


def _in_process() -> ScaleBench:
    scale = FakeScale("till-scale")
    return ScaleBench(scale, scale.model, scale.put, scale.unplug, scale.replug, lambda: None)


def _serial(profile: str, protocol: str) -> Callable[[], ScaleBench]:
    def make() -> ScaleBench:
        far = PtyScale(protocol)
        scale = SerialScale(far.path, scale_profile(profile), source="till-scale")

        def put(weight_g: int, *, settling: bool = False) -> None:
            far.model.settling = settling
            far.model.weight_g = weight_g

        return ScaleBench(scale, far.model, put, far.unplug, far.replug, far.close)

    return make


SCALES = {
    "in-process": _in_process,
    "toledo-8217": _serial("toledo-8217", "toledo-8217"),
    "cas-pd2": _serial("cas-pd2", "cas-ecr"),
    "oiml-stream": _serial("oiml-stream", "stream"),
}
