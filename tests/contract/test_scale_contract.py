"""What every scale does, simulated or serial (C1)."""

import pytest

from drivers.errors import Closed, NotClaimed
from drivers.events import WeightState
from drivers.ports import Scale
from tests.contract.counter_benches import SCALES


@pytest.fixture(params=sorted(SCALES))
async def bench(request):
    made = SCALES[request.param]()
    yield made
    made.scale.close()
    made.close()


async def test_it_is_a_scale(bench):
    assert isinstance(bench.scale, Scale)


async def test_enabling_says_that_it_is_connected(bench):
    bench.start()

    assert bench.states == ["connected"]


async def test_a_stable_weight_is_told_in_milligrams_with_its_source(bench):
    bench.start()
    bench.put(1_285)
    bench.scale.start_weighing()

    event = await bench.until_says(WeightState.STABLE)

    assert (event.weight_mg, event.source) == (1_285_000, "till-scale")
    assert event.at_monotonic_ns > 0


async def test_an_empty_scale_says_zero_and_never_a_weight(bench):
    bench.start()
    bench.scale.start_weighing()
    await bench.until_says(WeightState.ZERO)

    assert all(event.weight_mg == 0 for event in bench.weights)


async def test_a_settling_weight_is_unstable_until_it_has_settled(bench):
    bench.start()
    bench.put(500, settling=True)
    bench.scale.start_weighing()
    await bench.until_says(WeightState.UNSTABLE)
    bench.put(512)

    settled = await bench.until_says(WeightState.STABLE)

    assert settled.weight_mg == 512_000
    assert 500_000 not in [
        event.weight_mg for event in bench.weights if event.state is WeightState.STABLE
    ]


async def test_below_zero_is_no_weight(bench):
    bench.start()
    bench.put(-20)
    bench.scale.start_weighing()

    assert (await bench.until_says(WeightState.UNDER_ZERO)).weight_mg == 0


async def test_overload_is_no_weight(bench):
    bench.start()
    bench.put(31_000)
    bench.model.capacity_g = 30_000
    bench.scale.start_weighing()

    assert (await bench.until_says(WeightState.OVERLOAD)).weight_mg == 0


async def test_the_last_goods_are_never_taken_for_the_next(bench):
    bench.start()
    bench.put(2_000)
    bench.scale.start_weighing()
    await bench.until_says(WeightState.STABLE)
    bench.scale.stop_weighing()
    bench.put(300)
    bench.events.clear()
    bench.scale.start_weighing()
    await bench.until_says(WeightState.STABLE)

    assert {event.weight_mg for event in bench.weights} == {300_000}


async def test_nothing_is_told_when_nobody_weighs(bench):
    bench.start()
    bench.put(700)
    bench.scale.start_weighing()
    await bench.until_says(WeightState.STABLE)
    bench.scale.stop_weighing()
    told = len(bench.weights)
    bench.put(800)
    bench.unplug()
    await bench.until(lambda b: b.states[-1] == "disconnected")

    assert len(bench.weights) == told


async def test_a_silent_scale_is_said_to_be_silent(bench):
    bench.model.silent = True
    bench.start()
    bench.put(400)
    bench.scale.start_weighing()

    assert (await bench.until_says(WeightState.SILENT)).weight_mg == 0


async def test_it_goes_and_comes_back_and_weighs_again(bench):
    bench.start()
    bench.put(900)
    bench.scale.start_weighing()
    await bench.until_says(WeightState.STABLE)
    bench.unplug()
    await bench.until(lambda b: b.states[-1] == "disconnected", 1.5)
    bench.put(950)
    bench.replug()
    await bench.until(lambda b: b.states[-1] == "connected", 2.5)
    await bench.until(lambda b: b.weights[-1].weight_mg == 950_000)


async def test_an_absent_scale_is_no_error(bench):
    bench.unplug()
    bench.start()
    bench.scale.start_weighing()

    assert bench.states == ["disconnected"]
    assert bench.weights == []


async def test_claiming_and_enabling_keep_their_order(bench):
    with pytest.raises(Closed):
        bench.scale.claim()
    bench.scale.open()
    with pytest.raises(NotClaimed):
        bench.scale.enable()


@pytest.mark.parametrize("kind", ["toledo-8217", "cas-pd2", "oiml-stream"])
async def test_garbage_on_the_line_is_never_a_weight(kind):
    bench = SCALES[kind]()
    bench.model.garbage = True
    bench.start()
    bench.put(640)
    bench.scale.start_weighing()
    try:
        assert (await bench.until_says(WeightState.STABLE)).weight_mg == 640_000
        assert {event.weight_mg for event in bench.weights} <= {0, 640_000}
    finally:
        bench.scale.close()
        bench.close()


async def test_a_wrong_check_byte_is_never_a_weight():
    bench = SCALES["cas-pd2"]()
    bench.model.wrong_check = True
    bench.start()
    bench.put(640)
    bench.scale.start_weighing()
    try:
        await bench.until_says(WeightState.SILENT)
        assert not any(event.weight_mg for event in bench.weights)
        bench.model.wrong_check = False  # the control: the same frame with the right one counts
        assert (await bench.until_says(WeightState.STABLE)).weight_mg == 640_000
    finally:
        bench.scale.close()
        bench.close()
