"""`pos journal`, `pos db`, `pos backup`, `pos restore`, `pos verify` on a home that has traded."""

import sqlite3
from pathlib import Path

import pytest

from pos.bootstrap import build_till
from tests.pos.commands.conftest import CASHIER_PIN, MANAGER_PIN, pos
from tests.support import headless


def tamper(path, *statements):
    """Change a database past its triggers, as somebody with an editor would."""
    connection = sqlite3.connect(path)
    for trigger in ("journal_entry_no_update", "journal_entry_no_delete"):
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement, *values in statements:
        connection.execute(statement, values)
    connection.commit()
    connection.close()


def entry(path, kind):
    connection = sqlite3.connect(path)
    row = connection.execute(
        "SELECT seq, bytes, hash FROM journal_entry WHERE kind = ? ORDER BY seq LIMIT 1", (kind,)
    ).fetchone()
    connection.close()
    return row


# ------------------------------------------------------------------------------- verify


def test_a_journal_that_traded_verifies_with_its_counts_and_head_hash(traded):
    ran = pos("journal", "verify", "--json", home=traded)
    assert ran.code == 0
    facts = ran.json
    assert facts["ok"] is True
    assert facts["kinds"]["transaction"] == 3
    assert facts["projections_checked"] is True
    assert facts["entries"] == facts["epochs"][0]["last_seq"] == sum(facts["kinds"].values())
    assert len(facts["head_hash"]) == 64
    said = pos("journal", "verify", home=traded)
    assert facts["head_hash"] in said.out
    assert "3 transactions" in said.out


def test_verify_works_beside_the_running_till_and_leaves_no_trace(traded):
    till = build_till(traded)
    try:
        before = (traded / "journal.db").read_bytes()
        ran = pos("journal", "verify", "--json", home=traded)
        assert ran.code == 0, ran.err
        assert (traded / "journal.db").read_bytes() == before
    finally:
        headless.close_counter(till)


def test_one_changed_amount_is_found_at_its_entry(traded):
    seq, data, _hash = entry(traded / "journal.db", "transaction")
    forged = data.replace(b'"total_minor":', b'"total_minor":1', 1)
    assert forged != data
    tamper(
        traded / "journal.db", ("UPDATE journal_entry SET bytes = ? WHERE seq = ?", forged, seq)
    )
    ran = pos("journal", "verify", "--json", home=traded)
    assert ran.code == 1
    assert ran.json["broken"]["seq"] == seq
    assert "hash" in ran.json["broken"]["reason"]
    assert str(seq) in pos("journal", "verify", home=traded).out


def test_a_forged_entry_with_a_hash_made_to_fit_breaks_at_the_next_one(traded):
    from pos.domain.journal import chain_hash

    path = traded / "journal.db"
    seq, data, _hash = entry(path, "transaction")
    connection = sqlite3.connect(path)
    before = connection.execute(
        "SELECT hash FROM journal_entry WHERE seq = ?", (seq - 1,)
    ).fetchone()[0]
    connection.close()
    forged = data.replace(b'"total_minor":', b'"total_minor":1', 1)
    tamper(
        path,
        (
            "UPDATE journal_entry SET bytes = ?, hash = ? WHERE seq = ?",
            forged, chain_hash(before, forged), seq,
        ),
    )  # fmt: skip
    ran = pos("journal", "verify", "--json", home=traded)
    assert (ran.code, ran.json["broken"]["seq"]) == (1, seq + 1)


def test_a_missing_entry_is_named(traded):
    seq, _data, _hash = entry(traded / "journal.db", "transaction")
    tamper(traded / "journal.db", ("DELETE FROM journal_entry WHERE seq = ?", seq))
    ran = pos("journal", "verify", "--json", home=traded)
    assert ran.code == 1
    assert ran.json["broken"] == {
        "epoch_no": 1, "seq": seq, "reason": "an entry before it is missing",
    }  # fmt: skip


def test_a_changed_figure_beside_the_journal_is_named_and_rebuilt(traded):
    path = traded / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute("UPDATE txn SET total_minor = total_minor + 1")
    connection.commit()
    connection.close()
    ran = pos("journal", "verify", "--json", home=traded)
    assert (ran.code, ran.json["differing"], ran.json["broken"]) == (1, ["txn"], None)
    assert pos("journal", "verify", "--chain-only", home=traded).code == 0
    rebuilt = pos("db", "rebuild", "--json", home=traded)
    assert rebuilt.code == 0
    assert rebuilt.json["differed"] == ["txn"]
    assert pos("journal", "verify", home=traded).code == 0
    again = pos("db", "rebuild", home=traded)
    assert "identical" in again.out


