"""Every connection is durable or refuses; a reader cannot write."""

from __future__ import annotations

import sqlite3

import pytest

from pos.store import connection
from pos.store.connection import connect, connect_raw, raw
from pos.store.errors import NotDurable, StoreUnavailable


def test_a_writer_has_every_setting_that_durability_rests_on(tmp_path):
    database = connect(tmp_path / "a b?.db")

    link = raw(database)
    actual = {
        name: link.execute(f"PRAGMA {name}").fetchone()[0]
        for name, _, _ in connection.WRITER_PRAGMAS
    }
    assert actual == {name: expected for name, _, expected in connection.WRITER_PRAGMAS}
    assert actual["journal_mode"] == "wal"
    assert actual["synchronous"] == 2
    assert link.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
    assert (tmp_path / "a b?.db").stat().st_mode & 0o777 == 0o600
    database.close()


def test_a_setting_that_does_not_take_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "WRITER_PRAGMAS", (("synchronous", "NORMAL", 2),))

    with pytest.raises(NotDurable, match="expected synchronous = 2 after setting it, got 1"):
        connect_raw(tmp_path / "x.db")
    with pytest.raises(NotDurable):
        connect(tmp_path / "x.db")


def test_a_reader_reads_what_is_committed_and_cannot_write(tmp_path):
    with_data = connect_raw(tmp_path / "x.db")
    with_data.execute("CREATE TABLE t (a)")
    with_data.execute("INSERT INTO t VALUES (1)")
    reader = connect_raw(tmp_path / "x.db", readonly=True)

    assert reader.execute("SELECT a FROM t").fetchall() == [(1,)]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        reader.execute("INSERT INTO t VALUES (2)")
    with_data.execute("INSERT INTO t VALUES (3)")
    assert reader.execute("SELECT count(*) FROM t").fetchone() == (2,)
    reader.close()
    with_data.close()


def test_what_cannot_be_opened_says_why_and_what_to_do(tmp_path):
    (tmp_path / "junk.db").write_bytes(b"no database" * 500)

    for path, readonly in (
        (tmp_path, False),
        (tmp_path / "none.db", True),
        (tmp_path / "junk.db", False),
    ):
        for opener in (connect, connect_raw):
            with pytest.raises(StoreUnavailable) as caught:
                opener(path, readonly=readonly)
            assert str(path) in str(caught.value)
            assert caught.value.hint
