"""`pos-sync` as a process between a till's two files and a served head office."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pos.config import HomePaths
from pos.store import item_inbox
from pos.store.locks import REFERENCE_LOCK, FileLock
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from sync.head_office.auth import Auth
from sync.head_office.database import open_head_office
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import CHECKOUT, Server
from tests.sync.kit import note, open_day, sell


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home = kit.make_head_office(tmp_path_factory.mktemp("hq"))
    with Server(home) as server:
        yield home, server.url


@pytest.fixture
def till(served, tmp_path, request):
    hq, url = served
    workstation = f"{abs(hash(request.node.nodeid)) % 10**8}"
    kit.make_till(tmp_path / "till", hq, url, workstation)
    return tmp_path / "till"


def held(hq, home) -> int:
    """Entries of a home's workstation at head office."""
    reader = ReferenceReader(home)
    uuid = reader.meta("workstation_uuid")
    reader.close()
    [(count,)] = kit.ask(
        hq,
        "SELECT COUNT(*) FROM journal j JOIN workstation w ON w.store_id = j.store_id "
        "AND w.workstation_no = j.workstation_no WHERE w.workstation_uuid = ?",
        uuid,
    )
    return int(count)


def test_a_sale_is_at_head_office_without_waiting_for_the_interval(served, till):
    hq, url = served
    kit.set_sync(till, url, interval_s=60)
    journal = kit.open_till(till)
    open_day(journal)
    with kit.UploaderProcess(till):
        kit.until(lambda: held(hq, till) == 2)
        began = time.monotonic()
        sell(journal, 1)

        kit.until(lambda: held(hq, till) == 3)

        assert time.monotonic() - began < 10
        kit.until(lambda: kit.status(till)["online"])
        assert kit.status(till)["unsent"] == 0
    journal.close()


def test_sigterm_ends_it_cleanly_and_says_offline(served, till):
    hq, _ = served
    journal = kit.open_till(till)
    with kit.UploaderProcess(till) as uploader:
        kit.until(lambda: held(hq, till) == 1)
        kit.until(lambda: kit.status(till)["online"])

        code, output = uploader.stop()

    assert (code, output) == (0, "")
    facts = kit.status(till)
    assert (facts["online"], facts["running"]) == (False, False)
    lines = (till / "logs" / "sync.log").read_text().splitlines()
    words = [json.loads(line)["event"] for line in lines]
    assert words[0] == "uploader started"
    assert words[-1] == "uploader stopped"
    journal.close()


def test_it_ends_while_it_waits_for_a_head_office_that_does_not_answer(till):
    silent = socket.create_server(("127.0.0.1", 0))
    kit.set_sync(till, f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=60)
    with kit.UploaderProcess(till) as uploader:
        connection, _ = silent.accept()
        began = time.monotonic()

        code, _ = uploader.stop()

    assert code == 0
    assert time.monotonic() - began < 10
    connection.close()
    silent.close()


def test_killed_at_random_instants_it_goes_on_where_it_was(served, till):
    hq, _ = served
    journal = kit.open_till(till)
    for round_ in range(4):
        for number in range(20):
            note(journal, f"{round_} {number}")
        with kit.UploaderProcess(till) as uploader:
            kit.until(lambda: kit.status(till)["acked"] or uploader.process.poll() is not None)
            time.sleep(0.05 * round_)  # another instant each time
            uploader.stop(signal.SIGKILL)
    with kit.UploaderProcess(till):
        kit.until(lambda: held(hq, till) == 81)
    journal.close()


def test_a_second_uploader_refuses_and_names_the_first(till):
    with kit.UploaderProcess(till) as first:
        kit.until(lambda: kit.status(till)["running"])

        second = kit.sync("run", "--home", till)

        assert second.returncode == 2
        assert str(first.process.pid) in second.stderr
        assert "pos-sync run" in second.stderr