def test_a_damaged_file_is_reported_not_raised(traded):
    path = traded / "journal.db"
    data = bytearray(path.read_bytes())
    data[4096 * 3 : 4096 * 3 + 2000] = b"\xff" * 2000
    path.write_bytes(data)
    ran = pos("journal", "verify", "--json", home=traded)
    assert ran.code == 1
    assert ran.json["damage"] or ran.json["broken"]
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [("journal", "verify"), ("journal", "show"), ("db", "status"), ("db", "rebuild"), ("backup",)],
)
def test_a_home_without_a_journal_is_told_what_to_do(tmp_path, arguments):
    ran = pos(*arguments, "--home", tmp_path / "nowhere")
    assert ran.code == 2
    assert "pos init" in ran.err
    assert not (tmp_path / "nowhere").exists()


# --------------------------------------------------------------------------------- show


def test_show_filters_by_kind_day_and_number(traded):
    sales = pos("journal", "show", "--kind", "transaction", "--json", home=traded).json
    assert [one["kind"] for one in sales] == ["transaction"] * 3
    assert all(one["business_day"] == "2026-11-21" for one in sales)
    assert [one["seq"] for one in sales] == sorted(one["seq"] for one in sales)
    assert (
        pos("journal", "show", "--day", "2020-01-01", home=traded).err.strip() == "No entry fits."
    )
    one = pos("journal", "show", "--seq", sales[0]["seq"], home=traded)
    assert sales[0]["hash"] in one.out
    assert len(pos("journal", "show", "--limit", "2", home=traded).out.splitlines()) == 2


def test_show_of_a_kind_that_is_none_lists_the_kinds(traded):
    ran = pos("journal", "show", "--kind", "sale", home=traded)
    assert ran.code == 2
    assert "transaction" in ran.err


def test_export_of_a_lone_till_says_why_not(traded, tmp_path):
    ran = pos("journal", "export", "--out", tmp_path / "segment", home=traded)
    assert ran.code == 2
    assert "head office" in ran.err
    both = pos("journal", "export", "--out", tmp_path / "s", "--all", "--unsent", home=traded)
    assert both.code == 2
    assert not (tmp_path / "segment").exists()


# ----------------------------------------------------------------------------------- db


def test_status_names_versions_rows_and_the_process_that_writes(traded):
    calm = {file["name"]: file for file in pos("db", "status", "--json", home=traded).json}
    assert calm["journal.db"]["state"] == calm["reference.db"]["state"] == "current"
    assert calm["journal.db"]["rows"]["txn"] == 3
    assert calm["journal.db"]["held_by"] == ""
    till = build_till(traded)
    try:
        busy = {file["name"]: file for file in pos("db", "status", "--json", home=traded).json}
        assert busy["journal.db"]["held_by"]
        ran = pos("db", "rebuild", home=traded)
        assert ran.code == 75, "a running till is temporary"
        assert "held by process" in ran.err
    finally:
        headless.close_counter(till)


def test_a_database_of_a_newer_program_is_left_alone(traded):
    path = traded / "journal.db"
    connection = sqlite3.connect(path)
    table = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%migration%' "
        "AND name NOT LIKE '%record'"
    ).fetchone()[0]
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    connection.execute("PRAGMA user_version = 9999")
    row = dict(
        zip(columns, connection.execute(f"SELECT * FROM {table} LIMIT 1").fetchone(), strict=True)
    )
    row["name"] = "m9999_from_the_future"
    row.pop("id", None)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        list(row.values()),
    )
    connection.commit()
    connection.close()
    status = pos("db", "status", "--json", home=traded)
    assert (status.code, status.json[0]["state"]) == (1, "newer")
    ran = pos("db", "upgrade", home=traded)
    assert ran.code == 2
    assert "newer version" in ran.err


def test_an_upgrade_of_a_current_home_changes_nothing(traded):
    ran = pos("db", "upgrade", home=traded)
    assert ran.code == 0
    assert ran.out.count("up to date") == 2


# ------------------------------------------------------------------------------- backup


def test_a_backup_with_an_increment_restores_to_a_home_that_verifies(traded, tmp_path, barcodes):
    stick = tmp_path / "stick"
    full = pos("backup", "--to", stick, "--json", home=traded)
    assert full.code == 0, full.err
    till = headless.open_counter(traded)
    headless.scan_all(till, barcodes[5:6])
    headless.pay_cash(till).saved.result()
    headless.close_counter(till)
    increment = pos("backup", "--to", stick, "--incremental", "--json", home=traded)
    assert increment.json["kind"] == "increment"
    assert pos("verify", full.json["path"]).code == 0
    assert pos("verify", increment.json["path"], "--json").json["entries"] > 0

    restored = tmp_path / "restored"
    ran = pos("restore", full.json["path"], "--home", restored)
    assert ran.code == 0, ran.err
    facts = pos("journal", "verify", "--json", home=restored).json
    assert facts["ok"], facts
    assert facts["kinds"]["transaction"] == 4
    original = pos("journal", "verify", "--json", home=traded).json
    assert facts["head_hash"] == original["head_hash"]

    till = build_till(restored)
    headless.close_counter(till)
    facts = pos("journal", "verify", "--json", home=restored).json
    assert [epoch["reason"] for epoch in facts["epochs"]] == ["new", "restore"]
    assert facts["ok"]


