"""The journal on disk: append-only, chained, one writer, commits in doubt decided (R3, R4, R15)."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pos.domain.cart import LineKind
from pos.domain.journal import (
    GENESIS_HASH,
    EntryKind,
    EntryTooLargeError,
    decode_entry,
    first_break,
)
from pos.domain.journal.bodies import Note
from pos.domain.journal.shift_bodies import DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import Tender
from pos.store import projections
from pos.store.clock import FixedClock
from pos.store.connection import connect_raw
from pos.store.errors import CorruptStore, FileLocked, StoreError, StoreUnavailable
from pos.store.journal import Identity, JournalStore, UndecidedError, WriteTransaction
from pos.store.models import ALL_MODELS

IDENTITY = Identity(store_id="01", workstation_id="02", currency="CNY")


def open_store(home: Path) -> JournalStore:
    return JournalStore.open(home, IDENTITY, FixedClock(datetime(2026, 11, 21, tzinfo=UTC)), "0")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JournalStore]:
    opened = open_store(tmp_path)
    yield opened
    opened.close()


def note(text: str = "x") -> Any:
    return lambda txn: txn.append(EntryKind.NOTE, Note(text=text))


def transaction(number: int, lines: int = 2) -> Transaction:
    rows = tuple(
        TransactionLine(
            line_no=n,
            kind=LineKind.SALE,
            item_code=f"item{n}",
            description="农夫山泉饮用天然水" * 4,
            quantity_milli=1000,
            unit_price_e4=20_000,
            amount_minor=200,
        )
        for n in range(1, lines + 1)
    )
    return Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"0102-20261121-{number:04d}",
        number=number,
        operator_id="01",
        lines=rows,
        tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=200 * lines),),
        total_minor=200 * lines,
    )


def sell(number: int, lines: int = 2) -> Any:
    return lambda txn: txn.append(
        EntryKind.TRANSACTION, transaction(number, lines), business_day="2026-11-21"
    )


def rows(store: JournalStore, sql: str) -> list[Any]:
    return store.reader().execute(sql).fetchall()


def test_the_first_entry_opens_the_epoch_and_numbers_have_no_gap(store: JournalStore) -> None:
    for n in range(5):
        store.run(note(str(n)))

    found = rows(store, "SELECT seq, kind FROM journal_entry ORDER BY entry_id")

    assert [seq for seq, _ in found] == [1, 2, 3, 4, 5, 6]
    assert found[0][1] == "epoch_open"


def test_synchronous_full_and_wal_are_read_back(store: JournalStore) -> None:
    assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal_entry SET kind = 'x'",
        "DELETE FROM journal_entry",
        "INSERT OR REPLACE INTO journal_entry SELECT * FROM journal_entry WHERE seq = 1",
        "DELETE FROM epoch",
        "UPDATE epoch SET reason = 'x'",
    ],
)
def test_the_database_itself_refuses_to_change_history(store: JournalStore, sql: str) -> None:
    store.run(note())

    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|never"):
        store.run(lambda txn: txn.connection.execute(sql).rowcount)

    assert len(rows(store, "SELECT * FROM journal_entry")) == 2


def test_a_job_that_fails_leaves_no_entry_and_spends_no_number(store: JournalStore) -> None:
    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.NOTE, Note(text="lost"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.run(job)

    assert store.run(note()).seq == 2


def test_a_second_writer_is_refused_by_name(store: JournalStore, tmp_path: Path) -> None:
    with pytest.raises(FileLocked):
        open_store(tmp_path)


def test_a_reopened_journal_goes_on_where_it_was(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        last = store.run(note())
    with open_store(tmp_path) as store:
        following = store.run(note())

    assert (following.seq, following.epoch_no) == (last.seq + 1, last.epoch_no)


def test_a_changed_byte_is_found_at_the_next_start(tmp_path: Path) -> None:
    """`PRAGMA integrity_check` calls such a file fine; the chain does not."""
    with open_store(tmp_path) as store:
        for n in range(4):
            store.run(note(str(n)))
    connection = sqlite3.connect(tmp_path / "journal.db")
    connection.execute("DROP TRIGGER journal_entry_no_update")
    connection.execute(
        "UPDATE journal_entry SET bytes = replace(bytes, 'note', 'nota') WHERE seq = 3"
    )
    connection.commit()
    connection.close()

    with pytest.raises(CorruptStore, match="entry 3"):
        open_store(tmp_path)


def test_a_restored_home_opens_a_new_epoch_that_names_the_old_one(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        store.run(note())
        old = store.epoch_id
    (tmp_path / "restore.json").write_text(json.dumps({"agreed_seq": 2}))
    with open_store(tmp_path) as store:
        (entry,) = rows(store, "SELECT bytes FROM journal_entry WHERE epoch_no = 2 AND seq = 1")
        body = decode_entry(entry[0]).body  # type: ignore[union-attr]

        assert store.epoch_id != old
        assert (body.reason, body.previous_epoch, body.previous_seq) == ("restore", old, 2)
    assert not (tmp_path / "restore.json").exists()


def test_rebuilt_projections_equal_the_kept_ones(store: JournalStore) -> None:
    store.run(lambda txn: txn.append(EntryKind.DAY_OPEN, DayOpen(), business_day="2026-11-21"))
    for n in range(1, 8):
        store.run(sell(n))
    before = projections.fingerprint(store.reader())

    count = store.run(lambda txn: projections.rebuild(txn.connection))

    assert count == 9
    assert projections.fingerprint(store.reader()) == before


def test_a_projection_that_was_tampered_with_is_noticed(store: JournalStore) -> None:
    """Negative control of the comparison above."""
    store.run(sell(1))
    before = projections.fingerprint(store.reader())
    store.run(lambda txn: txn.connection.execute("UPDATE txn SET total_minor = 1").rowcount)

    assert projections.fingerprint(store.reader()) != before


def test_a_transaction_too_long_for_one_entry_spans_linked_entries(store: JournalStore) -> None:
    store.run(sell(1, lines=2_000))

    kinds = [kind for (kind,) in rows(store, "SELECT kind FROM journal_entry ORDER BY seq")]
    assert kinds.count("transaction_part") >= 2
    assert kinds[-1] == "transaction"
    assert rows(store, "SELECT count(*), sum(amount_minor) FROM txn_line") == [(2_000, 400_000)]
    assert max(len(b) for (b,) in rows(store, "SELECT bytes FROM journal_entry")) <= 256 * 1024
    before = projections.fingerprint(store.reader())
    store.run(lambda txn: projections.rebuild(txn.connection))
    assert projections.fingerprint(store.reader()) == before


def test_models_and_migrations_describe_the_same_tables(store: JournalStore) -> None:
    for model in ALL_MODELS:
        meta = model._meta
        columns = [row[1] for row in rows(store, f"PRAGMA table_info({meta.table_name})")]

        assert columns == [field.column_name for field in meta.sorted_fields], meta.table_name


# ------------------------------------------------------------------------- R15, commit in doubt


class FailingCommit:
    """A connection whose next COMMITs fail: after taking effect, or without."""

    def __init__(self, real: sqlite3.Connection, *, committed: bool) -> None:
        self._real = real
        self._committed = committed

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql == "COMMIT":
            if self._committed:
                self._real.execute("COMMIT")
            raise sqlite3.OperationalError("disk I/O error")
        return self._real.execute(sql, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("other_reader", [True, False])
def test_a_commit_in_doubt_ends_as_exactly_one_entry(
    tmp_path: Path, committed: bool, other_reader: bool
) -> None:
    store = open_store(tmp_path)
    reader = connect_raw(tmp_path / "journal.db", readonly=True) if other_reader else None
    seen: list[bool] = []
    store.on_undecided = seen.append
    store._connection = FailingCommit(store._connection, committed=committed)  # type: ignore[assignment]

    appended = store.run(sell(1))

    assert seen == [True, False]
    assert rows(store, "SELECT seq, entry_uuid FROM journal_entry WHERE kind = 'transaction'") == [
        (appended.seq, appended.entry_uuid)
    ]
    assert rows(store, "SELECT count(*) FROM txn") == [(1,)]
    assert store.run(sell(2)).seq == appended.seq + 1
    if reader is not None:
        reader.close()
    store.close()
    open_store(tmp_path).close()


def test_while_in_doubt_nothing_else_is_done_and_closing_leaves_it_to_the_next_start(
    tmp_path: Path,
) -> None:
    """A reader inside its transaction keeps the checkpoint busy, so the doubt stays."""
    store = open_store(tmp_path)
    store.run(note())
    reader = connect_raw(tmp_path / "journal.db", readonly=True)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM journal_entry").fetchone()
    in_doubt = threading.Event()
    store.on_undecided = lambda undecided: in_doubt.set() if undecided else None
    store._connection = FailingCommit(store._connection, committed=True)  # type: ignore[assignment]
    doubtful = store.submit(sell(1))
    assert in_doubt.wait(10)
    following = store.submit(sell(2))

    assert store.undecided
    assert not following.done()
    store.close()
    with pytest.raises(UndecidedError):
        doubtful.result(10)
    with pytest.raises(StoreError):
        following.result(10)
    reader.close()
    with open_store(tmp_path) as again:
        assert rows(again, "SELECT transaction_no FROM txn") == [("0102-20261121-0001",)]


def test_an_entry_that_is_too_large_takes_no_number_when_the_job_lives_on(
    store: JournalStore,
) -> None:
    def job(txn: WriteTransaction) -> int:
        with pytest.raises(EntryTooLargeError):
            txn.append(EntryKind.NOTE, Note(text="x" * 300_000))
        return txn.append(EntryKind.NOTE, Note(text="small")).seq

    before = store.head()[0]

    assert store.run(job) == before + 1
    assert store.run(note()).seq == before + 2
    found = rows(store, "SELECT seq, entry_id FROM journal_entry ORDER BY entry_id")
    assert found == [(n, n) for n in range(1, before + 3)]
    with closing(connect_raw(store.path, readonly=True)) as reader:
        entries = reader.execute("SELECT seq, bytes, hash FROM journal_entry ORDER BY seq")
        assert first_break(GENESIS_HASH, entries.fetchall()) is None


@pytest.mark.parametrize("committed", [True, False])
def test_a_job_that_lived_on_without_a_large_entry_is_the_same_when_its_commit_is_in_doubt(
    tmp_path: Path, committed: bool
) -> None:
    def job(txn: WriteTransaction) -> Any:
        with pytest.raises(EntryTooLargeError):
            txn.append(EntryKind.NOTE, Note(text="x" * 300_000))
        return txn.append(EntryKind.NOTE, Note(text="small"))

    with open_store(tmp_path) as store:
        store._connection = FailingCommit(store._connection, committed=committed)  # type: ignore[assignment]
        appended = store.run(job)

        found = rows(store, "SELECT seq, entry_uuid FROM journal_entry WHERE kind = 'note'")
        assert found == [(appended.seq, appended.entry_uuid)]
        assert store.run(note()).seq == appended.seq + 1


def test_closing_closes_the_readers_of_every_thread_that_read(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    readers = [store.reader()]
    stay, opened = threading.Event(), threading.Event()

    def read() -> None:
        readers.append(store.reader())
        opened.set()
        stay.wait(10)

    thread = threading.Thread(target=read)
    thread.start()
    assert opened.wait(10)
    store.close()

    for reader in readers:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            reader.execute("SELECT 1")
    with pytest.raises(StoreUnavailable):
        store.reader()
    stay.set()
    thread.join()
    # Nothing of ours holds the file: the last one out left no write-ahead log.
    assert not (tmp_path / "journal.db-wal").exists()


def test_a_reader_of_a_thread_that_ended_is_closed_when_the_next_one_comes(
    store: JournalStore,
) -> None:
    kept: list[sqlite3.Connection] = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: kept.append(store.reader()))
        thread.start()
        thread.join()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        kept[0].execute("SELECT 1")
    assert kept[-1].execute("SELECT 1").fetchone() == (1,)


def test_what_is_queued_is_written_and_cannot_be_cancelled(store: JournalStore) -> None:
    """A waiter that is cancelled (a screen that closes) must not take the worker with it."""
    hold = threading.Event()
    store.submit(lambda _txn: hold.wait(5))
    future = store.submit(lambda txn: txn.append(EntryKind.NOTE, Note(text="kept")).seq)
    assert not future.cancel()
    hold.set()

    assert (
        future.result(5)
        == store.run(lambda txn: txn.append(EntryKind.NOTE, Note(text="b")).seq) - 1
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("together", [False, True])
def test_a_worker_that_dies_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, together: bool
) -> None:
    store = open_store(tmp_path)
    hold = threading.Event()
    store.submit(lambda _txn: hold.wait(5))

    def broken(_job: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        waiting = [store.submit(lambda _txn: 1, together=together) for _ in range(3)]
        patched.setattr(store._jobs, "_run", broken)
        hold.set()
        for future in waiting:
            assert isinstance(future.exception(5), StoreUnavailable)
        assert isinstance(store.submit(lambda _txn: 1).exception(5), StoreUnavailable)
    store.close()

    again = open_store(tmp_path)
    assert again.run(lambda _txn: 1) == 1
    again.close()
