"""The future of a job whose owner comes first: what follows from a commit is done when it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import Note
from pos.store.clock import FixedClock
from pos.store.errors import StoreUnavailable
from pos.store.journal import Identity, JournalStore, WriteTransaction
from pos.store.write_jobs import OwnedFuture


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JournalStore]:
    clock = FixedClock(datetime(2026, 11, 21, tzinfo=UTC))
    opened = JournalStore.open(tmp_path, Identity(store_id="01", workstation_id="02"), clock, "0")
    yield opened
    opened.close()


def written(txn: WriteTransaction) -> int:
    return txn.append(EntryKind.NOTE, Note(text="x")).seq


def test_the_owner_is_done_before_anybody_hears_of_the_commit(store: JournalStore) -> None:
    seen: list[str] = []
    owned: OwnedFuture[int] = OwnedFuture(
        lambda seq: seen.append(f"owner {seq} {owned.done()}"), lambda: seen.append("failed")
    )
    owned.add_done_callback(lambda done: seen.append(f"listener {done.result()}"))

    assert store.submit(written, future=owned) is owned
    assert owned.result(10) == 2

    assert seen == ["owner 2 False", "listener 2"]
    assert store.head()[0] == 2


def test_trouble_of_the_owner_undoes_no_commit_and_stops_no_worker(store: JournalStore) -> None:
    def broken(_: int) -> None:
        raise OSError("the drawer is on fire")

    owned = OwnedFuture(broken, lambda: None)

    assert store.submit(written, future=owned).result(10) == 2
    assert store.submit(written).result(10) == 3


def test_an_owner_hears_first_that_nothing_was_written(store: JournalStore) -> None:
    seen: list[str] = []
    owned = OwnedFuture(lambda _: seen.append("wrote"), lambda: seen.append("failed"))

    def refused(_: WriteTransaction) -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        store.submit(refused, future=owned).result(10)

    assert seen == ["failed"]
    assert store.head()[0] == 1


def test_a_closed_store_tells_the_owner_too(store: JournalStore) -> None:
    store.close()
    seen: list[str] = []
    owned = OwnedFuture(lambda _: seen.append("wrote"), lambda: seen.append("failed"))

    with pytest.raises(StoreUnavailable):
        store.submit(written, future=owned).result(10)

    assert seen == ["failed"]
