"""A weighing takes stable, fresh, positive weights in the item's own unit, and no others (C1)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from drivers.events import ConnectionState, ScaleStatus, WeightEvent, WeightState
from pos.domain.quantity import quantity_of_weight
from pos.services.weighing import FRESH_MS, Weighing


class Scale:
    """Says what the test says."""

    def __init__(self):
        self.weighing = False
        self.say = lambda event: None

    def subscribe(self, callback):
        self.say = callback
        return lambda: setattr(self, "say", lambda event: None)

    def start_weighing(self):
        self.weighing = True

    def stop_weighing(self):
        self.weighing = False


class Bench:
    def __init__(self, unit):
        self.now_ms = 0
        self.scale = Scale()
        self.till = SimpleNamespace(
            scale=self.scale,
            status=SimpleNamespace(scale="connected"),
            clock=SimpleNamespace(monotonic_ms=lambda: self.now_ms),
            last_weighed_mg=0,
        )
        self.weighing = Weighing(self.till, SimpleNamespace(unit=unit), lambda: None)
        self.weighing.start()

    def says(self, weight_g, state=WeightState.STABLE):
        self.scale.say(WeightEvent("scale", state, weight_g * 1000, 0))


@pytest.mark.parametrize(
    ("unit", "quantity_milli"),
    [("", 328), ("kg", 328), ("KG", 328), ("公斤", 328), ("千克", 328), ("斤", 656), ("市斤", 656),
     ("g", 328_000), ("克", 328_000)],
)  # fmt: skip
def test_the_scale_reads_in_the_unit_that_the_item_is_priced_by(unit, quantity_milli):
    bench = Bench(unit)
    bench.says(328)

    assert bench.weighing.weight() == quantity_milli


@pytest.mark.parametrize("unit", ["瓶", "袋", "lb"])
def test_goods_that_no_weight_prices_never_ask_the_scale(unit):
    bench = Bench(unit)

    assert not bench.weighing.possible
    assert not bench.scale.weighing
    assert quantity_of_weight(1, unit) is None


def test_a_half_of_a_thousandth_is_rounded_away_from_zero():
    assert quantity_of_weight(500, "kg") == 1
    assert quantity_of_weight(499, "kg") == 0
    assert quantity_of_weight(250, "斤") == 1


@pytest.mark.parametrize("state", [one for one in WeightState if one is not WeightState.STABLE])
def test_what_is_not_stable_is_no_weight(state):
    bench = Bench("kg")
    bench.says(328, state)

    assert bench.weighing.weight() is None


def test_a_weight_goes_stale_after_a_second():
    bench = Bench("kg")
    bench.says(328)
    bench.now_ms = FRESH_MS - 1
    assert bench.weighing.weight() == 328
    bench.now_ms = FRESH_MS

    assert bench.weighing.weight() is None
    assert not bench.weighing.settled


def test_nothing_is_sold_for_an_empty_scale_or_one_that_went_away():
    bench = Bench("kg")
    bench.says(0)
    assert bench.weighing.weight() is None
    bench.says(328)
    bench.scale.say(ScaleStatus("scale", ConnectionState.DISCONNECTED, "no_hardware"))

    assert bench.weighing.weight() is None
    assert not bench.weighing.connected


def test_after_the_weighing_the_scale_rests_and_is_not_heard():
    bench = Bench("kg")
    bench.weighing.stop()
    bench.says(328)

    assert not bench.scale.weighing
    assert bench.weighing.weight() is None
