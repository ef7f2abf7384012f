"""A COMMIT that raises, in both ways: it happened after all, or it did not (R15)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import EpochOpen, Note
from pos.store.clock import SystemClock
from pos.store.journal import Identity, JournalStore, WriteTransaction


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


class Counted:
    """A connection that remembers how often it committed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.commits = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        """Run it as it is."""
        self.commits += sql == "COMMIT"
        return self._connection.execute(sql, *values)


def used(name: str) -> Callable[[WriteTransaction], int]:
    """A job that writes a row of this name, and fails where there is one."""
    return lambda txn: (
        txn.connection.execute("INSERT INTO approval_used VALUES (?, 1)", (name,)).rowcount
    )


def burst(store: JournalStore, *names: str) -> list[Future[int]]:
    """Jobs that are in the queue before the worker begins any of them."""
    store.hold_back()
    futures = [store.submit(used(name), together=True) for name in names]
    assert not any(future.done() for future in futures)
    store.go_on()
    return futures


def written(store: JournalStore) -> list[str]:
    """The rows that are there."""
    rows = store.reader().execute("SELECT approval_uuid FROM approval_used ORDER BY 1")
    return [name for (name,) in rows]


def test_a_burst_is_one_commit_and_what_stands_for_itself_is_another(store: JournalStore) -> None:
    counted = store._connection = Counted(store._connection)  # type: ignore[assignment]
    store.hold_back()
    lines = [store.submit(used(name), together=True) for name in "abc"]
    note = store.submit(lambda txn: txn.append(EntryKind.NOTE, Note(text="x")))
    last = store.submit(used("d"), together=True)
    store.go_on()

    assert [future.result(10) for future in [*lines, last]] == [1, 1, 1, 1]
    assert note.result(10).seq == 2
    assert written(store) == ["a", "b", "c", "d"]
    assert counted.commits == 3


def test_of_a_burst_only_the_job_that_raised_did_not_happen(store: JournalStore) -> None:
    first, again, last = burst(store, "a", "a", "b")

    assert first.result(10) == last.result(10) == 1
    assert isinstance(again.exception(10), sqlite3.IntegrityError)
    assert written(store) == ["a", "b"]


@pytest.mark.parametrize("happens", [True, False])
def test_a_burst_whose_commit_raised_is_done_once_and_told_when_it_is_decided(
    store: JournalStore, happens: bool
) -> None:
    told: list[tuple[bool, bool]] = []
    futures: list[Future[int]] = []
    store.on_undecided = lambda now: told.append((now, any(one.done() for one in futures)))
    lie_once(store, happens=happens)
    futures += burst(store, "a", "b", "c")

    assert [future.result(10) for future in futures] == [1, 1, 1]
    assert written(store) == ["a", "b", "c"]
    assert told == [(True, False), (False, False)]


def test_a_worker_held_back_for_ever_writes_all_the_same(store: JournalStore) -> None:
    store.hold_back()

    assert store.submit(used("a")).result(10) == 1
    assert store.submit(used("b"), together=True).result(10) == 1


def test_what_is_queued_in_a_burst_is_written_before_the_store_closes(tmp_path: Path) -> None:
    identity = Identity(store_id="S1", workstation_id="01")
    store = JournalStore.open(tmp_path / "till", identity, SystemClock(), "1")
    store.hold_back()
    futures = [store.submit(used(name), together=True) for name in "ab"]
    store.close()

    assert [future.result(0) for future in futures] == [1, 1]