def test_what_went_with_a_disk_is_declared_lost_by_a_manager_and_on_record(traded, tmp_path):
    """R19: the gap after a restore is journaled with the epoch that it is in."""
    full = pos("backup", "--to", tmp_path / "stick", "--json", home=traded)
    restored = tmp_path / "restored"
    assert pos("restore", full.json["path"], "--home", restored).code == 0
    headless.close_counter(build_till(restored))  # the first start opens the new epoch
    epochs = pos("journal", "verify", "--json", home=restored).json["epochs"]
    said = ("--note", "小票 0004-0006")

    cashier = pos("journal", "declare-lost", *said, "--by", "1001", home=restored,
                  stdin=f"{CASHIER_PIN}\n")  # fmt: skip
    assert (cashier.code, "manager" in cashier.err) == (2, True)
    manager = f"{MANAGER_PIN}\n"
    here = pos("journal", "declare-lost", *said, "--by", "8001", "--from", "1", home=restored,
               stdin=manager)  # fmt: skip
    assert (here.code, "not lost" in here.err) == (2, True), here.err
    done = pos("journal", "declare-lost", *said, "--by", "8001", home=restored, stdin=manager)
    assert done.code == 0, done.err

    (entry,) = pos("journal", "show", "--kind", "declared_lost", "--json", home=restored).json
    body = entry["entry"]["body"]
    assert (body["epoch"], body["note"]) == (epochs[0]["epoch_id"], "小票 0004-0006")
    assert entry["operator_id"] == "8001"
    assert pos("journal", "verify", home=restored).code == 0


def test_a_backup_is_made_beside_the_running_till(traded):
    till = build_till(traded)
    try:
        assert pos("backup", home=traded).code == 0
    finally:
        headless.close_counter(till)


def test_a_second_increment_without_news_says_so(traded, tmp_path):
    pos("backup", "--to", tmp_path / "stick", home=traded)
    ran = pos("backup", "--to", tmp_path / "stick", "--incremental", home=traded)
    assert ran.code == 0
    assert "Nothing new" in ran.out


def test_a_damaged_backup_is_refused_by_verify_and_restore(traded, tmp_path):
    made = pos("backup", "--to", tmp_path / "stick", "--json", home=traded).json["path"]
    with Path(made, "journal.db").open("r+b") as file:
        file.seek(5000)
        file.write(b"\xa5" * 50)
    assert pos("verify", made).code == 1
    ran = pos("restore", made, "--home", tmp_path / "new")
    assert ran.code == 1
    assert not (tmp_path / "new" / "journal.db").exists()


def test_a_restore_never_writes_over_a_journal(traded, tmp_path):
    made = pos("backup", "--to", tmp_path / "stick", "--json", home=traded).json["path"]
    before = (traded / "journal.db").read_bytes()
    ran = pos("restore", made, "--home", traded)
    assert ran.code == 1
    assert "never writes over" in ran.err
    assert (traded / "journal.db").read_bytes() == before


def test_a_backup_folder_of_the_settings_that_is_away_is_never_made_under_its_mount_point(
    traded, tmp_path
):
    stick = tmp_path / "stick"
    pos("config", "set", "backup.directory", stick, home=traded)

    away = pos("backup", home=traded)
    assert away.code == 75
    assert f"mkdir -p {stick}" in away.err
    assert not stick.exists()

    stick.mkdir()  # the control
    assert pos("backup", home=traded).code == 0
    assert [path.name.split("-")[0] for path in stick.iterdir()] == ["full"]


def test_what_is_no_backup_is_said_to_be_none(tmp_path, traded):
    for arguments in (["verify", tmp_path], ["restore", tmp_path, "--home", tmp_path / "new"]):
        ran = pos(*arguments)
        assert ran.code == 2
        assert "manifest.json" in ran.err
    assert pos("backup", "--incremental", "--full", home=traded).code == 2
    assert pos("backup", "--incremental", "--to", tmp_path / "empty", home=traded).code == 1


def test_a_backup_carries_what_a_till_needs_to_trade_again(traded, tmp_path):
    pos("backup", "--to", tmp_path / "stick", home=traded)
    folder = next((tmp_path / "stick").glob("full-*"))
    assert (folder / "keys" / "pepper").read_bytes() == (traded / "keys" / "pepper").read_bytes()
    assert (folder / "guitai.toml").exists()
    assert (folder / "reference.db").exists()
