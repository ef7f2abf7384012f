"""What every scanner does, simulated or serial."""

import time

import pytest

from drivers.errors import Closed, NotClaimed
from drivers.events import ScanEvent, ScannerEvent
from drivers.ports import Scanner
from tests.contract.benches import SCANNERS


@pytest.fixture(params=sorted(SCANNERS))
async def bench(request):
    made = SCANNERS[request.param]()
    yield made
    made.scanner.close()
    made.close()


async def test_it_is_a_scanner(bench):
    assert isinstance(bench.scanner, Scanner)


async def test_enabling_says_that_it_is_connected(bench):
    bench.start()

    assert bench.states == ["connected"]


async def test_a_scan_carries_its_code_its_source_and_its_time(bench):
    bench.start()
    before = time.monotonic_ns()
    bench.scan("6901234567892")
    await bench.until(lambda b: b.scans)

    event = bench.events[-1]

    assert isinstance(event, ScanEvent)
    assert (event.data, event.source, event.symbology_id) == (
        b"6901234567892",
        "till-scanner",
        None,
    )
    assert before <= event.at_monotonic_ns <= time.monotonic_ns()


async def test_an_aim_identifier_is_told_apart_and_group_separators_survive(bench):
    bench.start()
    bench.scan(b"0106901234567892\x1d10AB", "]C1")
    await bench.until(lambda b: b.scans)

    event = bench.events[-1]

    assert isinstance(event, ScanEvent)
    assert (event.data, event.symbology_id) == (b"0106901234567892\x1d10AB", "]C1")


async def test_two_equal_articles_are_two_scans(bench):
    bench.start()
    bench.scan("6901234567892")
    bench.scan("6901234567892")
    await bench.until(lambda b: len(b.scans) == 2)


async def test_fifty_scans_in_a_burst_arrive_in_order(bench):
    bench.start()
    codes = [f"69012345{number:05d}" for number in range(50)]
    for code in codes:
        bench.scan(code)
    await bench.until(lambda b: len(b.scans) == 50)

    assert bench.scans == [code.encode() for code in codes]


async def test_unplugging_is_said_within_a_second_and_replugging_within_two(bench):
    bench.start()
    bench.unplug()
    await bench.until(lambda b: b.states == ["connected", "disconnected"], timeout_s=1)
    bench.replug()
    await bench.until(
        lambda b: b.states == ["connected", "disconnected", "connected"], timeout_s=2
    )
    bench.scan("6901234567892")
    await bench.until(lambda b: b.scans)

    assert bench.scans == [b"6901234567892"]


async def test_a_device_that_is_absent_at_first_is_taken_when_it_comes(bench):
    bench.unplug()
    bench.start()

    assert bench.states == ["disconnected"]

    bench.replug()
    await bench.until(lambda b: b.states == ["disconnected", "connected"], timeout_s=2)


async def test_a_code_scanned_while_disabled_never_appears(bench):
    bench.start()
    bench.scanner.disable()
    bench.scan("1111111111116")
    bench.scanner.enable()
    bench.scan("6901234567892")
    await bench.until(lambda b: b.scans)

    assert bench.scans == [b"6901234567892"]


async def test_an_unsubscribed_listener_hears_nothing(bench):
    heard: list[ScannerEvent] = []
    stop = bench.scanner.subscribe(heard.append)
    stop()
    bench.start()

    assert bench.states == ["connected"]
    assert heard == []


async def test_the_five_steps_keep_their_order(bench):
    with pytest.raises(Closed):
        bench.scanner.claim()
    bench.scanner.open()
    with pytest.raises(NotClaimed):
        bench.scanner.enable()
