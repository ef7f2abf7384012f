"""A replay that is killed in the middle goes on where it was, without a double."""

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.real.harness import (
    CHECKOUT,
    Replayed,
    all_hq_daily,
    day_differences,
    expected_daily,
    replay,
    replay_command,
    report,
)
from tests.real.roll import RollInfo
from tests.real.stores import close_differences, till_differences

pytestmark = [pytest.mark.slow, pytest.mark.fault, pytest.mark.timeout(1800)]

START_TIMEOUT_S = 300


def traded_transactions(traded: Replayed) -> int:
    """How many transactions the tills hold by now; 0 while a journal is not there yet."""
    found = 0
    for _store, _workstation, home in traded.tills:
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(f"file:{home / 'journal.db'}?mode=ro", uri=True)) as journal,
        ):
            found += journal.execute("SELECT count(*) FROM txn").fetchone()[0]
    return found


def kill_after(traded: Replayed, transactions: int) -> None:
    """Start the replay and kill -9 it once that many transactions are in the tills' journals."""
    environment = {k: v for k, v in os.environ.items() if k != "POS_HOME"}
    with subprocess.Popen(
        replay_command(traded.info.path, traded.home, currency=traded.info.currency),
        cwd=CHECKOUT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            while traded_transactions(traded) < transactions:
                assert process.poll() is None, "the replay ended before it could be killed"
                assert time.monotonic() < deadline, "the replay did not begin to trade"
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("name", ["emf2016", "split"])
def test_a_replay_killed_three_times_comes_to_the_same_figures(
    roll: Callable[[str], RollInfo], tmp_path: Path, name: str
) -> None:
    traded = Replayed(roll(name), tmp_path / "home")
    for share in (0.05, 0.4, 0.8):
        kill_after(traded, int(traded.info.transactions * share))
        assert 0 < traded_transactions(traded) < traded.info.transactions
    replay(traded.info, traded.home)
    differences = day_differences(all_hq_daily(traded.home), expected_daily(traded.info))
    differences += till_differences(traded, ("workstation", "item", "tender"))
    differences += close_differences(traded)
    assert not differences, report(differences)
