"""A COMMIT that raises, in both ways: it happened after all, or it did not (R15)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import EpochOpen, Note
from pos.store.clock import SystemClock
from pos.store.journal import Identity, JournalStore


class LyingConnection:
    """A connection whose next COMMIT raises; `happens` says whether it committed before that."""

    def __init__(self, connection: sqlite3.Connection, *, happens: bool) -> None:
        self._connection = connection
        self._happens = happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run everything but the COMMIT as it is."""
        if sql == "COMMIT":
            self._connection.execute("COMMIT" if self._happens else "ROLLBACK")
            raise sqlite3.OperationalError("disk I/O error")
        return self._connection.execute(sql, *values)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JournalStore]:
    """A new journal."""
    identity = Identity(store_id="S1", workstation_id="01")
    with JournalStore.open(tmp_path, identity, SystemClock(), "1") as opened:
        yield opened


def lie_once(store: JournalStore, *, happens: bool) -> None:
    """Make the next COMMIT raise; the connection opened to decide it is honest."""
    store._connection = LyingConnection(store._connection, happens=happens)  # type: ignore[assignment]


@pytest.mark.parametrize("happens", [True, False])
def test_an_entry_whose_commit_raised_stands_there_once_with_its_own_bytes(
    store: JournalStore, happens: bool
) -> None:
    told: list[bool] = []
    store.on_undecided = told.append
    lie_once(store, happens=happens)

    appended = store.submit(lambda txn: txn.append(EntryKind.NOTE, Note(text="x"))).result(10)
    after = store.submit(lambda txn: txn.append(EntryKind.NOTE, Note(text="y"))).result(10)

    rows = store.reader().execute("SELECT seq, entry_uuid, hash FROM journal_entry ORDER BY seq")
    assert rows.fetchall()[1:] == [
        (2, appended.entry_uuid, appended.hash),
        (3, after.entry_uuid, after.hash),
    ]
    assert told == [True, False]


@pytest.mark.parametrize("happens", [True, False])
def test_a_new_epoch_whose_commit_raised_has_the_id_that_its_entries_name(
    store: JournalStore, happens: bool
) -> None:
    lie_once(store, happens=happens)

    store.submit(lambda txn: txn.open_epoch(EpochOpen(reason="fork"))).result(10)

    epochs = store.reader().execute("SELECT epoch_no, epoch_id FROM epoch ORDER BY 1").fetchall()
    assert epochs[-1] == (2, store.epoch_id)
    assert len(epochs) == 2
    named = store.reader().execute(
        "SELECT json_extract(bytes, '$.epoch') FROM journal_entry WHERE epoch_no = 2"
    )
    assert named.fetchall() == [(store.epoch_id,)]


@pytest.mark.parametrize("happens", [True, False])
def test_a_job_without_entries_whose_commit_raised_is_done_once(
    store: JournalStore, happens: bool
) -> None:
    lie_once(store, happens=happens)

    store.submit(
        lambda txn: txn.connection.execute("INSERT INTO approval_used VALUES ('a', 1)").rowcount
    ).result(10)

    assert store.reader().execute("SELECT * FROM approval_used").fetchall() == [("a", 1)]
