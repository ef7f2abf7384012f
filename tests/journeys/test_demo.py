"""The demonstration from outside: keys, scanned bytes, printed bytes, head office over HTTP."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pos.demo.check import Finding
from pos.terminal import Screen, ScreenTimeout, TerminalProgram


@pytest.mark.timeout(240)
def test_a_day_at_the_real_till_is_what_head_office_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pos", "demo", "--check", "--json", "--home", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"]
    by_name = {row["what"]: row["actual"] for row in told["findings"]}
    assert by_name["receipts printed"] == "4"
    assert by_name["net sales on the Z"] == by_name["net sales at head office"]


def test_figures_that_differ_are_no_success() -> None:
    """Negative control of the comparison."""
    assert not Finding("net sales at head office", "42.55", "42.54").ok
    assert Finding("net sales at head office", "42.55", "42.55").ok


def test_the_screen_reads_what_a_program_draws_in_any_chunks() -> None:
    drawn = "\x1b[2J\x1b[3;5H总计 \x1b[1;31m12.50\x1b[0m\x1b[4;1Hx".encode()
    for size in (1, 2, 3, 7, len(drawn)):
        screen = Screen(40, 10)
        for start in range(0, len(drawn), size):
            screen.feed(drawn[start : start + size])

        assert screen.lines()[2] == "    总计 12.50"
        assert screen.lines()[3] == "x"


def test_a_program_that_never_shows_it_is_told_with_its_screen() -> None:
    program = TerminalProgram(["/bin/sh", "-c", "printf hello; read x"])
    try:
        assert program.wait_for("hello", timeout_s=10) == "hello"
        with pytest.raises(ScreenTimeout) as caught:
            program.wait_for("goodbye", timeout_s=0.3)
    finally:
        program.close()

    assert "hello" in caught.value.hint
