"""`pos replay` as its user meets it: the bar, the summary, a head office elsewhere, a second roll."""

import csv
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.real.expected import GROUPINGS
from tests.real.harness import (
    CHECKOUT,
    CommandError,
    Replayed,
    all_hq_daily,
    day_differences,
    expected_daily,
    hq,
    replay_command,
    report,
    run,
)
from tests.real.roll import HEADER, RollInfo
from tests.real.stores import close_differences, till_differences

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SUMMARY = re.compile(
    r"(\d+) transactions with (\d+) lines traded on (\d+) tills \((\d+) were there already\), "
    r"(\d+) days closed; trading [0-9.]+ s, draining [0-9.]+ s\."
)
START_TIMEOUT_S = 60


def summary(text: str) -> tuple[int, ...]:
    """Transactions, lines, tills, transactions that were there already, days closed."""
    found = SUMMARY.search(text)
    assert found is not None, text
    return tuple(int(number) for number in found.groups())


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """A head office that somebody else runs; its URL."""
    ready = home / "ready.json"
    with subprocess.Popen(
        hq("serve", "--home", str(home), "--ready-file", str(ready)),
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            deadline = time.monotonic() + START_TIMEOUT_S
            while not ready.exists() or not ready.read_text():
                assert process.poll() is None, "head office ended"
                assert time.monotonic() < deadline, "head office did not start"
                time.sleep(0.05)
            yield json.loads(ready.read_text())["url"]
        finally:
            process.terminate()


def on_a_terminal(command: list[str]) -> str:
    """Run a command on a terminal of its own and return all that it wrote there."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower
    ) as process:
        os.close(follower)
        written = bytearray()
        try:
            while chunk := os.read(leader, 65536):
                written += chunk
        except OSError:
            pass  # how Linux says that the last writer closed the terminal
        finally:
            os.close(leader)
    assert process.returncode == 0, written.decode()
    return written.decode()


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))[1:]


def write_rows(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([HEADER, *rows])
    return path


def codes_file(office: Path, info: RollInfo, out: Path) -> Path:
    """Add the roll's stores to a head office and write a code for each of its tills."""
    rows = []
    for store_id, workstation_id in info.workstations:
        place = ("--home", str(office))
        run(hq("add-store", *place, store_id, "--currency", info.currency))
        names = ("--store", store_id, "--workstation", workstation_id)
        rows.append((store_id, workstation_id, run(hq("enrol", *place, *names)).strip()))
    with out.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("store_id", "workstation_id", "code"), *rows])
    return out


def test_a_terminal_shows_the_bar_and_the_summary_and_the_day_answers(
    roll: Callable[[str], RollInfo], scratch: Path
) -> None:
    traded = Replayed(roll("odd"), scratch / "homes" / "odd-bar")
    command = replay_command(traded.info.path, traded.home, currency="CNY")
    shown = on_a_terminal(command)
    days = len(traded.info.workstations) * len(traded.info.business_days)
    assert "100%" in shown
    assert f"Trading {traded.info.business_days[-1]}" in shown
    info = traded.info
    assert summary(shown) == (info.transactions, info.lines, len(info.workstations), 0, days)
    differences = day_differences(all_hq_daily(traded.home), expected_daily(info))
    assert not differences, report(differences)
    again = on_a_terminal(command)
    assert summary(again) == (0, 0, len(info.workstations), info.transactions, 0)


def test_a_roll_is_traded_into_a_head_office_that_runs_elsewhere(
    roll: Callable[[str], RollInfo], scratch: Path, tmp_path: Path
) -> None:
    info, office = roll("odd"), scratch / "homes" / "odd-office"
    run(hq("init", "--home", str(office), "--currency", "EUR"))
    codes = codes_file(office, info, tmp_path / "codes.csv")
    traded = Replayed(info, scratch / "homes" / "odd-elsewhere")
    command = replay_command(info.path, traded.home, currency=info.currency)
    with serving(office) as url:
        command += ["--head-office", url]
        with pytest.raises(CommandError, match=r"has no enrolment code\nAdd its row to the file"):
            run(command)
        assert summary(run([*command, "--enrol-codes", str(codes)]))[3] == 0
        assert summary(run(command))[3] == info.transactions, "the codes are used up and unneeded"
    assert not traded.head_office.exists()
    daily = all_hq_daily(office)
    differences = day_differences(daily, expected_daily(info))
    differences += till_differences(traded, GROUPINGS, daily) + close_differences(traded)
    assert not differences, report(differences)


def test_the_next_days_roll_goes_on_in_the_same_folder(
    roll: Callable[[str], RollInfo], scratch: Path, tmp_path: Path
) -> None:
    info, home = roll("odd"), scratch / "homes" / "odd-next"
    rows = rows_of(info.path)
    last = info.business_days[-1]
    first = write_rows(tmp_path / "first.csv", [row for row in rows if row[2] != last])
    second = write_rows(tmp_path / "second.csv", [row for row in rows if row[2] == last])
    run(replay_command(first, home, currency=info.currency))
    assert summary(run(replay_command(second, home, currency=info.currency)))[3] == 0
    differences = day_differences(all_hq_daily(home), expected_daily(info))
    assert not differences, report(differences)

    with pytest.raises(CommandError, match="business day"):
        run(replay_command(info.path, home, currency=info.currency))
    differences = day_differences(all_hq_daily(home), expected_daily(info))
    assert not differences, "a roll of days that are closed was traded again"


def test_another_roll_is_refused_while_one_is_in_the_middle(
    roll: Callable[[str], RollInfo], scratch: Path, tmp_path: Path
) -> None:
    info, home = roll("odd"), scratch / "homes" / "odd-middle"
    other = write_rows(tmp_path / "other.csv", rows_of(info.path)[:1])
    stop = (
        "import sys\nfrom pos.services import rolls\nfrom pos.cli import main\n"
        "trade, left = rolls.trade, [20]\n"
        "def stopping(*arguments):\n"
        "    left[0] -= 1\n"
        "    if left[0] < 0:\n"
        "        raise KeyboardInterrupt\n"
        "    return trade(*arguments)\n"
        "rolls.trade = stopping\n"
        "main(sys.argv[1:])\n"
    )
    command = replay_command(info.path, home, currency=info.currency)
    with pytest.raises(CommandError):
        run([sys.executable, "-c", stop, *command[3:]])
    with pytest.raises(CommandError, match=r"in the middle of the roll odd\.csv"):
        run(replay_command(other, home, currency=info.currency))
    assert summary(run(command))[3] == 20
    differences = day_differences(all_hq_daily(home), expected_daily(info))
    assert not differences, report(differences)
