"""The till is killed once at each call of one sale that changes the disk, and of the next start's recovery.

A first run under strace lists the calls; then each of them kills the till as it is entered. strace
counts per thread, call and path, so every listed call has a number of its own.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.process import CHECKOUT, Home, needs_strace, strace

pytestmark = [pytest.mark.fault, needs_strace, pytest.mark.timeout(1200)]

CALLS = (
    "write,writev,pwrite64,pwritev,fsync,fdatasync,sync_file_range,fallocate,"
    "rename,renameat,renameat2,link,linkat,unlink,unlinkat,truncate,ftruncate"
)
_LINE = re.compile(r"^(?P<thread>\d+)\s+(?P<call>\w+)\((?P<arguments>.*)")
WORKERS = 2


@dataclass(frozen=True)
class Call:
    """The `nth` call of one name on one path by one thread."""

    name: str
    path: str
    """Relative to the test's folder."""

    nth: int


def copy_of(home: Home, folder: Path) -> Home:
    """A copy of a home and its acknowledgements in a folder of its own."""
    folder.mkdir(parents=True)
    shutil.copytree(home.path, folder / "home")
    for name in ("acks", "prints"):
        shutil.copyfile(home.acks.with_name(name), folder / name)
    return Home(folder / "home", folder / "acks", folder / "copy")


def list_calls(home: Home, folder: Path, arguments: tuple[str, ...]) -> list[Call]:
    """Run once under strace in a copy; every call that changes its files, in order."""
    own = copy_of(home, folder)
    log = folder / "strace.log"
    command = strace("-y", "-e", f"trace={CALLS}", log=log, command=own.command(*arguments))
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    seen: Counter[tuple[str, str, str]] = Counter()
    calls = []
    for line in log.read_text().splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        path = re.search(rf"{re.escape(str(folder))}/([^>\"]+)", found["arguments"])
        if path is None:
            continue
        key = (found["thread"], found["call"], path[1])
        seen[key] += 1
        calls.append(Call(found["call"], path[1], seen[key]))
    return calls


def kill_at(home: Home, folder: Path, call: Call, arguments: tuple[str, ...]) -> list[str]:
    """Kill a copy at one call, look, start again, sell, look again; returns what was wrong."""
    own = copy_of(home, folder)
    command = strace(
        "-P", str(folder / call.path),
        "-e", f"trace={call.name}",
        "-e", f"inject={call.name}:signal=KILL:when={call.nth}",
        command=own.command(*arguments),
    )  # fmt: skip
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, timeout=120, check=False)
    faults = []
    if done.returncode == 0:
        faults.append("was not reached")
    faults += [f"once killed: {fault}" for fault in own.check().faults]
    own.run("--sales", "1")
    findings = own.check()
    faults += [f"started again: {fault}" for fault in findings.faults]
    shutil.rmtree(folder)
    return [f"{call.name} {call.nth} of {call.path}: {fault}" for fault in faults]


def kill_at_each(
    home: Home, folder: Path, arguments: tuple[str, ...]
) -> tuple[list[Call], set[Call], list[str]]:
    """Calls listed, calls killed at, faults found."""
    calls = list_calls(home, folder / "list", arguments)
    distinct = sorted(set(calls), key=calls.index)
    with ThreadPoolExecutor(WORKERS) as pool:
        results = pool.map(
            lambda pair: kill_at(home, folder / f"kill{pair[0]}", pair[1], arguments),
            enumerate(distinct),
        )
        faults = [fault for found in results for fault in found]
    return calls, set(distinct), faults


def report(what: str, calls: list[Call], killed: set[Call]) -> None:
    """Print what was listed and killed."""
    kinds = Counter(f"{call.name} {Path(call.path).name}" for call in calls)
    print(f"\n{what}: {len(calls)} calls, killed at {len(killed)} of them")
    for kind, number in sorted(kinds.items()):
        print(f"  {number:4} {kind}")


def test_a_sale_killed_at_each_of_its_calls_is_whole_or_never_was(home: Home, disk: Path) -> None:
    home.run("--sales", "2")

    calls, killed, faults = kill_at_each(home, disk, ("--sales", "1", "--no-close"))

    report("One sale", calls, killed)
    assert faults == []
    names = {call.name for call in calls}
    assert {"pwrite64", "fdatasync"} <= names
    assert len(killed) == len(calls)  # no two threads make the same call on the same path


def test_a_start_killed_at_each_of_its_calls_loses_nothing_that_was_sold(
    home: Home, disk: Path
) -> None:
    home.run("--sales", "2", "--no-close")  # leaves a WAL to recover, checkpoint and delete

    calls, killed, faults = kill_at_each(home, disk, ("--only-open",))

    report("Recovery, checkpoint and close", calls, killed)
    assert len(killed) == len(calls)
    assert faults == []
    assert {"fdatasync", "ftruncate", "unlink"} <= {call.name for call in calls}
