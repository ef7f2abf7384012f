"""A disk that fails or fills up: the sale is undecided, nothing is printed, and a restart decides it (R15)."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.process import Home, Running, holding, needs_root, needs_strace, running, strace

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]

# One sale of three lines is five commits, and the first of a fresh WAL syncs its header too.
SYNC_OF_LINE, SYNC_OF_PAYMENT, SYNC_OF_SALE = "3", "5", "6"
# The last connection's close checkpoints what it believes committed and deletes the WAL, so a commit
# that failed is then absent. When that checkpoint's sync fails too, the WAL stays, the next open
# recovers it, and the commit is there.
SYNC_OF_SALE_AND_CLOSE = "6..7"


def injected(home: Home, call: str, error: str, when: str, *arguments: str) -> list[str]:
    """The headless till, with the `when`th such call on its WAL failing."""
    return strace(
        "-P", str(home.path / "journal.db-wal"),
        "-e", f"trace={call}",
        "-e", f"inject={call}:error={error}:when={when}",
        command=home.command(*arguments),
    )  # fmt: skip


def opened(home: Home) -> Home:
    """A home whose day is open and whose WAL is empty, so that calls count from the first sale."""
    home.run("--sales", "1")
    return home


def says_nothing_but_refusals(till: Running, seconds: float) -> list[str]:
    """Listen for a while; returns the refusals, fails when a sale is acknowledged or printed."""
    refusals = []
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        fact = till.next(left) or {}
        assert "ack" not in fact, till.said
        assert "print" not in fact, till.said
        assert "try" not in fact, till.said
        if "refused" in fact:
            refusals.append(fact["refused"])
    return refusals


def printed_before_acknowledged(said: list[dict[str, object]]) -> bool:
    """Each sale's receipt went to the printer before the next sale began, and only once."""
    prints = [fact["print"] for fact in said if "print" in fact]
    return len(prints) == len(set(prints))


@needs_strace
@pytest.mark.parametrize("holder", ["none", "open", "reading"])
@pytest.mark.parametrize("reader", ["own reader", "no reader"])
@pytest.mark.parametrize(
    "sync", [SYNC_OF_LINE, SYNC_OF_PAYMENT, SYNC_OF_SALE, SYNC_OF_SALE_AND_CLOSE]
)
def test_one_failed_sync_leaves_the_sale_undecided_until_it_is_on_disk(
    home: Home, sync: str, reader: str, holder: str
) -> None:
    options = ("--sales", "3", *(("--no-reader",) if reader == "no reader" else ()))
    opened(home)

    with (
        holding(home.path / "journal.db", holder),
        running(injected(home, "fdatasync", "EIO", sync, *options)) as till,
    ):
        assert till.wait_for("undecided", value=True), till.said
        assert till.wait_for("undecided", value=False, timeout_s=20), till.said
        assert till.wait_for("closed"), (till.said, till.process.wait(5), till.errors())
        said = till.said

    findings = home.check()
    assert findings.faults == []
    assert findings.acknowledged == findings.sales == 4
    assert findings.printed == 4
    assert printed_before_acknowledged(said)


@needs_strace
@pytest.mark.parametrize("holder", ["none", "open", "reading"])
@pytest.mark.parametrize("reader", ["own reader", "no reader"])
def test_a_disk_that_never_syncs_again_stops_selling_and_a_restart_decides(
    home: Home, reader: str, holder: str
) -> None:
    options = ("--sales", "3", *(("--no-reader",) if reader == "no reader" else ()))
    opened(home)

    with (
        holding(home.path / "journal.db", holder),
        running(injected(home, "fdatasync", "EIO", f"{SYNC_OF_SALE}+", *options)) as till,
    ):
        assert till.wait_for("undecided", value=True), till.said
        refusals = says_nothing_but_refusals(till, 1.5)
        till.kill()
        assert home.check().faults == []

        home.run("--sales", "1")  # the disk is well again

    assert set(refusals) == {"sale_undecided"}
    findings = home.check()
    assert findings.faults == []
    assert findings.sales == 3, "the sale in doubt exactly once, and the next one"


@needs_strace
@pytest.mark.parametrize("write", range(1, 58, 7))
@pytest.mark.parametrize("error", ["ENOSPC", "EIO"])
def test_a_write_that_fails_anywhere_in_a_sale_is_made_good(
    home: Home, write: int, error: str
) -> None:
    opened(home)

    with running(injected(home, "pwrite64", error, str(write), "--sales", "2")) as till:
        assert till.wait_for("closed"), (till.said, till.process.wait(5), till.errors())

    assert any("undecided" in fact for fact in till.said), "the fault was not reached"
    findings = home.check()
    assert findings.faults == []
    assert findings.acknowledged == findings.sales == 3


@needs_strace
def test_a_till_that_takes_a_failed_commit_for_no_sale_is_caught(home: Home) -> None:
    # Negative control: told "not sold", the cashier enters the sale again, and it counts twice.
    opened(home)

    command = injected(
        home, "fdatasync", "EIO", SYNC_OF_SALE_AND_CLOSE, "--sales", "2", "--naive", "--no-reader"
    )
    with running(command) as till:
        till.wait_for("closed")

    assert any(fault.startswith("doubled") for fault in home.check().faults), till.said


@pytest.fixture
def small_disk(disk: Path) -> Iterator[Path]:
    """A tmpfs of two megabytes: full soon, and freed by a remount."""
    folder = disk / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"this machine does not mount: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.privileged
@needs_root
@pytest.mark.parametrize("holder", ["none", "open", "reading"])
def test_a_full_disk_stops_selling_and_loses_nothing_once_there_is_space(
    home: Home, small_disk: Path, holder: str
) -> None:
    full = Home(small_disk / "home", home.acks, home.copy)
    shutil.copytree(home.path, full.path)
    full.run("--sales", "1")

    with (
        holding(full.path / "journal.db", holder),
        running(full.command("--lines", "10")) as till,
    ):
        assert till.wait_for("undecided", value=True, timeout_s=120), till.said[-3:]
        refusals = says_nothing_but_refusals(till, 1.0)
        assert full.check().faults == []
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        assert till.wait_for("undecided", value=False, timeout_s=20), till.said[-5:]
        assert till.wait_for("ack"), till.said[-5:]
        assert till.wait_for("ack"), till.said[-5:]
        till.kill()

    assert set(refusals) == {"sale_undecided"}
    findings = full.check()
    assert findings.faults == []
    assert findings.acknowledged > 10
