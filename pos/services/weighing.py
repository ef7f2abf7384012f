"""One weighing at the till's own scale: what of all that it says may be sold (C1).

Only a stable, positive weight that is less than a second old counts, and only one that was said
after the item was chosen. The weight that was sold last is not taken by itself again while it may
still be the same goods lying there: that one waits for Enter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from drivers.events import ScaleEvent, ScaleStatus, WeightEvent, WeightState
from pos.domain.item import Item
from pos.domain.quantity import quantity_of_weight
from pos.services.context import Till

FRESH_MS: Final = 1_000


class Weighing:
    """Listens to the scale from :meth:`start` to :meth:`stop`."""

    def __init__(self, till: Till, item: Item, on_change: Callable[[], None]) -> None:
        """``on_change`` is called on the event loop after each thing that the scale says."""
        self._till = till
        self._item = item
        self._on_change = on_change
        self._stop: Callable[[], None] | None = None
        self._moved = False
        self._heard_ms = 0
        self.reading: WeightEvent | None = None
        """The latest; None until the scale has spoken."""
        self.connected = till.status.scale == "connected"

    @property
    def possible(self) -> bool:
        """Whether there is a scale, and the item is priced by weight."""
        return self._till.scale is not None and quantity_of_weight(0, self._item.unit) is not None

    def start(self) -> None:
        """Ask the scale; does nothing where there is none."""
        scale = self._till.scale
        if scale is None or not self.possible or self._stop is not None:
            return
        self._stop = scale.subscribe(self._hear)
        scale.start_weighing()

    def stop(self) -> None:
        """Ask no more."""
        if self._stop is not None:
            self._stop()
            self._stop = None
            if self._till.scale is not None:
                self._till.scale.stop_weighing()

    def weight(self) -> int | None:
        """Thousandths of the item's unit that may be sold now, or None."""
        reading = self.reading
        if reading is None or reading.state is not WeightState.STABLE:
            return None
        if self._till.clock.monotonic_ms() - self._heard_ms >= FRESH_MS:
            return None
        return quantity_of_weight(reading.weight_mg, self._item.unit) or None

    @property
    def settled(self) -> bool:
        """Whether the weight may be taken without a key: it is other goods than last time."""
        if self.reading is None or self.weight() is None:
            return False
        return self._moved or self.reading.weight_mg != self._till.last_weighed_mg

    def taken(self) -> None:
        """The weight of now was sold."""
        if self.reading is not None:
            self._till.last_weighed_mg = self.reading.weight_mg

    def _hear(self, event: ScaleEvent) -> None:
        if isinstance(event, ScaleStatus):
            self.connected = event.state.value == "connected"
            self.reading = None
        else:
            self.reading = event
            self._heard_ms = self._till.clock.monotonic_ms()
            self._moved = self._moved or event.state in _EMPTY_OR_MOVING
        self._on_change()


_EMPTY_OR_MOVING: Final = frozenset(
    {WeightState.ZERO, WeightState.UNDER_ZERO, WeightState.UNSTABLE, WeightState.OVERLOAD}
)
