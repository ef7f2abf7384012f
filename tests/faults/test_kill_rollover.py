"""A rollover is killed at each of its steps, and at each of its calls that changes the disk (R30).

Whatever the moment, the next start trades in one file: the old one or the new one.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.process import CHECKOUT, needs_strace, strace
from tests.faults.rolling_till import STEPS, faults_of, prepare
from tests.faults.test_kill_at_every_call import _LINE, CALLS, WORKERS, Call, report


@pytest.fixture(scope="module")
def closed_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that closed its year; copied by every test."""
    home = tmp_path_factory.mktemp("year") / "home"
    prepare(home)
    return home


@pytest.fixture
def home(closed_year: Path, tmp_path: Path) -> Path:
    """A home of one's own."""
    shutil.copytree(closed_year, tmp_path / "home")
    return tmp_path / "home"


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.faults.rolling_till", "--home", str(home), *arguments]


def run(line: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(line, cwd=CHECKOUT, capture_output=True, timeout=120, check=False)


def test_a_rollover_that_is_not_killed_leaves_a_home_that_trades(home):
    done = run(command(home))

    assert done.returncode == 0, done.stderr.decode()
    assert faults_of(home) == []


@pytest.mark.parametrize("step", STEPS)
def test_a_till_killed_at_a_step_starts_in_one_file(home, step):
    killed = run(command(home, "--kill-at", step))

    assert killed.returncode == -signal.SIGKILL
    assert faults_of(home) == []


def test_closing_the_old_file_first_is_found_out(home):
    killed = run(command(home, "--close-first", "--kill-at", "carry"))

    assert killed.returncode == -signal.SIGKILL
    assert faults_of(home) != []


EVERY = int(os.environ.get("GUITAI_KILL_EVERY", "4"))
"""1 kills at every call: 368 of them, some minutes."""


def list_calls(home: Path, folder: Path, *arguments: str) -> list[Call]:
    """Run once under strace in a copy; every call that changes its files, in order."""
    folder.mkdir()
    shutil.copytree(home, folder / "home")
    log = folder / "strace.log"
    line = strace(
        "-y", "-e", f"trace={CALLS}", log=log, command=command(folder / "home", *arguments)
    )
    done = run(line)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    seen: Counter[tuple[str, str, str]] = Counter()
    calls = []
    for text in log.read_text().splitlines():
        found = _LINE.match(text)
        path = found and re.search(rf"{re.escape(str(folder))}/([^>\"]+)", found["arguments"])
        if found is None or path is None:
            continue
        key = (found["thread"], found["call"], path[1])
        seen[key] += 1
        calls.append(Call(found["call"], path[1], seen[key]))
    return calls


def kill_at(home: Path, folder: Path, call: Call, *arguments: str) -> list[str]:
    """Kill a copy at one call and look."""
    folder.mkdir()
    shutil.copytree(home, folder / "home")
    line = strace(
        "-P", str(folder / call.path),
        "-e", f"trace={call.name}",
        "-e", f"inject={call.name}:signal=KILL:when={call.nth}",
        command=command(folder / "home", *arguments),
    )  # fmt: skip
    reached = run(line).returncode != 0
    faults = faults_of(folder / "home") if reached else ["was not reached"]
    shutil.rmtree(folder)
    return [f"{call.name} {call.nth} of {call.path}: {fault}" for fault in faults]


def kill_at_each(
    home: Path, folder: Path, *arguments: str
) -> tuple[list[Call], set[Call], list[str]]:
    """The calls, those that were killed (the first of each kind and every fourth), the faults."""
    calls = list(dict.fromkeys(list_calls(home, folder / "list", *arguments)))
    chosen = [call for place, call in enumerate(calls) if call.nth == 1 or place % EVERY == 0]
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(
            lambda pair: kill_at(home, folder / f"kill{pair[0]}", pair[1], *arguments),
            enumerate(chosen),
        )
        return calls, set(chosen), [fault for found in results for fault in found]


@pytest.mark.fault
@needs_strace
@pytest.mark.timeout(1200)
def test_a_till_killed_at_each_call_of_a_rollover_starts_in_one_file(closed_year, disk):
    calls, killed, faults = kill_at_each(closed_year, disk)

    report("A rollover", calls, killed)
    assert faults == []
    assert {"pwrite64", "fdatasync", "fsync"} <= {call.name for call in calls}
    assert any(call.path.endswith("journal-2027.db") for call in calls)
