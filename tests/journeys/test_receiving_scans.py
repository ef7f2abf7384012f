"""Two hundred scans, ten a second, into the receiving screen of a real till: none is lost (RCV-08)."""

from __future__ import annotations

import os
import signal
import sys
import time

import pytest

from pos.bootstrap import build_till, close_till
from pos.services.goods import receiving
from tests.bench.bar_08_scan import code_of, marker_of, shop, sign_on
from tests.bench.receiving import open_receiving
from tests.bench.terminal import TerminalProgram, device

pytestmark = pytest.mark.slow

SCANS, ITEMS = 200, 40
PAUSE_S = 0.1


@pytest.fixture
def till(tmp_path):
    scanner = device()
    home = shop(tmp_path / "shop")
    arguments = [
        sys.executable, "-m", "tests.bench.ours.till", "run", "--home", str(home),
        "--scanner", f"serial:{scanner[2]}",
    ]  # fmt: skip
    with TerminalProgram(arguments, scanner) as program:
        sign_on(program)
        open_receiving(program)
        yield program, home


def counted(home) -> dict[str, int]:
    """What the drafts on the disk hold, by barcode."""
    reopened = build_till(home)
    try:
        (draft,) = receiving.drafts(reopened)
        return {line.barcode: line.received_milli for line in draft.document.lines}
    finally:
        close_till(reopened)


def expected() -> dict[str, int]:
    found: dict[str, int] = {}
    for number in range(SCANS):
        code = code_of(number % ITEMS)
        found[code] = found.get(code, 0) + 1000
    return found


def scan_all(program: TerminalProgram) -> None:
    begun = time.monotonic()
    for number in range(SCANS):
        program.scan(code_of(number % ITEMS))
        while time.monotonic() < begun + (number + 1) * PAUSE_S:
            program.settle(0.01, 0.02)
    program.wait_for(marker_of((SCANS - 1) % ITEMS).encode())
    program.settle(0.5)


def kill(program: TerminalProgram) -> None:
    os.killpg(program.process.pid, signal.SIGKILL)
    program.process.wait()


def test_two_hundred_scans_at_ten_a_second_are_all_counted_and_survive_a_kill(till):
    program, home = till
    scan_all(program)
    kill(program)
    assert counted(home) == expected()


def test_two_hundred_scans_in_one_go_are_all_counted(till):
    program, home = till
    program.scan(*(code_of(number % ITEMS) for number in range(SCANS)))
    program.settle(1.0)
    kill(program)
    assert counted(home) == expected()


def test_the_control_a_scan_that_was_not_made_is_missing(till):
    program, home = till
    program.scan(*(code_of(number) for number in range(3)))
    program.settle(0.7)
    kill(program)
    assert counted(home) == {code_of(number): 1000 for number in range(3)}
