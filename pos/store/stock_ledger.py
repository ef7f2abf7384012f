"""The stock ledger by item: movements folded between sales, read in one look at any size (STK-15).

A sale's transaction appends its movements in the order of the journal and touches nothing else.
Between sales the fold copies them into `stock_card`, where an item's movements lie side by side,
and adds them to `stock_balance` (item, place, batch), `stock_value` (moving-average cost) and
`stock_day`. `stock_fold` says how far it is, by whole entries. Whoever reads adds what lies beyond
that mark, so an answer is the same whether the fold has come by or not; nothing waits for it.

Balances are not edited by anybody: they are sums (I3). They go on over a rollover as
`carried_forward` rows; cards and days stay in the closed files, where history reads them.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import Any

import msgspec

from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.stock_cost import Average, moved
from pos.store.journal_files import files_of

CHUNK_ROWS = 1_000
"""Movements that one turn of the fold takes: about ten milliseconds of the write worker."""

Key = tuple[str, str]
"""Place and batch."""

Interval = tuple[int, int]
"""First and last entry id, both included."""

_MARK = "(SELECT entry_id FROM stock_fold)"
_COLUMNS = (
    "item_code, entry_id, line_no, quantity_milli, reason, place, batch, unit_code, unit_cost_e4, "
    "business_day, at_utc_ms, operator_id, document_no"
)
_TAIL_COLUMNS = (
    "m.item_code, m.entry_id, m.line_no, m.quantity_milli, m.reason, m.place, m.batch, "
    "m.unit_code, m.unit_cost_e4, m.business_day, coalesce(j.at_utc_ms, 0), "
    "coalesce(t.operator_id, d.operator_id, ''), coalesce(t.transaction_no, d.document_no, '')"
)
_TAIL_JOINS = (
    "LEFT JOIN journal_entry j ON j.entry_id = m.entry_id "
    "LEFT JOIN txn t ON t.entry_id = m.entry_id "
    "LEFT JOIN goods_document d ON d.entry_id = m.entry_id"
)
_NEXT = (
    f"SELECT {_TAIL_COLUMNS} FROM stock_movement m {_TAIL_JOINS} "
    "WHERE m.entry_id > ? AND m.entry_id <= ? ORDER BY m.entry_id, m.line_no LIMIT ?"
)
_TAIL_PAGE = (
    f"SELECT {_TAIL_COLUMNS} FROM stock_movement m {_TAIL_JOINS} WHERE m.item_code = ? "
    f"AND m.entry_id > {_MARK} AND (m.entry_id, m.line_no) < (?, ?){{}} "
    "ORDER BY m.entry_id DESC, m.line_no DESC LIMIT ?"
)
_CARD_PAGE = (
    f"SELECT {_COLUMNS} FROM stock_card WHERE item_code = ? AND (entry_id, line_no) < (?, ?){{}} "
    "ORDER BY entry_id DESC, line_no DESC LIMIT ?"
)
_PLAIN_TAIL, _PLAIN_CARD = _TAIL_PAGE.format(""), _CARD_PAGE.format("")
_BALANCES = (
    "SELECT place, batch, quantity_milli FROM stock_balance WHERE item_code = ?1 UNION ALL "
    "SELECT place, batch, quantity_milli FROM stock_movement "
    f"WHERE entry_id > {_MARK} AND item_code = ?1"
)
_SHOP = (
    "SELECT quantity_milli FROM stock_balance WHERE item_code = ?1 AND place = '' UNION ALL "
    "SELECT quantity_milli FROM stock_movement "
    f"WHERE entry_id > {_MARK} AND item_code = ?1 AND place = ''"
)
_LAST = 2**63 - 1


class Movement(msgspec.Struct, frozen=True, gc=False):
    """One line of an item's card."""

    item_code: str
    entry_id: int
    line_no: int
    quantity_milli: int
    reason: str
    place: str
    batch: str
    unit_code: str
    unit_cost_e4: int | None
    business_day: str
    at_utc_ms: int
    operator_id: str
    document_no: str
    """Number of the transaction or goods document that moved it."""

    @property
    def cursor(self) -> tuple[int, int]:
        """What `history` takes as `before` to go on after this line."""
        return self.entry_id, self.line_no


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A balance that is not the sum of its movements."""

    item_code: str
    place: str
    batch: str
    balance_milli: int
    sum_milli: int


# ------------------------------------------------------------------------------------ reading


def mark(connection: sqlite3.Connection) -> int:
    """The last entry whose movements are folded."""
    row = connection.execute("SELECT entry_id FROM stock_fold").fetchone()
    return int(row[0]) if row else 0


def unfolded(connection: sqlite3.Connection, most: int) -> tuple[int, int]:
    """How many movements lie beyond the mark, counted to `most`, and the entry of the last one."""
    row = connection.execute(
        "SELECT count(*), coalesce(max(entry_id), 0) FROM (SELECT entry_id FROM stock_movement "
        f"WHERE entry_id > {_MARK} ORDER BY entry_id LIMIT ?)",
        (most,),
    ).fetchone()
    return int(row[0]), int(row[1])


def shop_milli(connection: sqlite3.Connection, item_code: str) -> int:
    """What this till's journal says of an item in the shop, all batches: the quick look."""
    total = 0
    for (quantity,) in connection.execute(_SHOP, (item_code,)):
        total += quantity
    return total


