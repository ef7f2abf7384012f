"""The running till's backups: at each Z, on the interval, by a process of their own (R32)."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.backups import BackupKeeper
from pos.config import with_values
from pos.services import shifts
from pos.services.backup_facts import BackupRound
from pos.store.backup import list_backups, restore, verify_backup
from pos.store.backup_rounds import backup_lock, read_status
from pos.terminal import TerminalProgram
from pos.ui.commands import NUMBERS
from tests.pos.services import shop as support
from tests.pos.ui import shop as screens


class Rounds:
    """Rounds of a keeper as they end."""

    def __init__(self, till):
        self.seen: list[BackupRound] = []
        self._more = threading.Condition()
        till.on_event.append(self._heard)

    def _heard(self, event):
        if isinstance(event, BackupRound):
            with self._more:
                self.seen.append(event)
                self._more.notify_all()

    def wait_for(self, count: int) -> BackupRound:
        with self._more:
            assert self._more.wait_for(lambda: len(self.seen) >= count, 60), self.seen
        return self.seen[count - 1]


@pytest.fixture
def till(tmp_path):
    till = support.open_till(tmp_path / "home")
    support.staff(till)
    support.act_as(till, "8001")
    support.begin_day(till)
    yield till
    till.journal.close()


@pytest.fixture
def keep(till):
    keepers = []

    def make(first_s=3600.0, interval_s=3600.0, **more):
        keeper = BackupKeeper(till, till.home, first_s=first_s, **more)
        keeper._interval_s = interval_s
        keepers.append(keeper)
        rounds = Rounds(till)
        keeper.start()
        return rounds

    yield make
    for keeper in keepers:
        keeper.stop()


def close_day(till):
    closed = shifts.close_day(till, {"cash": 50_000}, reason="x")
    assert isinstance(closed, shifts.DayClosed), closed
    closed.saved.result()


def own(till) -> Path:
    return till.home / "backups"


def test_a_committed_z_is_followed_by_a_verified_full_backup(till, keep):
    rounds = keep()
    support.sell(till, ("W550", 1000))
    close_day(till)

    assert not rounds.wait_for(1).failed
    (full,) = list_backups(own(till))
    assert full.kind == "full"
    assert verify_backup(Path(full.path)).head.seq == till.journal.head()[0]
    assert till.status.backup == "ok"


def test_new_entries_are_kept_on_the_interval_and_nothing_is_started_when_nothing_is_new(
    till, keep
):
    rounds = keep(first_s=0.05, interval_s=0.05)
    rounds.wait_for(1)
    waited = threading.Event()
    waited.wait(0.5)  # ten intervals in which nothing was sold
    assert len(rounds.seen) == 1

    support.sell(till, ("W550", 1000))
    rounds.wait_for(2)
    deadline = time.monotonic() + 30
    while list_backups(own(till))[-1].head.seq < till.journal.head()[0]:
        assert time.monotonic() < deadline
        waited.wait(0.05)
    assert {info.kind for info in list_backups(own(till))[1:]} == {"increment"}


def test_a_missing_stick_is_told_once_shown_and_tried_until_it_is_there(till, keep, tmp_path):
    stick = tmp_path / "stick"
    home_settings = till.home / "guitai.toml"
    home_settings.write_text(f'[backup]\ndirectory = "{stick}"\n', encoding="utf-8")
    till.settings = with_values(till.settings, {"backup.directory": str(stick)}, "tests")
    rounds = keep(first_s=0.01, retry_s=0.05)

    first, second = rounds.wait_for(1), rounds.wait_for(2)
    assert (first.failed, first.first, second.failed, second.first) == (True, True, True, False)
    assert till.status.backup == "failed"
    own_place, away = read_status(till.home)
    assert own_place.error == ""  # the till's own disk has its backup all the same
    assert "is not there" in away.error

    stick.mkdir()
    deadline = time.monotonic() + 60
    while till.status.backup == "failed":
        assert time.monotonic() < deadline
        rounds.wait_for(len(rounds.seen) + 1)
    assert [info.kind for info in list_backups(stick)] == ["full"]


def test_a_stick_that_is_plugged_in_is_not_waited_for_any_longer(till, keep, tmp_path):
    stick = tmp_path / "stick"
    (till.home / "guitai.toml").write_text(f'[backup]\ndirectory = "{stick}"\n')
    till.settings = with_values(till.settings, {"backup.directory": str(stick)}, "tests")
    rounds = keep(first_s=0.01, retry_s=3600.0)
    assert rounds.wait_for(1).failed

    stick.mkdir()

    assert not rounds.wait_for(2).failed
    assert till.status.backup == "ok"


def test_beside_a_backup_made_by_hand_it_waits_and_calls_nothing_wrong(till, keep):
    with backup_lock(till.home):
        rounds = keep(first_s=0.01, retry_s=0.05)
        log = till.home / "logs" / "backup.out"
        deadline = time.monotonic() + 30
        while not (log.exists() and "backup.lock" in log.read_text(encoding="utf-8")):
            assert time.monotonic() < deadline
            threading.Event().wait(0.05)
        assert (rounds.seen, till.status.backup) == ([], "ok")

    assert not rounds.wait_for(1).failed


def test_a_round_that_hangs_is_ended_and_is_a_failure(till, keep):
    rounds = keep(first_s=0.01, give_up_s=0.3, command=["/bin/sleep", "600"])

    assert rounds.wait_for(1).failed
    assert till.status.backup == "failed"


def test_a_failure_of_an_earlier_life_is_shown_from_the_start(till, keep, tmp_path):
    (till.home / "guitai.toml").write_text('[backup]\ndirectory = "/nowhere/at/all"\n')
    rounds = keep(first_s=0.01)
    assert rounds.wait_for(1).failed

    assert BackupKeeper(till, till.home)._till.status.backup == "failed"


# ------------------------------------------------------------------------------------ pos run


def real_home(tmp_path, monkeypatch) -> Path:
    """A home whose entries lie in the past of any machine: its clock is in no doubt."""
    monkeypatch.setattr(screens, "START", datetime(2020, 1, 1, tzinfo=UTC))
    return screens.make_home(tmp_path / "home")


def _enter(program, wanted):
    program.pause(0.7)
    program.send("\r")
    program.wait_for(wanted, timeout_s=30)


def _wait_for_full(home: Path) -> Path:
    deadline = time.monotonic() + 60
    while not list_backups(home / "backups"):
        assert time.monotonic() < deadline, "no backup came"
        threading.Event().wait(0.1)
    (full,) = list_backups(home / "backups")
    return Path(full.path)


def _restores(full: Path, home: Path, target: Path) -> None:
    verify_backup(full)
    restore(full, target)
    said = subprocess.run(
        [sys.executable, "-m", "pos", "journal", "show", "--home", str(target), "--limit", "50"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "day_close" in said
    assert (
        "day_close"
        in subprocess.run(
            [sys.executable, "-m", "pos", "journal", "show", "--home", str(home), "--limit", "50"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )


@pytest.mark.timeout(150)
def test_at_the_real_till_a_z_leaves_a_backup_that_restores(tmp_path, monkeypatch):
    home = real_home(tmp_path, monkeypatch)
    with (home / "guitai.toml").open("a", encoding="utf-8") as settings:
        settings.write('[ui]\nlanguage = "en"\n[receipt]\nlanguage = "en"\n')
    number = next(number for number, what in NUMBERS.items() if what == "day_close")
    program = TerminalProgram([sys.executable, "-m", "pos", "run", "--home", str(home)])
    try:
        program.wait_for("number", timeout_s=60)
        program.send("1002\r")
        program.wait_for("PIN")
        program.send("1470\r")
        program.wait_for("Opening cash", timeout_s=30)
        _enter(program, "▶ Opening cash")
        _enter(program, "Pieces 0")
        program.send("0")
        _enter(program, "All functions")
        program.send(str(number))
        _enter(program, "Count the drawer")
        _enter(program, "▶ Cash")
        program.send("500")
        for _field in range(7):
            program.pause(0.7)
            program.send("\r")
        program.wait_for("Z REPORT", timeout_s=30)
        full = _wait_for_full(home)
    finally:
        program.close()
    _restores(full, home, tmp_path / "restored")


@pytest.mark.timeout(150)
def test_in_lines_of_text_a_z_leaves_a_backup_too_even_when_the_till_is_left_at_once(
    tmp_path, monkeypatch
):
    home = real_home(tmp_path, monkeypatch)
    done = subprocess.run(
        [sys.executable, "-m", "pos", "run", "--plain", "--home", str(home)],
        input="1002\n1470\n\n500\nclose\n500\n0\n\nquit\n",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (home / "journal.db").exists()

    _restores(_wait_for_full(home), home, tmp_path / "restored")
