"""`pos receipt`, `pos reprint`, `pos scan-test` and `pos doctor` over pseudo-terminals."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import zipfile

import pytest

from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter
from pos.bootstrap import build_till
from pos.doctor.scrubbing import scrub
from tests.pos.commands.conftest import CASHIER_PIN, MANAGER_PIN, pos
from tests.support import headless


@pytest.fixture
def printer():
    device = PtyPrinter(columns=48)
    yield device
    device.close()


@pytest.fixture
def scanner():
    device = PtyScanner()
    yield device
    device.close()


# ------------------------------------------------------------------------------- receipts


def test_the_last_receipt_is_previewed_beside_the_running_till(traded):
    till = build_till(traded)
    try:
        ran = pos("receipt", "preview", "--json", home=traded)
    finally:
        headless.close_counter(till)
    assert ran.code == 0, ran.err
    assert ran.json["transaction_no"].endswith("0003")
    assert ran.json["transaction_no"] in ran.json["text"]
    assert "测试便利店" in ran.json["text"]


def test_a_preview_has_the_width_and_language_asked_for(traded):
    wide = pos("receipt", "preview", "--columns", "48", "--language", "en", home=traded).out
    narrow = pos("receipt", "preview", "--columns", "32", "--language", "en", home=traded).out
    assert "-" * 48 in wide
    assert "-" * 32 in narrow
    assert "-" * 33 not in narrow


def test_a_shop_without_a_sale_previews_a_sample(home):
    assert "20261121" in pos("receipt", "preview", home=home).out
    ran = pos("receipt", "preview", "0201-1", home=home)
    assert ran.code == 2
    assert "no transaction 0201-1" in ran.err


def test_a_reprint_comes_out_marked_and_counted(traded, printer):
    first = pos(
        "reprint", "--printer", printer.url, "--by", "8001", stdin=f"{MANAGER_PIN}\n", home=traded
    )
    assert first.code == 0, first.err
    again = pos(
        "reprint", "--printer", printer.url, "--by", "8001", stdin=f"{MANAGER_PIN}\n", home=traded
    )
    assert again.code == 0, again.err
    assert pos("journal", "show", "--kind", "reprint", "--json", home=traded).json
    assert pos("journal", "verify", home=traded).code == 0


def test_a_reprint_without_printer_right_or_receipt_is_refused(traded, home, printer):
    assert "no printer" in pos("reprint", "--by", "8001", home=traded).err
    wrong = pos("reprint", "--printer", printer.url, "--by", "8001", stdin="1\n", home=traded)
    assert wrong.code == 2
    none = pos(
        "reprint", "0201-9", "--printer", printer.url, "--by", "8001",
        stdin=f"{MANAGER_PIN}\n", home=traded,
    )  # fmt: skip
    assert none.code == 2


# ------------------------------------------------------------------------------- scan-test


def test_scans_are_shown_with_what_they_mean(home, scanner, barcodes):
    process = subprocess.Popen(
        [sys.executable, "-m", "pos", "scan-test", "--scanner", scanner.url, "--count", "2",
         "--timeout", "60", "--json", "--home", str(home)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "LANG": "en_US.UTF-8"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        assert (about["event"], about["profile"]) == ("scanner", "generic")
        assert json.loads(process.stdout.readline())["event"] == "connected"
        scanner.scan(barcodes[0], "]E0")
        scanner.scan("hello-1")
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    known, other = (json.loads(line) for line in out.splitlines())
    assert (known["data"], known["identifier"], known["meaning"]) == (barcodes[0], "]E0", "Gtin")
    assert known["item"]
    assert other["data"] == "hello-1"
    assert other["item"] == ""


def test_no_code_in_time_and_no_scanner_are_said(home, scanner, tmp_path):
    silent = pos("scan-test", "--scanner", scanner.url, "--timeout", "0.5", home=home)
    assert silent.code == 1
    assert "No code came" in silent.err
    assert pos("scan-test", home=home).code == 2
    wrong = pos("scan-test", "--scanner", "usb:1", "--timeout", "1", home=home)
    assert wrong.code == 2
    assert "serial:" in wrong.err


# ---------------------------------------------------------------------------------- doctor


def levels(ran):
    found: dict[str, list[str]] = {}
    for line in ran.json["findings"]:
        found.setdefault(line["check"], []).append(line["level"])
    return found


def test_a_good_till_has_no_cross(home, printer, scanner):
    pos("backup", home=home)
    pos("config", "set", "printer.url", printer.url, home=home)
    pos("config", "set", "scanner.1.url", scanner.url.partition("?")[0], home=home)
    ran = pos("doctor", "--json", home=home)
    assert ran.code == 0, [f for f in ran.json["findings"] if f["level"] == "fail"]
    found = levels(ran)
    for check in ("databases", "journal_tail", "printer", "scanner", "disk", "permissions"):
        assert set(found[check]) == {"ok"}, (check, ran.json)
    text = pos("doctor", "--only", "printer", home=home).out
    assert text.startswith("✓ Printer")


def test_what_is_broken_gets_a_cross_and_a_way_to_mend_it(home, printer):
    from tests.pos.commands.test_journal_commands import entry, tamper

    seq, data, _hash = entry(home / "journal.db", "operator_set")
    tamper(
        home / "journal.db",
        (
            "UPDATE journal_entry SET bytes = ? WHERE seq = ?",
            data.replace(b"cashier", b"manager"),
            seq,
        ),
    )
    (home / "keys" / "pepper").chmod(0o644)
    pos("config", "set", "scanner.1.url", "serial:/dev/not-there", home=home)
    pos("config", "set", "printer.url", "tcp:127.0.0.1:9", home=home)
    ran = pos("doctor", "--json", home=home)
    assert ran.code == 1
    found = levels(ran)
    assert found["journal_tail"] == ["fail"]
    assert found["printer"] == ["fail"]
    assert found["scanner"] == ["fail"]
    assert found["permissions"] == ["warn"]
    for line in ran.json["findings"]:
        assert line["level"] != "fail" or line["hint"], line


def test_a_doctor_of_a_broken_configuration_still_looks_at_the_rest(home):
    (home / "guitai.toml").write_text("[store\n", encoding="utf-8")
    ran = pos("doctor", "--json", home=home)
    assert ran.code == 1
    found = levels(ran)
    assert found["configuration"] == ["fail"]
    assert found["databases"] == ["ok", "ok"]


def test_a_doctor_beside_the_running_till_leaves_its_printer_alone(home, printer):
    pos("config", "set", "printer.url", printer.url, home=home)
    till = build_till(home)
    try:
        ran = pos("doctor", "--json", "--only", "printer", home=home)
    finally:
        headless.close_counter(till)
    assert "running till" in ran.json["findings"][0]["text"]


def test_a_doctor_of_nothing_says_pos_init(tmp_path):
    ran = pos("doctor", "--home", tmp_path / "nowhere")
    assert ran.code == 1
    assert "pos init" in ran.out
    assert not (tmp_path / "nowhere").exists()
    assert pos("doctor", "--only", "horoscope", home=tmp_path).code == 2


def test_the_archive_for_helpers_carries_no_secret(home, tmp_path):
    (home / "logs" / "till.log").write_text(
        '{"event": "sign_on", "pin": "135792"}\npaid by 4111111111111111 for 13812345678\n'
        "code 134567890123456789 scanned 6901234567892\n",
        encoding="utf-8",
    )
    (home / "secrets.toml").write_text('token = "abc"\n')
    ran = pos("doctor", "--zip", tmp_path / "help.zip", home=home)
    assert ran.code in {0, 1}
    with zipfile.ZipFile(tmp_path / "help.zip") as archive:
        names = archive.namelist()
        everything = "".join(archive.read(name).decode() for name in names)
    assert not [
        name for name in names if "secret" in name or "key" in name or name.endswith(".db")
    ]
    for secret in ("135792", "4111111111111111", "13812345678", "134567890123456789"):
        assert secret not in everything
    assert "6901234567892" in everything, "a barcode is no secret"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("token=abc123, next", "token="),
        ("https://user:pass@hq.example.cn/", "hq.example.cn"),
        ('"verifier": "m=64$x$y"', '"verifier"'),
    ],
)
def test_named_secrets_are_scrubbed(text, kept):
    scrubbed = scrub(text)
    assert kept in scrubbed
    for secret in ("abc123", "pass@", "m=64"):
        assert secret not in scrubbed


# ----------------------------------------------------------------------------------- speed


@pytest.mark.parametrize(
    "arguments",
    ["--help", "init --help", "journal verify --help", "user add --help", "doctor --help",
     "import --help", "config set --help", "backup --help", "scan-test --help"],
)  # fmt: skip
def test_help_comes_at_once_and_names_its_options(arguments):
    best = 9.0
    for _attempt in range(3):
        began = time.perf_counter()
        ran = pos(*arguments.split())
        best = min(best, time.perf_counter() - began)
        assert ran.code == 0
        assert "Usage: pos" in ran.out
    assert best < 0.5, "the bench measures 0.2 s on a quiet machine; here two cores are shared"


def test_every_listed_command_exists_and_has_help():
    from pos.cli import COMMANDS

    for name in COMMANDS:
        assert pos(name, "--help").code == 0, name


def test_a_wrong_option_ends_with_2(home):
    assert pos("journal", "verify", "--colour", home=home).code == 2
    assert pos("no-such-command").code == 2
    assert CASHIER_PIN not in pos("init", "--operator", f"1:x:cashier:{CASHIER_PIN}:de:x").err


def backup_lines(ran):
    return [f for f in ran.json["findings"] if f["check"] == "backups"]


def test_the_doctor_says_of_each_place_how_old_its_backups_are_and_what_failed(home, tmp_path):
    stick = tmp_path / "stick"
    pos("config", "set", "backup.directory", stick, home=home)
    before = backup_lines(pos("doctor", "--json", "--only", "backups", home=home))
    assert [line["level"] for line in before] == ["warn", "warn"]

    assert pos("backup", "--due", home=home).code == 1
    failed = backup_lines(pos("doctor", "--json", "--only", "backups", home=home))
    assert [line["level"] for line in failed] == ["ok", "fail"]
    assert str(stick) in json.dumps(failed[1])
    assert "Plug the stick" in json.dumps(failed[1])

    stick.mkdir()
    ran = pos("backup", "--due", "--json", home=home)
    assert (ran.code, [place["error"] for place in ran.json]) == (0, ["", ""])
    after = backup_lines(pos("doctor", "--json", "--only", "backups", home=home))
    assert [line["level"] for line in after] == ["ok", "ok"]
    assert "last full backup 0.0 h ago" in json.dumps(after[0])


def test_the_doctor_says_when_entries_are_marked_because_of_the_clock(home):
    from pos.config import load_settings
    from pos.domain.journal import EntryKind
    from pos.domain.journal.bodies import Note
    from pos.setup.journaling import open_journal

    with open_journal(home, load_settings(home)) as journal:
        journal.flags = ("clock_suspect",)
        journal.run(lambda txn: txn.append(EntryKind.NOTE, Note(text="x")))
    ran = pos("doctor", "--json", "--only", "clock", home=home)
    assert ran.json["findings"][0]["level"] == "warn"
    shown = pos("journal", "show", "--limit", "1", home=home).out
    assert "[clock_suspect]" in shown

    with open_journal(home, load_settings(home)) as journal:  # the control
        journal.run(lambda txn: txn.append(EntryKind.NOTE, Note(text="x")))
    assert "warn" not in levels(pos("doctor", "--json", "--only", "clock", home=home))["clock"]
    assert "clock_suspect" not in pos("journal", "show", "--limit", "1", home=home).out


def test_doctor_finds_a_balance_that_somebody_edited_and_a_rebuild_mends_it(traded):
    def stock_levels():
        ran = pos("doctor", "--only", "stock", "--json", home=traded)
        return [finding["level"] for finding in ran.json["findings"]]

    assert stock_levels() == ["ok"]
    with sqlite3.connect(traded / "journal.db") as connection:
        connection.execute("INSERT INTO stock_balance VALUES ('X', '', '', 5000)")
    assert stock_levels() == ["fail"]
    assert pos("db", "rebuild", home=traded).code == 0
    assert stock_levels() == ["ok"]
