"""What every scanner does: in-process, on serial lines of several models, and as a keyboard."""

import asyncio
import time

import pytest

from drivers.errors import Closed, NotClaimed
from drivers.events import RejectReason, ScanEvent, ScannerEvent, ScanRejected
from drivers.ports import Feedback, Scanner
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


def refused(bench):
    return [event.reason for event in bench.events if isinstance(event, ScanRejected)]


async def test_a_code_with_noise_in_it_is_never_a_scan(bench):
    bench.start()
    bench.misbehave("garbage")
    bench.scan("6901234567892")
    await bench.until(refused)
    bench.misbehave(None)
    bench.scan("12345670")
    await bench.until(lambda b: b.scans)

    assert refused(bench) == [RejectReason.NOISE]
    assert bench.scans == [b"12345670"]


async def test_half_a_code_is_never_a_scan(bench):
    bench.start()
    bench.misbehave("truncated")
    bench.scan("6901234567892")
    await bench.until(refused)
    bench.misbehave(None)
    await asyncio.sleep(0.15)  # a person takes longer; within it, it would be the lost tail
    bench.scan("12345670")
    await bench.until(lambda b: b.scans)

    assert refused(bench) == [RejectReason.TRUNCATED]
    assert bench.scans == [b"12345670"]


async def test_a_slow_scanner_is_one_scan(bench):
    bench.start()
    bench.misbehave("slow")
    bench.scan("6901234567892")
    await bench.until(lambda b: b.scans)

    assert bench.scans == [b"6901234567892"]
    assert refused(bench) == []


async def test_one_pull_that_reads_twice_is_two_scans_without_a_window(bench):
    bench.start()
    bench.misbehave("double")
    bench.scan("6901234567892")
    await bench.until(lambda b: len(b.scans) == 2)


async def test_feedback_never_disturbs_the_next_scan(bench):
    bench.scanner.feedback(Feedback.GOOD)  # before there is a line
    bench.start()
    for kind in Feedback:
        bench.scanner.feedback(kind)
    bench.scan("6901234567892")
    await bench.until(lambda b: b.scans)
    bench.unplug()
    bench.scanner.feedback(Feedback.BUSY)
    await bench.until(lambda b: b.states[-1] == "disconnected", timeout_s=1)

    assert bench.scans == [b"6901234567892"]