def shop_total_milli(connection: sqlite3.Connection) -> int:
    """What the balances say of all goods in the shop together."""
    row = connection.execute(
        "SELECT coalesce(sum(quantity_milli), 0) FROM (SELECT quantity_milli FROM stock_balance "
        "WHERE place = '' UNION ALL SELECT quantity_milli FROM stock_movement "
        f"WHERE entry_id > {_MARK} AND place = '')"
    ).fetchone()
    return int(row[0])


def balances(connection: sqlite3.Connection, item_code: str) -> dict[Key, int]:
    """(place, batch) → quantity in thousandths, over everything this till's journal has."""
    sums: dict[Key, int] = {}
    for place, batch, quantity in connection.execute(_BALANCES, (item_code,)):
        key = (place, batch)
        sums[key] = sums.get(key, 0) + quantity
    return sums


def average(connection: sqlite3.Connection, item_code: str) -> Average:
    """Quantity and moving-average cost of an item."""
    row = connection.execute(
        "SELECT quantity_milli, unit_cost_e4 FROM stock_value WHERE item_code = ?", (item_code,)
    ).fetchone()
    found = Average(*row) if row else Average()
    for tail in connection.execute(
        "SELECT quantity_milli, reason, place, unit_cost_e4 FROM stock_movement "
        f"WHERE entry_id > {_MARK} AND item_code = ? ORDER BY entry_id, line_no",
        (item_code,),
    ):
        found = moved(found, *tail)
    return found


def history(
    connection: sqlite3.Connection,
    item_code: str,
    *,
    before: tuple[int, int] | None = None,
    limit: int = 20,
    batch: str | None = None,
    unit_code: str = "",
) -> list[Movement]:
    """At most `limit` movements of an item, the latest first, over every file of the journal.

    `before` is the cursor of the last one shown; `batch` (empty is no batch) and `unit_code`
    narrow it down.
    """
    values: tuple[str, ...] = ()
    tail, card = _PLAIN_TAIL, _PLAIN_CARD
    if batch is not None or unit_code:
        tail, card, values = _narrowed(batch, unit_code)
    limits = before or (_LAST, 0)
    found: list[Movement] = []
    for file in files_of(connection):
        for sql in (tail, card):
            rows = file.execute(sql, (item_code, *limits, *values, limit - len(found)))
            found.extend(starmap(Movement, rows))
            if len(found) >= limit:
                return found
    return found


def _narrowed(batch: str | None, unit_code: str) -> tuple[str, str, tuple[str, ...]]:
    """The two queries of a history that is of one batch or one unit only."""
    wanted = {"batch": batch, "unit_code": unit_code or None}
    columns = [name for name, value in wanted.items() if value is not None]
    return (
        _TAIL_PAGE.format("".join(f" AND m.{name} = ?" for name in columns)),
        _CARD_PAGE.format("".join(f" AND {name} = ?" for name in columns)),
        tuple(value for value in wanted.values() if value is not None),
    )


