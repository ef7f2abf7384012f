"""What is due is made in every place, once; what a kill leaves behind is no backup (R32)."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import Note
from pos.domain.journal.shift_bodies import DayClose, DayOpen
from pos.domain.shift import Totals
from pos.store import backup_rounds
from pos.store.backup import list_backups, restore, verify_backup
from pos.store.backup_folder import read_manifests
from pos.store.backup_rounds import Plan, backup_lock, read_status, run_round
from pos.store.clock import FixedClock
from pos.store.connection import connect_raw
from pos.store.errors import BackupFailed, FileLocked
from pos.store.journal import Identity, JournalStore
from pos.store.reference_values import AckRow
from pos.store.rollover import Standing, roll_over

ROOT = Path(__file__).resolve().parents[3]


def open_journal(home: Path) -> JournalStore:
    clock = FixedClock(datetime(2026, 11, 21, 2, tzinfo=UTC))
    return JournalStore.open(home, Identity(store_id="01", workstation_id="01"), clock, "test")


def note(journal: JournalStore, count: int = 1) -> None:
    for number in range(count):
        body = Note(text=f"note {number}")
        journal.run(lambda txn, body=body: txn.append(EntryKind.NOTE, body))  # type: ignore[misc]


def close_day(journal: JournalStore, number: int = 1) -> None:
    body = DayClose(z_no=number, totals=Totals(), journal_head="")
    journal.run(
        lambda txn: txn.append(EntryKind.DAY_CLOSE, body, business_day=f"2026-11-{number:02}")
    )


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return home


@pytest.fixture
def journal(home):
    with open_journal(home) as journal:
        note(journal, 3)
        yield journal


def made(place: Path) -> list[str]:
    return [info.kind for info in list_backups(place)]


def rows(path: Path) -> list[tuple[int, bytes, bytes]]:
    with closing(connect_raw(path, readonly=True)) as connection:
        sql = "SELECT entry_id, bytes, hash FROM journal_entry ORDER BY entry_id"
        return connection.execute(sql).fetchall()


def test_a_round_makes_what_is_due_and_nothing_when_nothing_is(home, journal):
    place = home / "backups"

    run_round(home, Plan())
    assert made(place) == ["full"]
    run_round(home, Plan())
    assert made(place) == ["full"]
    note(journal)
    run_round(home, Plan())
    note(journal)
    run_round(home, Plan())
    assert made(place) == ["full", "increment", "increment"]
    close_day(journal)
    run_round(home, Plan())

    assert made(place) == ["full"]
    (status,) = read_status(home)
    assert status.error == ""
    assert status.last_increment_ms == 0
    assert status.head.seq == journal.head()[0]
    verify_backup(Path(list_backups(place)[0].path))


def test_a_shop_that_wants_no_full_backup_at_the_close_gets_increments(home, journal):
    for number in range(1, 3):
        close_day(journal, number)
        run_round(home, Plan(full_at_close=False))

    assert made(home / "backups") == ["full", "increment"]


def test_full_and_increments_of_rounds_restore_the_identical_chain(home, journal, tmp_path):
    run_round(home, Plan())
    for _ in range(3):
        note(journal, 2)
        run_round(home, Plan())
    full = list_backups(home / "backups")[0]

    restore(Path(full.path), tmp_path / "new")

    assert rows(tmp_path / "new" / "journal.db") == rows(home / "journal.db")
    with open_journal(tmp_path / "new") as again:  # verifies the tail and opens its new epoch
        assert again.epoch_no == 2


def test_old_full_backups_are_pruned_by_the_settings(home, journal):
    for number in range(1, 6):
        close_day(journal, number)
        run_round(home, Plan(keep_full=2))
        note(journal)
        run_round(home, Plan(keep_full=2))

    found, _damaged = read_manifests(home / "backups")
    assert sorted(info.kind for info in found) == ["full", "full", "increment", "increment"]


def test_two_places_each_have_everything_and_one_that_is_away_does_not_stop_the_other(
    home, journal, tmp_path
):
    stick = tmp_path / "stick"
    plan = Plan(directory=str(stick))

    own, second = run_round(home, plan)
    assert (own.error, second.values["target"]) == ("", str(stick))
    assert "is not there" in second.error
    assert not stick.exists()  # under the mount point of a missing stick it would fill the till
    assert second.failing_since_ms

    stick.mkdir()
    note(journal)
    own, second = run_round(home, plan)
    assert (own.error, second.error, second.failing_since_ms) == ("", "", 0)
    assert made(stick) == ["full"]
    assert made(home / "backups") == ["full", "increment"]


def test_a_stick_that_was_another_disk_is_missed_when_its_empty_mount_point_is_left(
    home, journal, tmp_path
):
    stick = tmp_path / "stick"
    stick.mkdir()
    plan = Plan(directory=str(stick))
    own, second = run_round(home, plan)
    assert second.error == ""
    on_it = [own, msgspec.structs.replace(second, other_disk=True)]
    (home / "backups" / "status.json").write_bytes(msgspec.json.encode(on_it))
    note(journal)

    _own, second = run_round(home, plan)

    assert "not mounted" in second.error
    assert made(stick) == ["full"]


def test_a_full_disk_is_said_with_what_is_free_and_left_alone(home, journal, monkeypatch):
    monkeypatch.setattr(
        backup_rounds.shutil, "disk_usage", lambda _path: type("Usage", (), {"free": 5_000_000})()
    )

    (status,) = run_round(home, Plan())

    assert status.error == "{target} has {free} MB free; a backup needs {needed} MB."
    assert status.values["free"] == "5"
    assert made(home / "backups") == []
    monkeypatch.undo()
    (status,) = run_round(home, Plan())  # the control: with room it is made
    assert status.error == ""


def test_another_tills_backups_are_neither_joined_nor_pruned(home, journal, tmp_path):
    other = tmp_path / "other"
    stick = tmp_path / "stick"
    stick.mkdir()
    plan = Plan(directory=str(stick), keep_full=1)
    with open_journal(other) as stranger:
        close_day(stranger)
        run_round(other, plan)
    before = made(stick), sorted(stick.iterdir())

    _own, second = run_round(home, plan)

    assert "another till" in second.error
    assert (made(stick), sorted(stick.iterdir())) == before


def test_a_journal_that_goes_on_in_a_new_file_is_backed_up_and_restored_in_all_its_files(
    home, journal, tmp_path
):
    journal.run(lambda txn: txn.append(EntryKind.DAY_OPEN, DayOpen(), business_day="2026-11-01"))
    close_day(journal)
    run_round(home, Plan())
    seq, digest = journal.head()
    known = AckRow(
        epoch=journal.epoch_id,
        acked_seq=seq,
        head_hash=digest.hex(),
        durable_seq=seq,
        incarnation="",
        at_utc_ms=0,
    )
    roll_over(journal, Standing(acked={journal.epoch_id: known}), "2027")
    note(journal)
    (status,) = run_round(home, Plan())
    assert status.error == ""
    note(journal, 2)
    run_round(home, Plan())
    assert made(home / "backups") == ["full", "increment"]
    full = list_backups(home / "backups")[0]
    assert full.journals == ("journal.db", "journal-2027.db")
    verify_backup(Path(full.path))

    restore(Path(full.path), tmp_path / "new")

    for name in full.journals:
        assert rows(tmp_path / "new" / name) == rows(home / name)
    with open_journal(tmp_path / "new") as again:
        assert again.path.name == "journal-2027.db"
        assert again.epoch_no == 3


def test_a_restored_till_begins_with_a_full_backup_where_its_old_ones_lie(home, journal, tmp_path):
    stick = tmp_path / "stick"
    stick.mkdir()
    plan = Plan(directory=str(stick))
    run_round(home, plan)
    early = Path(list_backups(home / "backups")[0].path)
    note(journal, 5)
    run_round(home, plan)  # the stick has entries that the restored till will lack
    restored = tmp_path / "restored"
    restore(early.rename(tmp_path / early.name), restored)

    with open_journal(restored) as again:
        note(again, 2)
        statuses = run_round(restored, plan)

    assert [one.error for one in statuses] == ["", ""]
    chain = list_backups(stick)
    assert [info.kind for info in chain] == ["full"]
    assert chain[0].head.epoch_no == 2


def test_a_clock_that_stepped_back_does_not_make_an_old_backup_the_newest(
    home, journal, monkeypatch
):
    run_round(home, Plan())
    real = backup_rounds.time.time_ns()
    monkeypatch.setattr(backup_rounds.time, "time_ns", lambda: real - 86_400 * 10**9 * 400)
    close_day(journal)
    run_round(home, Plan())
    note(journal)
    run_round(home, Plan())

    chain = list_backups(home / "backups")
    assert [info.kind for info in chain] == ["full", "increment"]
    assert chain[-1].head.seq == journal.head()[0]


def test_one_round_at_a_time(home, journal):
    with backup_lock(home), pytest.raises(FileLocked):
        run_round(home, Plan())
    run_round(home, Plan())  # the control


def test_a_damaged_manifest_costs_only_its_own_backup(home, journal):
    run_round(home, Plan())
    note(journal)
    run_round(home, Plan())
    increment = Path(list_backups(home / "backups")[1].path)
    (increment / "manifest.json").write_bytes(b"{")
    note(journal)

    (status,) = run_round(home, Plan())

    assert status.error == ""
    chain = list_backups(home / "backups")
    assert [info.entries for info in chain][1:] == [2]
    assert chain[-1].head.seq == journal.head()[0]


# ------------------------------------------------------------------------------------ kill -9

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from pos.store import backup, backup_folder
from pos.store.backup_rounds import Plan, run_round

deadly, calls = int(sys.argv[2]), 0

def counted(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

os.fsync = counted(os.fsync)
Path.rename = counted(Path.rename)
Path.mkdir = counted(Path.mkdir)
Path.unlink = counted(Path.unlink)
backup._copy_database = counted(backup._copy_database)
backup_folder.write_manifest = backup.write_manifest = counted(backup.write_manifest)
backup.verify_chain = counted(backup.verify_chain)
run_round(Path(sys.argv[1]), Plan())
print(calls)
"""


