"""`hq` as its users run it, and journal segments from files."""

import contextlib
import csv
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pos.domain.journal import GENESIS_HASH
from sync import protocol
from sync.head_office import upkeep
from sync.head_office.cli import COMMANDS
from sync.head_office.database import open_head_office, system_clock_ms
from sync.head_office.dialect import DatabaseSetupError, open_dialect
from sync.segment import SegmentHeader, decode_segment, encode_segment, read_segments
from tests.sync.head_office.office_kit import (
    CHECKOUT,
    DAY,
    EnrolledTill,
    JournalingTill,
    Server,
    call,
    make_office,
    new_code,
    shopping,
)


def hq(*arguments, code=0, blocked=()):
    """Run `hq`; `blocked` modules cannot be imported, as on a machine without an extra."""
    start = [sys.executable, "-m", "sync.head_office"]
    if blocked:
        lines = "".join(f"sys.modules[{name!r}] = None\n" for name in blocked)
        text = f"import sys\n{lines}from sync.head_office.cli import main\nmain()\n"
        start = [sys.executable, "-c", text]
    environment = {k: v for k, v in os.environ.items() if k not in ("HQ_HOME", "HQ_DATABASE")}
    done = subprocess.run(
        [*start, *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "replay" / "head-office"
    hq("init", "--home", str(folder))
    return tmp_path / "replay"


def test_help_names_every_command_and_loads_none_of_them():
    text = hq("--help").stdout
    for name in (
        "init",
        "serve",
        "add-store",
        "enrol",
        "daily",
        "pull",
        "ingest",
        "verify",
        "backup",
    ):
        assert f"  {name} " in text
    program = (
        "import sys\nfrom sync.head_office.cli import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'peewee', 'litestar', 'psycopg', 'uvicorn', 'msgspec'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", program], cwd=CHECKOUT, check=True, capture_output=True)


_HEAVY = "{'peewee', 'litestar', 'psycopg', 'uvicorn', 'msgspec', 'openpyxl', 'xlsxwriter'}"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_each_command_explains_itself_and_its_options_before_anything_heavy_is_loaded(command):
    program = (
        "import sys\nimport click\nfrom sync.head_office.cli import cli\n"
        f"try:\n    cli.main([{command!r}, '--help'])\nexcept SystemExit:\n    pass\n"
        f"heavy = {_HEAVY} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "def silent(command, name):\n"
        "    for one in getattr(command, 'commands', {}).values():\n"
        "        yield from silent(one, one.name)\n"
        "    for option in command.params:\n"
        "        if isinstance(option, click.Option) and not option.help:\n"
        "            yield name, option.opts\n"
        f"unexplained = list(silent(cli.get_command(None, {command!r}), {command!r}))\n"
        "assert not unexplained, unexplained\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: " in done.stdout


def test_init_prints_the_password_once_and_keeps_what_is_there(tmp_path):
    home = str(tmp_path / "hq")
    first = json.loads(hq("init", "--home", home, "--json").stdout)
    again = json.loads(hq("init", "--home", home, "--json").stdout)
    assert len(first["password"]) == 12
    assert again["password"] == ""
    assert Path(home, "hq.db").stat().st_mode & 0o077 == 0


def test_daily_of_a_replays_folder_in_json_and_csv(home):
    hq("add-store", "--home", str(home), "01", "--name", "人民路店")
    rows = json.loads(hq("daily", "--home", str(home), "--business-day", DAY).stdout)
    assert [(r["store_id"], r["lines"], r["net"]) for r in rows] == [("01", 0, "0.00")]
    text = hq("daily", "--home", str(home), "--business-day", DAY, "--format", "csv").stdout
    found = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert found[0]["gross_sales"] == "0.00"
    assert json.loads(hq("daily", "--home", str(home), "--by", "tender").stdout) == []
    assert json.loads(hq("daily", "--home", str(home), "--json", "--by", "hour").stdout) == []


def test_a_head_office_that_does_not_answer_is_asked_again_later(tmp_path):
    """Exit 75 as of the README's table: nothing is wrong with the call."""
    out = str(tmp_path / "out")
    done = hq("pull", "--url", "http://127.0.0.1:9", "--day", DAY, "--out", out, code=75)
    assert "Traceback" not in done.stderr


def test_mistakes_are_said_plainly_without_a_traceback(tmp_path, home):
    assert "hq init" in hq("daily", "--home", str(tmp_path / "nothing"), code=2).stderr
    assert (
        "unknown"
        in hq("enrol", "--home", str(home), "--store", "x", "--workstation", "1", code=2).stderr
    )
    assert (
        "expected a day"
        in hq("daily", "--home", str(home), "--business-day", "soon", code=2).stderr
    )
    hq("add-store", "--home", str(home), "01", "--currency", "GBP")
    bad = hq("add-store", "--home", str(home), "01", "--currency", "CNY", code=2).stderr
    assert "trades in GBP" in bad
    assert "Traceback" not in bad


@pytest.mark.parametrize(
    ("arguments", "blocked", "extra"),
    [
        (["serve"], ("litestar",), "hq"),
        (["serve"], ("uvicorn",), "hq"),
        (["daily", "--database", "postgresql://nowhere/x"], ("psycopg",), "postgres"),
    ],
)
def test_a_missing_extra_is_named(home, arguments, blocked, extra):
    done = hq(*arguments, "--home", str(home), code=2, blocked=blocked)
    assert f"guitai[{extra}]" in done.stderr


def test_a_served_head_office_is_read_written_and_stopped(home):
    hq("add-store", "--home", str(home), "01")
    token = hq("token", "add", "excel", "--home", str(home)).stdout.strip()
    ready = home / "ready.json"
    with Server(home, "--ready-file", str(ready)) as server:
        assert json.loads(ready.read_text())["url"] == server.url
        code = json.loads(
            hq(
                "enrol", "--home", str(home), "--store", "01", "--workstation", "1", "--json"
            ).stdout
        )["code"]
        till = EnrolledTill.enrol(server.url, code)
        made = JournalingTill(workstation_uuid=till.workstation_uuid)
        made.open()
        made.open_day()
        for _ in shopping(made, 5):
            pass
        made.close_day()
        assert till.push(made.request()).status == 200
        daily = json.loads(hq("daily", "--home", str(home), "--business-day", DAY).stdout)
        assert daily[0]["transactions"] == 5
        out = home / "out"
        pulled = hq(
            "pull",
            "--url",
            server.url,
            "--token",
            token,
            "--day",
            DAY,
            "--out",
            str(out),
            "--format",
            "csv",
        )
        file = Path(pulled.stdout.strip())
        assert file.name == f"日销售_{DAY}_r1.csv"
        direct = hq(
            "pull", "--home", str(home), "--day", DAY, "--out", str(home / "o2"), "--format", "csv"
        )
        assert Path(direct.stdout.strip()).read_bytes() == file.read_bytes()
        changed = hq(
            "pull",
            "--url",
            server.url,
            "--token",
            "wrong",
            "--day",
            DAY,
            "--out",
            str(out),
            code=2,
        )
        assert "401" in changed.stderr
        status = json.loads(
            hq("status", "--home", str(home), "--business-day", DAY, "--json").stdout
        )
        assert status["day"]["status"] == "COMPLETE"
    assert server.code == 0
    assert not ready.exists()
    assert "0 problems" in hq("verify", "--home", str(home)).stdout
    before = hq("daily", "--home", str(home), "--by", "item").stdout
    hq("rebuild", "--home", str(home))
    assert hq("daily", "--home", str(home), "--by", "item").stdout == before


def test_pulling_an_incomplete_day_says_so(home):
    hq("add-store", "--home", str(home), "01", "--name", "人民路店", "--contact", "王店长 138")
    office = open_head_office(home)
    from sync.head_office.auth import Auth

    code = Auth(office).new_code("01", "1")
    office.close()
    with Server(home) as server:
        EnrolledTill.enrol(server.url, code)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    done = hq(
        "pull", "--home", str(home), "--day", today, "--out", str(home), "--format", "json", code=3
    )
    first, till = done.stderr.splitlines()
    assert first == f"The day {today} is not complete:"
    assert till.strip().startswith("01/1 人民路店: No day opened; 0 transactions here; last heard")
    assert till.endswith("call 王店长 138")
    read = hq("daily", "--home", str(home), "--business-day", today)
    assert read.stderr == done.stderr
    assert json.loads(read.stdout)[0]["store_id"] == "01"
    told = hq("status", "--home", str(home), "--business-day", today).stdout
    assert till.strip() in told


def test_a_backup_is_a_head_office_and_a_restored_one_begins_a_new_life(home, tmp_path):
    hq("add-store", "--home", str(home), "01")
    file = Path(hq("backup", "--home", str(home)).stdout.strip())
    before = open_head_office(home)
    life = before.incarnation
    before.close()
    (home / "head-office" / "hq.db").write_bytes(file.read_bytes())
    assert hq("restore", "--home", str(home)).stdout.strip() != life
    assert (
        json.loads(hq("daily", "--home", str(home), "--business-day", DAY).stdout)[0]["store_id"]
        == "01"
    )


def test_a_newer_database_is_refused_untouched(home):
    office = open_head_office(home)
    office.dialect.execute("INSERT INTO schema_migration VALUES (999, 'later', '', '', 0)")
    office.close()
    for command in ("verify", "serve", "rebuild"):
        assert "newer version" in hq(command, "--home", str(home), code=2).stderr
    assert "expected schema" in hq("daily", "--home", str(home), code=2).stderr


def test_sqlite_that_would_lose_acknowledged_sales_is_refused(tmp_path):
    dialect = open_dialect(f"sqlite:///{tmp_path / 'x.db'}")
    dialect.connection()
    dialect.execute("PRAGMA synchronous = OFF")
    with pytest.raises(DatabaseSetupError, match="synchronous"):
        dialect._assert_durable()
    dialect.close()
    with pytest.raises(DatabaseSetupError, match="expected a URL"):
        open_dialect("mysql://x")


# ------------------------------------------------------------------------------ segments


def segments_of(made, key, size=4):
    """A till's journal as a file of segments."""
    data = b""
    for first in range(1, len(made.records) + 1, size):
        batch = made.batch(first, min(first + size - 1, len(made.records)))
        header = SegmentHeader(
            store_id=made.store_id,
            workstation_id=made.workstation_id,
            workstation_uuid=made.workstation_uuid,
            epoch=made.epoch,
            first_seq=first,
            prev_hash=batch.prev_hash.hex(),
            count=len(batch.records),
            app_version="0.1.0",
            created_utc_ms=0,
        )
        data += encode_segment(header, list(batch.records), key)
    return data


@pytest.fixture
def carried(tmp_path):
    """An office with an enrolled key, and that till's journal."""
    hq_made = make_office(tmp_path / "hq")
    key = protocol.new_private_key()
    made = JournalingTill()
    made.open()
    made.open_day()
    for _ in shopping(made, 9):
        pass
    hq_made.source(made)
    hq_made.office.dialect.execute(
        "UPDATE workstation SET public_key = ?", (protocol.public_key_of(key),)
    )
    yield hq_made, made, key
    hq_made.office.close()


def test_a_segment_file_is_taken_once_however_often_it_comes(carried, tmp_path):
    office, made, key = carried
    file = tmp_path / "till.segment"
    file.write_bytes(segments_of(made, key))
    taken = upkeep.ingest_file(office.office, file)
    assert (taken.entries, taken.new, taken.problems) == (11, 11, [])
    again = upkeep.ingest_file(office.office, file)
    assert (again.new, again.problems) == (0, [])
    # and the line coming back doubles nothing
    assert office.take(made).new == 0
    assert not upkeep.verify(office.office).problems


def test_a_segment_by_another_key_or_of_an_unknown_till_is_not_believed(carried, tmp_path):
    office, made, key = carried
    file = tmp_path / "till.segment"
    file.write_bytes(segments_of(made, protocol.new_private_key()))
    assert "not signed" in upkeep.ingest_file(office.office, file).problems[0]
    made.workstation_uuid = "stranger"
    file.write_bytes(segments_of(made, key))
    assert "not enrolled" in upkeep.ingest_file(office.office, file).problems[0]
    assert office.count("journal") == 0


def test_a_segment_with_any_byte_changed_is_noticed(carried):
    _, made, key = carried
    good = segments_of(made, key, size=3)[:600]
    first = next(iter(read_segments(io.BytesIO(segments_of(made, key, size=3)).read)))
    assert first.records == tuple(made.records[:3])
    whole = encode_segment(first.header, first.records, key)
    assert decode_segment(whole).signed_by(protocol.public_key_of(key))
    for position in range(0, len(whole), 7):
        spoiled = whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :]
        with contextlib.suppress(protocol.WireError):
            assert not decode_segment(spoiled).signed_by(protocol.public_key_of(key))
    with pytest.raises(protocol.WireError):
        decode_segment(good[:-1])
    with pytest.raises(protocol.WireError):
        decode_segment(whole + whole)
    with pytest.raises(protocol.WireError):
        decode_segment(b"not a segment at all")


def test_enrolments_are_taken_over_so_that_segments_are_believed(carried, tmp_path):
    _, made, key = carried
    file = tmp_path / "till.segment"
    file.write_bytes(segments_of(made, key))
    other = tmp_path / "other"
    hq("init", "--home", str(other), "--enrolments-from", str(tmp_path / "hq"))
    assert "11 new entries" in hq("ingest", str(file), "--home", str(other)).stdout
    assert json.loads(hq("daily", "--home", str(other)).stdout)[0]["transactions"] == 9


def test_what_cannot_be_a_batch_is_refused_when_writing():
    header = SegmentHeader(
        store_id="", workstation_id="", workstation_uuid="", epoch="", first_seq=1,
        prev_hash=GENESIS_HASH.hex(), count=2, app_version="", created_utc_ms=0,
    )  # fmt: skip
    with pytest.raises(ValueError, match="expected 2 records"):
        encode_segment(header, [(b"h" * 32, b"x")], protocol.new_private_key())


def test_kill_minus_nine_of_head_office_loses_nothing_that_was_acknowledged(tmp_path):
    import signal

    made_office = make_office(tmp_path / "hq", clock=system_clock_ms)
    code = new_code(made_office.office)
    made_office.office.close()
    made = JournalingTill()
    acked = 0
    till = None
    for _ in range(3):
        with Server(tmp_path / "hq") as server:
            if till is None:
                till = EnrolledTill.enrol(server.url, code)
                made.workstation_uuid = till.workstation_uuid
                made.open()
                for _ in shopping(made, 60):
                    pass
            till.url = server.url
            for _ in range(6):
                answer = till.push(made.request(acked + 1, min(acked + 3, len(made.records))))
                acked = answer.json["acked"]["seq"]
            os.kill(server.pid, signal.SIGKILL)
    office = open_head_office(tmp_path / "hq")
    result = upkeep.verify(office)
    assert not result.problems
    assert result.entries == acked == 54
    office.close()


def test_the_api_is_silent_about_its_insides(home):
    with Server(home) as server:
        answer = call("GET", server.url + "/no/such/page")
    assert answer.status == 404
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize(
    ("module", "program", "typed", "completed"),
    [
        ("pos", "pos", "jour", "journal"),
        ("sync", "pos-sync", "res", "resend"),
        ("sync.head_office", "hq", "dai", "daily"),
    ],
)
def test_the_shell_completes_commands(module, program, typed, completed):
    """As the README says; nothing but the variable that the shell sets."""
    variable = f"_{program.upper().replace('-', '_')}_COMPLETE"
    environment = {**os.environ, variable: "bash_complete", "COMP_CWORD": "1"}
    environment["COMP_WORDS"] = f"{program} {typed}"
    done = subprocess.run(
        [sys.executable, "-m", module],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == [f"plain,{completed}"]