def moved_in(
    connection: sqlite3.Connection, item_code: str, intervals: Iterable[Interval]
) -> dict[Key, int]:
    """(place, batch) → what the entries of some intervals moved, over every file."""
    sums: dict[Key, int] = defaultdict(int)
    wanted = tuple(intervals)
    for file in files_of(connection) if wanted else ():
        folded = mark(file)
        for first, last in wanted:
            rows = file.execute(
                "SELECT place, batch, quantity_milli FROM stock_card "
                "WHERE item_code = ?1 AND entry_id BETWEEN ?2 AND ?3 UNION ALL "
                "SELECT place, batch, quantity_milli FROM stock_movement "
                "WHERE entry_id > ?4 AND entry_id BETWEEN ?2 AND ?3 AND item_code = ?1",
                (item_code, first, last, folded),
            )
            for place, batch, quantity in rows:
                sums[place, batch] += quantity
    return dict(sums)


def items_moved_in(
    connection: sqlite3.Connection, intervals: Iterable[Interval]
) -> dict[str, dict[Key, int]]:
    """Item → (place, batch) → what the entries of some intervals moved, over every file."""
    sums: dict[str, dict[Key, int]] = {}
    wanted = tuple(intervals)
    for file in files_of(connection) if wanted else ():
        for interval in wanted:
            for code, place, batch, quantity in file.execute(
                "SELECT item_code, place, batch, sum(quantity_milli) FROM stock_movement "
                "WHERE entry_id BETWEEN ? AND ? GROUP BY item_code, place, batch",
                interval,
            ):
                item = sums.setdefault(code, {})
                item[place, batch] = item.get((place, batch), 0) + quantity
    return sums


def all_balances(connection: sqlite3.Connection) -> dict[str, dict[Key, int]]:
    """Item → (place, batch) → quantity, of every item that ever moved."""
    sums: dict[str, dict[Key, int]] = {}
    for code, place, batch, quantity in connection.execute(
        "SELECT item_code, place, batch, quantity_milli FROM stock_balance UNION ALL "
        "SELECT item_code, place, batch, quantity_milli FROM stock_movement "
        f"WHERE entry_id > {_MARK}"
    ):
        item = sums.setdefault(code, {})
        item[place, batch] = item.get((place, batch), 0) + quantity
    return sums


# ------------------------------------------------------------------------------------ folding


def fold(connection: sqlite3.Connection, *, rows: int = CHUNK_ROWS, until: int = _LAST) -> int:
    """Fold the next movements, whole entries, up to entry `until`; returns how many.

    Runs inside a write transaction of its own, never in a sale's.
    """
    begin = mark(connection)
    found = connection.execute(_NEXT, (begin, until, rows + 1)).fetchall()
    if len(found) > rows:
        cut = found[rows][1]
        whole = [row for row in found if row[1] < cut]
        # One entry may have more lines than a turn takes: it is taken whole.
        found = whole or connection.execute(_NEXT, (cut - 1, cut, -1)).fetchall()
    if found:
        _put(connection, found)
        connection.execute("UPDATE stock_fold SET entry_id = ?", (found[-1][1],))
    return len(found)


def fold_all(connection: sqlite3.Connection, *, until: int = _LAST) -> int:
    """Fold everything up to entry `until`; returns how many movements."""
    count = 0
    while taken := fold(connection, rows=20 * CHUNK_ROWS, until=until):
        count += taken
    return count


def clear(connection: sqlite3.Connection) -> int:
    """Forget what is folded, before a rebuild; returns how far it was."""
    reached = mark(connection)
    for table in ("stock_card", "stock_balance", "stock_value", "stock_day"):
        connection.execute(f"DELETE FROM {table}")
    connection.execute("INSERT OR REPLACE INTO stock_fold VALUES (1, 0)")
    return reached


