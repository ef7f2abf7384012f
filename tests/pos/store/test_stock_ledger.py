"""The folded ledger: the same answers at any moment, whoever folded when (I3, STK-15, STK-17)."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.domain.stock import MovementReason, Place
from pos.domain.stock_cost import Average, moved
from pos.store import stock_ledger
from pos.store.migrate import migrate

JOURNAL = Path(stock_ledger.__file__).parent / "migrations" / "journal"
ITEMS = ("A", "B", "C")

MOVEMENT = st.tuples(
    st.sampled_from(ITEMS),
    st.integers(-9, 9).filter(bool).map(lambda n: n * 500),
    st.sampled_from([reason.value for reason in MovementReason]),
    st.sampled_from([place.value for place in Place]),
    st.sampled_from(["", "L1", "L2"]),
    st.one_of(st.none(), st.integers(0, 90_000)),
)
ENTRIES = st.lists(st.lists(MOVEMENT, max_size=4), max_size=12)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger")
    path = folder / "journal.db"
    migrate(path, JOURNAL, backup_dir=folder / "backups", app_version="test")
    return path


def ledger(empty: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with sqlite3.connect(empty) as source:
        source.backup(connection)
    return connection


def append(connection: sqlite3.Connection, entry_id: int, movements: list[tuple]) -> None:
    """Movements as the projection writes them, with the sale that caused them."""
    connection.execute(
        "INSERT INTO txn VALUES (?, ?, 'sale', ?, 1, ?, '1001', '', 0, 0, '', '')",
        (entry_id, f"T{entry_id:04d}", f"2026-11-{1 + entry_id // 4:02d}", entry_id),
    )
    connection.executemany(
        "INSERT INTO stock_movement VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', ?)",
        [
            (entry_id, n, code, q, reason, f"2026-11-{1 + entry_id // 4:02d}", place, batch, cost)
            for n, (code, q, reason, place, batch, cost) in enumerate(movements, start=1)
        ],
    )


def answers(connection: sqlite3.Connection) -> dict[str, object]:
    """Everything that anybody may ask."""
    return {
        code: (
            {key: q for key, q in stock_ledger.balances(connection, code).items() if q},
            stock_ledger.shop_milli(connection, code),
            stock_ledger.average(connection, code),
            stock_ledger.history(connection, code, limit=100),
            paged(connection, code),
            stock_ledger.history(connection, code, limit=100, batch="L1"),
            {
                key: q
                for key, q in stock_ledger.moved_in(connection, code, [(3, 5), (8, 99)]).items()
                if q
            },
        )
        for code in ITEMS
    } | {"days": days(connection)}


def paged(connection: sqlite3.Connection, code: str) -> list[stock_ledger.Movement]:
    shown: list[stock_ledger.Movement] = []
    before = None
    while page := stock_ledger.history(connection, code, before=before, limit=3):
        shown += page
        before = page[-1].cursor
    return shown


def days(connection: sqlite3.Connection) -> dict[tuple, tuple[int, ...]]:
    sums: dict[tuple, list[int]] = defaultdict(lambda: [0, 0, 0])
    for day in range(1, 6):
        for *key, into, out, count in stock_ledger.day_rows(connection, f"2026-11-{day:02d}"):
            figures = sums[(day, *key)]
            for index, value in enumerate((into, out, count)):
                figures[index] += value
    return {key: tuple(value) for key, value in sums.items()}


@given(entries=ENTRIES, folds=st.lists(st.integers(0, 6), max_size=14))
@settings(max_examples=60, deadline=None)
def test_folding_at_any_moment_changes_no_answer_and_a_rebuild_gives_the_same(
    empty: Path, entries: list[list[tuple]], folds: list[int]
) -> None:
    plain, folded = ledger(empty), ledger(empty)
    for number, movements in enumerate(entries, start=1):
        append(plain, number, movements)
        append(folded, number, movements)
        if number <= len(folds) and folds[number - 1]:
            stock_ledger.fold(folded, rows=folds[number - 1])
        assert not stock_ledger.differences(folded)
    assert answers(folded) == answers(plain)
    # Rebuilt to the same mark, every folded table reads the same.
    tables = {
        name: folded.execute(f"SELECT * FROM {name}").fetchall()
        for name in ("stock_card", "stock_balance", "stock_value", "stock_day", "stock_fold")
    }
    reached = stock_ledger.clear(folded)
    stock_ledger.fold_all(folded, until=reached)
    for name, rows in tables.items():
        assert folded.execute(f"SELECT * FROM {name}").fetchall() == rows, name
    stock_ledger.fold_all(folded)
    assert answers(folded) == answers(plain)


@given(ENTRIES)
@settings(max_examples=40, deadline=None)
def test_balances_and_values_are_the_sums_and_averages_of_the_movements(
    empty: Path, entries: list[list[tuple]]
) -> None:
    connection = ledger(empty)
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    values = dict.fromkeys(ITEMS, Average())
    for number, movements in enumerate(entries, start=1):
        append(connection, number, movements)
        for code, quantity, reason, place, batch, cost in movements:
            sums[code, place, batch] += quantity
            values[code] = moved(values[code], quantity, reason, place, cost)
    stock_ledger.fold_all(connection)
    for code in ITEMS:
        found = stock_ledger.balances(connection, code)
        assert {k: q for k, q in found.items() if q} == {
            (place, batch): q for (item, place, batch), q in sums.items() if item == code and q
        }
        assert stock_ledger.average(connection, code) == values[code]


def test_a_fold_takes_whole_entries_even_one_longer_than_its_turn(empty: Path) -> None:
    connection = ledger(empty)
    append(connection, 1, [("A", 1_000, "receipt", "", "", 100)] * 3)
    append(connection, 2, [("B", 1_000, "receipt", "", "", 100)] * 5)
    append(connection, 3, [("C", 1_000, "receipt", "", "", 100)])
    assert stock_ledger.fold(connection, rows=4) == 3
    assert stock_ledger.mark(connection) == 1
    assert stock_ledger.fold(connection, rows=2) == 5
    assert stock_ledger.fold(connection, rows=2) == 1
    assert stock_ledger.fold(connection, rows=2) == 0
    assert stock_ledger.unfolded(connection, 10) == (0, 0)


def test_a_balance_that_was_edited_is_found_and_an_honest_one_is_not(empty: Path) -> None:
    connection = ledger(empty)
    append(connection, 1, [("A", 5_000, "receipt", "", "L1", 100)])
    stock_ledger.fold_all(connection)
    assert stock_ledger.differences(connection) == []
    connection.execute("UPDATE stock_balance SET quantity_milli = 6000")
    (found,) = stock_ledger.differences(connection)
    assert (found.item_code, found.balance_milli, found.sum_milli) == ("A", 6_000, 5_000)


def test_a_look_at_stock_reads_one_range_and_no_table_whole(empty: Path) -> None:
    connection = ledger(empty)
    for sql in (stock_ledger._SHOP, stock_ledger._BALANCES):
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("A",))]
        assert all("SCAN stock" not in step for step in plan if "stock_fold" not in step), plan
