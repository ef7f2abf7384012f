"""What a till's books say of some business days: movements by day, and those that cost is made of.

Sums by day come from what is folded (`stock_day`) and what is not yet; the average cost of an item
is walked through only where a delivery changed it within the days asked for, else it is the present
one. Whoever reads more than one of these keeps them at one moment (`at_one_moment`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pos.domain.planning.margins import Move
from pos.domain.stock_cost import COSTED, Average
from pos.domain.stock_report import Moved
from pos.store import stock_ledger
from pos.store.journal_files import files_of

_MARK = "(SELECT entry_id FROM stock_fold)"
_MOVED = (
    "SELECT item_code, batch, business_day, reason, in_milli, out_milli FROM stock_day "
    "WHERE business_day >= ?1 AND place = '' UNION ALL "
    "SELECT item_code, batch, business_day, reason, max(quantity_milli, 0), "
    f"max(-quantity_milli, 0) FROM stock_movement WHERE entry_id > {_MARK} "
    "AND business_day >= ?1 AND place = ''"
)
_REPRICED = (
    "SELECT DISTINCT item_code FROM stock_movement WHERE business_day >= ? "
    "AND unit_cost_e4 IS NOT NULL AND quantity_milli > 0 AND reason IN ({})"
).format(", ".join(f"'{reason}'" for reason in sorted(COSTED)))
_MOVE = "item_code, business_day, quantity_milli, reason, place, unit_cost_e4"
_CARD = (
    f"SELECT {_MOVE}, entry_id, line_no FROM stock_card WHERE item_code = ?1 UNION ALL "
    f"SELECT {_MOVE}, entry_id, line_no FROM stock_movement "
    f"WHERE entry_id > {_MARK} AND item_code = ?1 ORDER BY entry_id, line_no"
)
_SINCE = (
    f"SELECT {_MOVE} FROM stock_movement WHERE business_day BETWEEN ? AND ? "
    "ORDER BY entry_id, line_no"
)


@contextmanager
def at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """While it lasts, this connection sees the journal's present file as it is now."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


def moved_since(connection: sqlite3.Connection, first_day: str) -> Iterator[Moved]:
    """What moved in the shop from a business day on; one key may come more than once."""
    for file in files_of(connection):
        yield from file.execute(_MOVED, (first_day,))


def moves_of(
    connection: sqlite3.Connection, first_day: str, last_day: str
) -> tuple[dict[str, Average], Iterator[Move]]:
    """Averages that the days began with, and the movements to walk through, in the order of time.

    An item that no delivery repriced since the first day begins with its present average, which is
    that day's, and is given with its movements of the days alone. The others begin with nothing
    and are given whole.
    """
    files = list(files_of(connection))
    repriced = {row[0] for file in files for row in file.execute(_REPRICED, (first_day,))}
    begun = {
        code: Average(quantity, cost)
        for code, quantity, cost in connection.execute(
            "SELECT item_code, quantity_milli, unit_cost_e4 FROM stock_value"
        )
        if code not in repriced
    }
    for (code,) in connection.execute(
        f"SELECT DISTINCT item_code FROM stock_movement WHERE entry_id > {_MARK}"
    ).fetchall():
        if code not in repriced:
            begun[code] = stock_ledger.average(connection, code)

    def walk() -> Iterator[Move]:
        for file in reversed(files):
            for code in sorted(repriced):
                for row in file.execute(_CARD, (code,)):
                    if row[1] <= last_day:
                        yield Move(*row[:6])
            for row in file.execute(_SINCE, (first_day, last_day)):
                if row[0] not in repriced:
                    yield Move(*row)

    return begun, walk()
