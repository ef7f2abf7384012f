"""A whole catalogue fetched page by page into shadow tables, then swapped in by name (R11).

Pages are filled into `item_new`, `price_new` … in short transactions; the till reads the old
tables meanwhile. Once head office's count and hash are verified and the indexes are made, one
transaction renames old to `_old` and new to its place, so that a reader sees the old catalogue or
the new one. The file itself is never replaced: readers of a replaced file go on reading the old
one for ever.

A kill at any moment leaves the old catalogue and some shadow tables, which the next start drops.
The shadow tables are made from the live tables' own definitions, so that migrations need not know
about them.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from operator import attrgetter
from typing import Any

from pos.store.errors import N_, SnapshotMismatch
from pos.store.reference_rows import (
    INSERT_GOODS,
    barcode_values,
    class_values,
    document,
    goods_values,
    hold_values,
    item_values,
    operator_rows,
    quick_key_values,
)
from pos.store.reference_schema import (
    BarcodeTable,
    HoldTable,
    ItemClassTable,
    ItemTable,
    OperatorTable,
    PriceTable,
    QuickKeyTable,
    insert_sql,
)

_ALWAYS = (
    "item", "barcode", "price", "item_class", "operator", "quick_key", "search_text",
    "supplier", "class_rule", "item_rule", "head_order",
)  # fmt: skip
_SWAPPED = (*_ALWAYS, "hold")

_INSERT_ITEM = insert_sql(ItemTable, suffix="_new")
_ADD_WORDS = "INSERT INTO search_text_new (rowid, words) VALUES (?, ?)"
_price_values = attrgetter("item_code", "effective_day", "unit_price_e4", "version")

Transaction = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Snapshot:
    """A snapshot being fetched."""

    def __init__(
        self, connection: sqlite3.Connection, transaction: Transaction, seal: Callable[[str], str]
    ) -> None:
        self._connection = connection
        self._transaction = transaction
        self._seal = seal
        self._hash = hashlib.sha256()
        self._count = 0
        self._next_item_id = 1
        self._holds = False
        popular = connection.execute("SELECT item_code, popularity FROM item WHERE popularity > 0")
        self._popularity: dict[str, int] = dict(popular.fetchall())

    @classmethod
    def begin(
        cls, connection: sqlite3.Connection, transaction: Transaction, seal: Callable[[str], str]
    ) -> Snapshot:
        """Drop what an earlier attempt left and make empty shadow tables."""
        cls.sweep(connection)
        with transaction():
            for name in _SWAPPED:
                connection.execute(_shadow_sql(connection, name))
        return cls(connection, transaction, seal)

    def add_page(self, dataset: str, rows: Sequence[Any], raw: bytes) -> None:
        """Insert one page, in one transaction; an unknown dataset is counted and hashed only."""
        self._hash.update(raw)
        self._count += len(rows)
        try:
            self._add(dataset, rows)
        except sqlite3.IntegrityError as error:
            raise _twice(error) from error

    def _add(self, dataset: str, rows: Sequence[Any]) -> None:
        with self._transaction() as connection:
            many = connection.executemany
            if dataset == "items":
                self._add_items(rows)
            elif dataset == "barcodes":
                many(insert_sql(BarcodeTable, suffix="_new"), sorted(map(barcode_values, rows)))
            elif dataset == "prices":
                many(insert_sql(PriceTable, suffix="_new"), sorted(map(_price_values, rows)))
            elif dataset == "classes":
                many(insert_sql(ItemClassTable, suffix="_new"), map(class_values, rows))
            elif dataset == "operators":
                values = operator_rows(rows, 0, self._seal)
                many(insert_sql(OperatorTable, suffix="_new"), values)
            elif dataset == "holds":
                self._holds = True
                many(insert_sql(HoldTable, suffix="_new"), map(hold_values, rows))
            elif dataset == "quick_keys":
                many(insert_sql(QuickKeyTable, suffix="_new"), map(quick_key_values, rows))
            elif dataset in INSERT_GOODS:
                many(INSERT_GOODS[dataset], [goods_values(dataset, row) for row in rows])

    def verify(self, expected_count: int, expected_sha256: str) -> None:
        """Compare count and hash with head office's; SnapshotMismatch drops the rows."""
        actual = (self._count, self._hash.hexdigest())
        if actual != (expected_count, expected_sha256):
            self.sweep(self._connection)
            raise SnapshotMismatch(
                N_("Expected {expected} rows with hash {wanted}, got {count} with {got}."),
                expected=expected_count,
                wanted=expected_sha256[:12],
                count=actual[0],
                got=actual[1][:12],
            )

    def index(self) -> None:
        """Make the shadow tables' indexes, each in its own transaction."""
        for name in _SWAPPED:
            for sql in _index_sqls(self._connection, name):
                try:
                    with self._transaction() as connection:
                        connection.execute(sql)
                except sqlite3.IntegrityError as error:
                    self.sweep(self._connection)
                    raise _twice(error) from error

    def swap(self) -> None:
        """Rename old away and new into place; the caller holds the transaction."""
        for name in _SWAPPED if self._holds else _ALWAYS:
            self._connection.execute(f"ALTER TABLE {name} RENAME TO {name}_old")
            self._connection.execute(f"ALTER TABLE {name}_new RENAME TO {name}")

    @staticmethod
    def sweep(connection: sqlite3.Connection) -> None:
        """Drop shadow and replaced tables, whatever an earlier run left of them."""
        for name in _SWAPPED:
            for suffix in ("_new", "_old"):
                connection.execute(f"DROP TABLE IF EXISTS {name}{suffix}")

    def _add_items(self, rows: Sequence[Any]) -> None:
        first = self._next_item_id
        self._next_item_id += len(rows)
        popularity = [self._popularity.get(row.item_code, 0) for row in rows]
        numbered = list(zip(range(first, self._next_item_id), rows, popularity, strict=True))
        self._connection.executemany(
            _INSERT_ITEM, ((item_id, *item_values(row), sold) for item_id, row, sold in numbered)
        )
        self._connection.executemany(
            _ADD_WORDS,
            (
                document((item_id, sold, row.name, row.name_en, row.spec, row.model, row.mnemonic))
                for item_id, row, sold in numbered
            ),
        )


def _twice(error: sqlite3.IntegrityError) -> SnapshotMismatch:
    return SnapshotMismatch(N_("The snapshot has a key twice: {reason}."), reason=error)


def _shadow_sql(connection: sqlite3.Connection, name: str) -> str:
    """Statement that makes `name_new` like `name`, which may have been renamed itself before."""
    row = connection.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
    ).fetchone()
    return re.sub(rf'(TABLE\s+)"?{name}"?', rf"\g<1>{name}_new", row[0], count=1)


def _index_sqls(connection: sqlite3.Connection, name: str) -> list[str]:
    """Statements that index `name_new` like `name`; two sets of index names take turns."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master"
        " WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (name,),
    ).fetchall()
    statements = []
    for index, sql in rows:
        other = index.removesuffix("_b") if index.endswith("_b") else f"{index}_b"
        statements.append(
            re.sub(
                rf'INDEX\s+"?{index}"?\s+ON\s+"?{name}"?',
                f"INDEX {other} ON {name}_new",
                sql,
                count=1,
            )
        )
    return statements
