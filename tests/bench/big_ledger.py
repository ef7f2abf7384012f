"""A stock ledger of very many movements, folded but for its last ones: what a store has after years.

Movements and cards are made in raw SQL, each in the order of its own key, so that both are written
from front to back. Cached in the bench's folder; sizes and schema are in the name.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

from pos.store.migrate import migrate
from tests.bench.harness import CHECKOUT

ITEMS = 100_000
LINES = 10
"""Movements of one entry."""

TAIL = 30
"""Movements that the fold has not reached: three sales."""

_SCATTER = 7_919
"""Coprime with the number of items: entry by entry another part of the shelf."""

_JOURNAL = CHECKOUT / "pos/store/migrations/journal"
_NUMBERS = "WITH RECURSIVE {name}(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM {name} WHERE i < {last})"


def big_ledger(folder: Path, movements: int) -> Path:
    """A home whose journal has so many movements; made once."""
    schema = len(list(_JOURNAL.glob("m*.py")))
    home = folder / f"ledger-{movements}-schema-{schema}"
    if (home / "complete").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    begun = time.monotonic()
    path = home / "journal.db"
    migrate(path, _JOURNAL, backup_dir=home / "backups", app_version="bench")
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    _fill(connection, movements, items_of(movements))
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    (home / "complete").write_text(f"{time.monotonic() - begun:.0f} s\n")
    return home


def items_of(movements: int) -> int:
    """How many goods move: a hundred movements each."""
    return min(ITEMS, movements // 100)


def item_code(index: int) -> str:
    """Code of one of them."""
    return f"{100_000 + index}"


def _fill(connection: sqlite3.Connection, movements: int, items: int) -> None:
    back = pow(_SCATTER, -1, items)
    day = f"date('2023-01-01', '+' || (e * 1000 / {movements}) || ' days')"
    # Every tenth movement of an item is a delivery of what is sold until the next.
    reason = f"CASE WHEN e / {items} % 10 = 0 THEN 'receipt' ELSE 'sale' END"
    quantity = f"CASE WHEN e / {items} % 10 = 0 THEN 9000 ELSE -1000 END"
    entry = f"1 + e / {LINES}, 1 + e % {LINES}"
    numbers = _NUMBERS.format(name="n", first=0, last=movements + TAIL - 1)
    connection.execute(
        f"{numbers} INSERT INTO stock_movement SELECT {entry}, "
        f"CAST(100000 + e * {_SCATTER} % {items} AS TEXT), {quantity}, {reason}, {day}, "
        "'', '', '', NULL FROM (SELECT i AS e FROM n)"
    )
    by_item = _NUMBERS.format(name="n", first=0, last=items - 1)
    rounds = _NUMBERS.format(name="k", first=0, last=movements // items - 1)
    rounds = rounds.removeprefix("WITH RECURSIVE ")
    connection.execute(
        f"{by_item}, {rounds} INSERT INTO stock_card SELECT CAST(100000 + item AS TEXT), {entry}, "
        f"{quantity}, {reason}, '', '', '', NULL, {day}, 1672531200000 + e * 8640, '1001', "
        f"printf('S0101-%08d', e / {LINES}) FROM (SELECT n.i AS item, "
        f"n.i * {back} % {items} + k.i * {items} AS e FROM n CROSS JOIN k)"
    )
    connection.execute(
        "INSERT INTO stock_balance SELECT item_code, '', '', sum(quantity_milli) "
        "FROM stock_card GROUP BY item_code"
    )
    connection.execute(
        "INSERT INTO stock_value SELECT item_code, quantity_milli, 30000 FROM stock_balance"
    )
    connection.execute("UPDATE stock_fold SET entry_id = ?", (movements // LINES,))
