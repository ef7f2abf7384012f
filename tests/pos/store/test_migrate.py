"""A file is migrated whole or not at all, after a verified copy, and never by an older program."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest

from pos.store.errors import MigrationFailed, NewerDatabase
from pos.store.migrate import migrate
from pos.store.migrations import JOURNAL, REFERENCE
from pos.store.reference_schema import MODELS, columns, table_name


def script(folder, number, name, *statements):
    folder.mkdir(exist_ok=True)
    body = "\n".join(f"    connection.execute({statement!r})" for statement in statements)
    (folder / f"m{number:04d}_{name}.py").write_text(
        f"NUMBER = {number}\nNAME = {name!r}\n\n\ndef up(connection):\n{body}\n"
    )


def run(tmp_path):
    return migrate(
        tmp_path / "x.db", tmp_path / "m", backup_dir=tmp_path / "backups", app_version="1.0"
    )


def tables(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as connection:
        return {
            row[0]
            for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }


def test_a_new_file_gets_every_script_and_a_current_one_none(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)")
    script(tmp_path / "m", 2, "second", "ALTER TABLE t ADD COLUMN b")

    first = run(tmp_path)
    second = run(tmp_path)

    assert first.applied == ("m0001_first", "m0002_second")
    assert (first.version, first.backup) == (2, None)
    assert second.applied == ()
    assert second.version == 2
    with sqlite3.connect(tmp_path / "x.db") as connection:
        recorded = connection.execute(
            "SELECT name, length(sha256), app_version FROM schema_migration_record"
        )
        assert recorded.fetchall() == [("m0001_first", 64, "1.0"), ("m0002_second", 64, "1.0")]


def test_a_file_with_history_is_copied_before_it_changes(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)", "INSERT INTO t VALUES (7)")
    run(tmp_path)
    script(tmp_path / "m", 2, "second", "DELETE FROM t")

    migrated = run(tmp_path)

    with sqlite3.connect(migrated.backup) as copy:
        assert copy.execute("SELECT a FROM t").fetchall() == [(7,)]
    assert migrated.backup.stat().st_mode & 0o777 == 0o600


def test_a_script_that_fails_leaves_no_trace_of_those_before_it(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)")
    run(tmp_path)
    before = tables(tmp_path)
    script(tmp_path / "m", 2, "second", "CREATE TABLE u (a)")
    script(tmp_path / "m", 3, "third", "CREATE TABLE u (a)")

    with pytest.raises(MigrationFailed, match="table u already exists"):
        run(tmp_path)

    assert tables(tmp_path) == before
    script(tmp_path / "m", 3, "third", "CREATE TABLE v (a)")
    assert run(tmp_path).applied == ("m0002_second", "m0003_third")


def test_a_migration_may_not_leave_rows_that_point_to_nothing(tmp_path):
    script(
        tmp_path / "m",
        1,
        "first",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (p REFERENCES p)",
        "INSERT INTO p VALUES (1)",
        "INSERT INTO c VALUES (1)",
    )
    run(tmp_path)
    script(tmp_path / "m", 2, "second", "DELETE FROM p")

    with pytest.raises(MigrationFailed, match="point to nothing"):
        run(tmp_path)


def test_a_newer_programs_file_is_refused_untouched(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)")
    script(tmp_path / "m", 2, "second", "CREATE TABLE u (a)")
    run(tmp_path)
    (tmp_path / "m" / "m0002_second.py").unlink()
    before = (tmp_path / "x.db").read_bytes()

    with pytest.raises(NewerDatabase, match="m0002_second"):
        run(tmp_path)

    assert (tmp_path / "x.db").read_bytes() == before


def test_an_edited_script_is_noticed(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)")
    run(tmp_path)
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a, b)")

    assert run(tmp_path).changed == ("m0001_first",)


def test_kill_9_in_the_middle_leaves_the_old_schema(tmp_path):
    script(tmp_path / "m", 1, "first", "CREATE TABLE t (a)")
    run(tmp_path)
    (tmp_path / "m" / "m0002_second.py").write_text(
        textwrap.dedent(
            """
            import os, signal
            NUMBER, NAME = 2, "second"
            def up(connection):
                connection.execute("CREATE TABLE u (a)")
                connection.executemany("INSERT INTO u VALUES (?)", [(n,) for n in range(50_000)])
                os.kill(os.getpid(), signal.SIGKILL)
            """
        )
    )
    code = (
        "import sys; from pathlib import Path; from pos.store.migrate import migrate; d = Path(sys.argv[1]);"
        "migrate(d / 'x.db', d / 'm', backup_dir=d / 'backups', app_version='1')"
    )

    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=False,
        env={**os.environ, "PYTHONPATH": "."},
    )

    assert killed.returncode == -signal.SIGKILL
    assert "u" not in tables(tmp_path)
    script(tmp_path / "m", 2, "second", "CREATE TABLE u (a)")
    assert run(tmp_path).applied == ("m0002_second",)
    assert "u" in tables(tmp_path)


def test_the_shipped_scripts_run_and_the_models_name_their_columns(tmp_path):
    migrate(tmp_path / "journal.db", JOURNAL, backup_dir=tmp_path, app_version="1")
    migrate(tmp_path / "reference.db", REFERENCE, backup_dir=tmp_path, app_version="1")

    with sqlite3.connect(tmp_path / "reference.db") as connection:
        for model in MODELS:
            actual = tuple(
                row[1] for row in connection.execute(f"PRAGMA table_info({table_name(model)})")
            )
            assert columns(model) == actual