def _put(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    days: dict[tuple[str, str, str, str, str], list[int]] = {}
    values: dict[str, Average] = {}
    for row in rows:
        code, quantity, reason, place, batch, cost = *row[0:1], *row[3:7], row[8]
        sums[code, place, batch] += quantity
        day = days.setdefault((row[9], code, place, batch, reason), [0, 0, 0])
        day[0 if quantity > 0 else 1] += abs(quantity)
        day[2] += 1
        value = values.get(code)
        if value is None:
            known = connection.execute(
                "SELECT quantity_milli, unit_cost_e4 FROM stock_value WHERE item_code = ?", (code,)
            ).fetchone()
            value = Average(*known) if known else Average()
        values[code] = moved(value, quantity, reason, place, cost)
    connection.executemany(
        f"INSERT INTO stock_card ({_COLUMNS}) VALUES ({', '.join('?' * 13)})", sorted(rows)
    )
    connection.executemany(
        "INSERT INTO stock_balance VALUES (?, ?, ?, ?) ON CONFLICT (item_code, place, batch) "
        "DO UPDATE SET quantity_milli = quantity_milli + excluded.quantity_milli",
        [(*key, quantity) for key, quantity in sorted(sums.items())],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO stock_value VALUES (?, ?, ?)",
        [(code, v.quantity_milli, v.unit_cost_e4) for code, v in sorted(values.items())],
    )
    connection.executemany(
        "INSERT INTO stock_day VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (business_day, item_code, place, batch, reason) DO UPDATE SET "
        "in_milli = in_milli + excluded.in_milli, out_milli = out_milli + excluded.out_milli, "
        "movements = movements + excluded.movements",
        [(*key, *figures) for key, figures in sorted(days.items())],
    )


# -------------------------------------------------------------------------------------- proof


def differences(connection: sqlite3.Connection, limit: int = 20) -> list[Difference]:
    """Balances that are not what was carried forward plus the movements up to the mark."""
    sums: dict[tuple[str, str, str], int] = defaultdict(int)
    for code, place, batch, quantity in _carried(connection):
        sums[code, place, batch] += quantity
    for code, place, batch, quantity in connection.execute(
        "SELECT item_code, place, batch, sum(quantity_milli) FROM stock_movement "
        f"WHERE entry_id <= {_MARK} GROUP BY item_code, place, batch"
    ):
        sums[code, place, batch] += quantity
    rows = connection.execute(
        "SELECT item_code, place, batch, quantity_milli FROM stock_balance"
    ).fetchall()
    kept = {(code, place, batch): quantity for code, place, batch, quantity in rows}
    wrong = [
        Difference(
            item_code=key[0],
            place=key[1],
            batch=key[2],
            balance_milli=kept.get(key, 0),
            sum_milli=sums.get(key, 0),
        )
        for key in sorted(kept.keys() | sums.keys())
        if kept.get(key, 0) != sums.get(key, 0)
    ]
    return wrong[:limit]


def day_rows(
    connection: sqlite3.Connection, business_day: str
) -> Iterator[tuple[str, str, str, str, int, int, int]]:
    """(item, place, batch, reason, in, out, movements) of a business day, over every file.

    What is not folded yet is added; one key may come more than once.
    """
    for file in files_of(connection):
        yield from file.execute(
            "SELECT item_code, place, batch, reason, in_milli, out_milli, movements "
            "FROM stock_day WHERE business_day = ?1 UNION ALL "
            "SELECT item_code, place, batch, reason, max(quantity_milli, 0), "
            "max(-quantity_milli, 0), 1 FROM stock_movement "
            f"WHERE entry_id > {_MARK} AND business_day = ?1",
            (business_day,),
        )


def _carried(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, int]]:
    for (entry_bytes,) in connection.execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id",
        (EntryKind.CARRIED_FORWARD.value,),
    ):
        entry = decode_entry(entry_bytes)
        if not isinstance(entry, Unreadable) and entry.body.table == "stock_balance":
            yield from entry.body.rows