def killed(home: Path, at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED_AT, str(home), str(at)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )


@pytest.mark.parametrize("kind", ["full", "increment"])
def test_a_kill_anywhere_leaves_nothing_that_restore_would_take_and_the_next_round_makes_it_good(
    tmp_path, kind
):
    template = tmp_path / "template"
    template.mkdir()
    with open_journal(template) as journal:
        note(journal, 3)
        if kind == "increment":
            run_round(template, Plan())
            note(journal, 2)
        last = journal.head()[0]
    whole = killed(_copy(template, tmp_path / "control"), 0)
    assert whole.returncode == 0, whole.stderr
    steps = int(whole.stdout)
    assert steps > 10
    assert list_backups(tmp_path / "control" / "backups")[-1].head.seq == last  # the control

    unfinished = finished = 0
    for at in range(1, steps + 1, 2):
        home = _copy(template, tmp_path / f"killed-{at}")
        assert killed(home, at).returncode == -signal.SIGKILL
        for folder in (home / "backups").iterdir() if (home / "backups").exists() else ():
            if not folder.is_dir():
                continue
            try:
                verify_backup(folder)
            except BackupFailed:
                assert folder.name.startswith(".")
                unfinished += 1
                with pytest.raises(BackupFailed):
                    restore(folder, tmp_path / "nowhere")
            else:
                assert not folder.name.startswith(".")
                finished += 1
        run_round(home, Plan())
        chain = list_backups(home / "backups")
        assert chain[-1].head.seq == last
        assert not list((home / "backups").glob(".*.making"))
        for info in chain:
            verify_backup(Path(info.path))
    assert unfinished >= 3
    assert finished or kind == "full"


def test_a_folder_that_is_whole_but_was_never_named_is_not_restored(home, journal, tmp_path):
    """The control of the kill test: what makes a backup is its name, not its content."""
    run_round(home, Plan())
    folder = Path(list_backups(home / "backups")[0].path)
    unnamed = folder.rename(folder.with_name(f".{folder.name}.making"))

    with pytest.raises(BackupFailed, match="not finished"):
        restore(unnamed, tmp_path / "new")
    assert list_backups(home / "backups") == []
    restore(unnamed.rename(folder), tmp_path / "new")
    with sqlite3.connect(tmp_path / "new" / "journal.db") as connection:
        assert connection.execute("SELECT count(*) FROM journal_entry").fetchone() == (4,)


def _copy(template: Path, folder: Path) -> Path:
    return Path(shutil.copytree(template, folder))
