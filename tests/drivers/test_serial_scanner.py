"""The serial scanner over real pseudo-terminals: cables are pulled in the middle of codes."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from drivers.events import RejectReason, ScanEvent, ScanRejected
from drivers.fakes import PtyScanner
from drivers.registry import scanner_from_url
from drivers.scanner.framing import Framing
from drivers.serial_port import SerialPort, SerialSettings
from tests.contract.benches import ScannerBench


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


@dataclass(kw_only=True)
class Plugged(ScannerBench):
    far: PtyScanner


@contextlib.contextmanager
def plugged(framing=Framing.CR, options=""):
    with PtyScanner(framing=framing) as far:
        scanner = scanner_from_url(far.url + options, "s")
        bench = Plugged(scanner, far.scan, far.unplug, far.replug, far.close, far=far)
        yield bench
        scanner.close()


@pytest.mark.parametrize("framing", list(Framing))
async def test_every_framing_over_a_line(framing):
    with plugged(framing, "&gap_ms=40") as bench:
        bench.start()
        bench.scan("6901234567892", "]E0")
        await bench.until(lambda b: b.scans)

        event = bench.events[-1]
        assert isinstance(event, ScanEvent)
        assert (event.data, event.symbology_id) == (b"6901234567892", "]E0")


async def test_a_code_split_over_two_reads_is_one_code():
    with plugged() as bench:
        bench.start()
        bench.far.send(b"69012345")
        await asyncio.sleep(0.03)
        bench.far.send(b"67892\r")
        await bench.until(lambda b: b.scans)

        assert bench.scans == [b"6901234567892"]


async def test_half_a_code_is_reported_and_never_delivered():
    with plugged(options="&gap_ms=40") as bench:
        bench.start()
        bench.far.send(b"69012345")
        await bench.until(lambda b: any(isinstance(e, ScanRejected) for e in b.events))
        await asyncio.sleep(0.12)  # a person takes longer than that
        bench.scan("12345670")
        await bench.until(lambda b: b.scans)

        rejected = [event for event in bench.events if isinstance(event, ScanRejected)]
        assert [(event.reason, event.raw_length) for event in rejected] == [
            (RejectReason.TRUNCATED, 8)
        ]
        assert bench.scans == [b"12345670"]


async def test_half_a_code_before_unplugging_is_gone_after_replugging():
    with plugged(options="&gap_ms=2000") as bench:
        bench.start()
        bench.far.send(b"69012345")
        await asyncio.sleep(0.05)
        bench.unplug()
        await bench.until(lambda b: b.states[-1] == "disconnected", timeout_s=1)
        bench.replug()
        bench.far.send(b"67892\r9999999999994\r")  # scanned before the till has it open again
        await bench.until(lambda b: b.states[-1] == "connected", timeout_s=2)
        bench.scan("12345670")
        await bench.until(lambda b: b.scans)

        assert bench.scans == [b"12345670"]
        assert [e.reason for e in bench.events if isinstance(e, ScanRejected)] == [
            RejectReason.TRUNCATED
        ]


async def test_many_times_unplugged_and_replugged_leaks_no_descriptor():
    with plugged() as bench:
        bench.start()
        before = open_descriptors()
        for number in range(5):
            bench.unplug()
            await bench.until(lambda b: b.states[-1] == "disconnected", timeout_s=1)
            bench.replug()
            await bench.until(lambda b: b.states[-1] == "connected", timeout_s=2)
            bench.scan(f"1234567{number}")
            await bench.until(lambda b, n=number: len(b.scans) == n + 1)

        assert open_descriptors() == before


async def test_an_absent_scanner_costs_next_to_nothing():
    with plugged() as bench:
        bench.unplug()
        bench.start()
        ticks = os.times()
        await asyncio.sleep(0.6)
        later = os.times()

        assert (later.user + later.system) - (ticks.user + ticks.system) < 0.3
        assert bench.states == ["disconnected"]


async def test_a_line_that_somebody_else_has_is_taken_when_it_is_free():
    with plugged() as bench:
        other = SerialPort(SerialSettings(bench.far.path))
        bench.start()

        assert bench.states == ["disconnected"]
        assert bench.events[0].detail == "claimed"
        other.close()
        await bench.until(lambda b: b.states[-1] == "connected", timeout_s=2)


async def test_a_reread_within_the_window_is_counted_and_not_delivered():
    with plugged(options="&reread_ms=500") as bench:
        bench.start()
        bench.scan("12345670")
        bench.scan("12345670")
        bench.scan("6901234567892")
        await bench.until(lambda b: len(b.scans) == 2)

        assert bench.scans == [b"12345670", b"6901234567892"]
        assert [e.reason for e in bench.events if isinstance(e, ScanRejected)] == [
            RejectReason.REREAD
        ]


async def test_a_listener_may_close_the_scanner_while_it_is_told_of_a_scan():
    with plugged() as bench:
        bench.scanner.subscribe(
            lambda event: bench.scanner.close() if isinstance(event, ScanEvent) else None
        )
        bench.start()
        bench.scan("12345670")
        await bench.until(lambda b: b.scans)

        assert bench.scanner.connected is False


async def test_a_blocked_event_loop_loses_no_code():
    import time

    with plugged(options="&gap_ms=300") as bench:
        bench.start()
        bench.far.send(b"69012345")
        await asyncio.sleep(0.01)
        bench.far.send(b"67892\r")
        time.sleep(0.5)  # noqa: ASYNC251 - the screen is busy for longer than the gap
        await bench.until(lambda b: b.scans)

        assert bench.scans == [b"6901234567892"]