def test_it_ends_with_the_process_that_it_belongs_to(till):
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with kit.UploaderProcess(till, "--parent-pid", str(parent.pid)) as uploader:
        kit.until(lambda: kit.status(till)["running"])
        parent.kill()
        parent.wait()

        assert uploader.process.wait(20) == 0


def test_it_ends_with_its_process_even_while_it_waits_for_an_answer(till):
    silent = socket.create_server(("127.0.0.1", 0))
    kit.set_sync(till, f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_s=60)
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with kit.UploaderProcess(till, "--parent-pid", str(parent.pid)) as uploader:
        connection, _ = silent.accept()
        parent.kill()
        parent.wait()

        assert uploader.process.wait(10) == 0
    connection.close()
    silent.close()


def test_a_head_office_that_was_away_is_found_again(tmp_path, tmp_path_factory):
    hq = kit.make_head_office(tmp_path_factory.mktemp("hq"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    till = tmp_path / "till"
    with Server(hq, "--port", port) as server:
        kit.make_till(till, hq, server.url)
    journal = kit.open_till(till)
    note(journal)
    with kit.UploaderProcess(till):
        kit.until(lambda: kit.status(till)["last_error"].startswith("network"))
        assert not kit.status(till)["online"]

        with Server(hq, "--port", port):
            kit.until(lambda: held(hq, till) == 2)
            kit.until(lambda: kit.status(till)["online"])
    journal.close()


# --------------------------------------------------------------------------------------- once


def test_once_pushes_and_pulls_everything_and_ends_with_0(served, till):
    hq, _ = served
    journal = kit.open_till(till)
    for number in range(30):
        note(journal, str(number))

    done = kit.sync("once", "--home", till, "--json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"drained": True, "unsent": 0, "last_error": ""}
    assert held(hq, till) == 31
    journal.close()


def test_once_ends_with_75_when_the_line_is_down(till):
    journal = kit.open_till(till)
    kit.set_sync(till, "http://127.0.0.1:9")

    done = kit.sync("once", "--home", till)

    assert done.returncode == 75
    assert "1 entries" in done.stderr
    assert "network" in done.stderr
    journal.close()


def test_once_ends_with_77_when_the_key_was_revoked(served, till):
    hq, _ = served
    reader = ReferenceReader(till)
    office = open_head_office(hq)
    Auth(office).revoke(kit.STORE, reader.meta("workstation_id") or "")
    office.close()
    reader.close()

    done = kit.sync("once", "--home", till)

    assert done.returncode == 77
    assert "revoked" in done.stderr


def test_once_without_a_journal_only_pulls(till):
    done = kit.sync("once", "--home", till)

    assert done.returncode == 0, done.stderr


# ----------------------------------------------------------------------------- other commands


def test_a_home_that_is_not_enrolled_is_told_what_to_do(tmp_path):
    done = kit.sync("run", "--home", tmp_path)

    assert done.returncode == 2
    assert "not enrolled" in done.stderr
    assert "pos-sync enrol" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_that_are_not_right_are_named_with_their_line(till):
    (till / "guitai.toml").write_text("[sync]\ninterval_s = 'often'\n")

    done = kit.sync("run", "--home", till)

    assert done.returncode == 2
    assert "interval_s" in done.stderr
    assert "Traceback" not in done.stderr


def test_enrol_prints_who_the_till_is_and_what_comes_next(served, tmp_path):
    hq, url = served
    code = kit.new_code(hq, "77")

    done = kit.sync("enrol", "--home", tmp_path, "--url", url, "--code", code)

    assert done.returncode == 0, done.stderr
    assert "workstation 77 of store 001" in done.stdout
    assert "pos-sync once" in done.stdout


def test_a_wrong_code_is_a_sentence(served, tmp_path):
    _, url = served

    done = kit.sync("enrol", "--home", tmp_path, "--url", url, "--code", "AAA-AAA-AAA")

    assert done.returncode == 2
    assert "bad_code" in done.stderr
    assert "Traceback" not in done.stderr


def test_status_says_how_it_stands_without_taking_the_lock(served, till):
    journal = kit.open_till(till)
    note(journal)
    with kit.UploaderProcess(till):
        kit.until(lambda: kit.status(till)["running"] and not kit.status(till)["unsent"])

        done = kit.sync("status", "--home", till, "--json")
        words = kit.sync("status", "--home", till)

    facts = json.loads(done.stdout)
    assert (facts["enrolled"], facts["running"], facts["unsent"]) == (True, True, 0)
    assert sum(facts["acked"].values()) == 2
    assert "0 unsent" in words.stdout
    journal.close()


def test_resend_sends_entries_again_and_head_office_takes_each_once(served, till):
    hq, _ = served
    journal = kit.open_till(till)
    for number in range(9):
        note(journal, str(number))
    assert kit.sync("once", "--home", till).returncode == 0

    asked = kit.sync("resend", "--home", till, "--from", 4)
    before = kit.status(till)["unsent"]
    done = kit.sync("once", "--home", till)

    assert asked.returncode == 0, asked.stderr
    assert "4 to 10" in asked.stdout
    assert before == 7
    assert done.returncode == 0
    assert kit.status(till)["unsent"] == 0
    assert held(hq, till) == 10
    journal.close()


@pytest.mark.parametrize("arguments", [("--from", "99"), ("--from", "1", "--epoch", "none")])
def test_resend_of_what_was_never_sent_is_refused(till, arguments):
    journal = kit.open_till(till)
    journal.close()

    assert kit.sync("resend", "--home", till, *arguments).returncode == 2


def test_the_help_is_quick_and_imports_nothing_heavy():
    program = (
        "import sys, sync.cli; "
        "print([m for m in ('peewee', 'http.client', 'structlog', 'cryptography', 'sync.engine') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT, env=kit.environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.strip() == "[]"


def test_the_log_has_no_key_code_or_signature(served, till):
    journal = kit.open_till(till)
    kit.sync("once", "--home", till)
    key = (till / "keys" / "workstation.key").read_text().strip()

    log = (till / "logs" / "sync.log").read_text()

    assert key not in log
    assert "Signature" not in log
    journal.close()


def test_two_machines_under_one_key_are_an_alarm_and_no_lock(served, till, monkeypatch):
    """R18: a clone with no sales of its own."""
    import structlog

    from sync import uploader
    from sync.worker import Worker

    hq, _ = served
    journal = kit.open_till(till)
    for machine in ("machine-a", "machine-b"):
        monkeypatch.setattr(uploader, "machine_id", lambda m=machine: m)
        note(journal)
        opened = uploader.Uploader(till)
        outcome = Worker(opened, structlog.get_logger()).once()
        opened.close()

        assert outcome.exit_code == 0
    codes = {code for (code,) in kit.ask(hq, "SELECT code FROM sales_audit")}
    assert "two_machines" in codes
    journal.close()


def test_a_locked_or_missing_journal_is_a_pause_not_an_end(served, till):
    hq, _ = served
    with kit.UploaderProcess(till):
        kit.until(lambda: kit.status(till)["running"])
        (till / "journal.db").touch()  # not a database yet, as while a till sets itself up
        time.sleep(0.3)
        (till / "journal.db").unlink()
        journal = kit.open_till(till)
        note(journal)

        kit.until(lambda: held(hq, till) == 2)
    journal.close()


def test_the_wal_of_the_till_is_not_held_by_the_uploader(served, till):
    hq, _ = served
    journal = kit.open_till(till)
    with kit.UploaderProcess(till):
        for number in range(5):
            note(journal, str(number))
        kit.until(lambda: held(hq, till) == 6)

        connection = sqlite3.connect(till / "journal.db")
        busy = kit.until(
            lambda: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
        )
        connection.close()

    assert busy
    assert (till / "journal.db-wal").stat().st_size == 0
    journal.close()


# ------------------------------------------------------------- a till that stands alone (R25)

GOODS = "item_code,name,price,barcodes\nN1,酸奶,3.50,6901234567892\nN2,面包,free,\n"


def pos_import(home, file, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "pos", "import", str(file), "--home", str(home), *arguments],
        cwd=CHECKOUT, env=kit.environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def lone(tmp_path):
    """A home with settings that no head office knows, and a list to import."""
    home = tmp_path / "lone"
    HomePaths(home).create()
    (home / "guitai.toml").write_text("", encoding="utf-8")
    ReferenceWriter.open(home, app_version="test").close()
    goods = tmp_path / "goods.csv"
    goods.write_text(GOODS, encoding="utf-8")
    return home, goods


def item_of(home, code):
    reader = ReferenceReader(home)
    try:
        return reader.item(code, "2030-01-01")
    finally:
        reader.close()


def test_a_list_left_beside_an_uploader_at_work_is_taken_and_its_result_told(lone):
    home, goods = lone
    with kit.UploaderProcess(home) as uploader:
        # Whoever is at work lets the lock go a moment after the list was left.
        with FileLock.acquire(home / REFERENCE_LOCK, "pos-sync run"):
            command = subprocess.Popen(
                [sys.executable, "-m", "pos", "import", str(goods), "--home", str(home), "--json"],
                cwd=CHECKOUT, env=kit.environment(), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            kit.until(lambda: item_inbox.waiting(home))
            assert item_of(home, "N1") is None
        out, err = command.communicate(timeout=20)

        assert command.returncode == 1, err
        told = json.loads(out)
        assert (told["rows"], told["bad_rows"]) == (1, 1)
        assert [(p["row"], p["column"]) for p in told["problems"]] == [(3, "price")]
        assert item_of(home, "N1").mnemonic == "sn"
        assert item_inbox.waiting(home) == []
        assert uploader.process.poll() is None
        words = kit.sync("status", "--home", home).stdout
        assert "goods.csv: 1 items imported, 1 rows left out" in words
        assert kit.status(home)["last_list"]["plan"]["bad_rows"] == 1


def test_a_strict_list_with_a_bad_row_is_refused_as_a_whole_with_its_reason(lone):
    home, goods = lone
    with kit.UploaderProcess(home):
        with FileLock.acquire(home / REFERENCE_LOCK, "pos-sync run"):
            left = pos_import(home, goods, "--strict", "--wait", "0", "--json")
            assert left.returncode == 0
            path = Path(json.loads(left.stdout)["waiting"])
        result = item_inbox.await_result(home, path, 20)

    assert result.plan is None
    assert "1 bad rows, the first: row 3" in result.error.text()
    assert item_of(home, "N1") is None
    assert [p.name[:8] for p in (home / "inbox").glob("refused-*")] == ["refused-"]


def test_a_lone_uploader_leaves_the_lock_to_others_and_begins_to_exchange_when_enrolled(
    lone, served
):
    home, goods = lone
    hq, url = served
    kit.set_sync(home, url)
    with kit.UploaderProcess(home):
        kit.until((home / "logs" / "sync.log").exists)
        direct = pos_import(home, goods, "--json")
        assert json.loads(direct.stdout)["rows"] == 1
        code = kit.new_code(hq, "88")
        enrolled = kit.sync("enrol", "--home", home, "--url", url, "--code", code)
        assert enrolled.returncode == 0, enrolled.stderr

        kit.until(lambda: kit.status(home)["online"])
        assert pos_import(home, goods).returncode == 2


def test_a_list_that_waited_when_the_till_was_enrolled_is_refused(till, tmp_path):
    goods = tmp_path / "goods.csv"
    goods.write_text(GOODS, encoding="utf-8")
    left = item_inbox.hand_over(till, goods, "2026-11-30")
    with kit.UploaderProcess(till):
        result = item_inbox.await_result(till, left, 20)

    assert "head office owns" in result.error.text()
    assert item_of(till, "N1") is None
