"""A till's balances held against its cards and its journal, item by item, for what moved lately.

The sum of all goods hides one piece too many of one item behind one too few of another. So the
items that moved since an entry are looked at singly: what was carried into this file, the cards up
to that entry and the movements after it must come to the balance. Only the lines of those items are
read; everything is proven by `stock_ledger.differences` (`pos doctor`).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Container, Iterator

from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.store import stock_ledger
from pos.store.stock_ledger import Difference

_BEGINNINGS = (EntryKind.EPOCH_OPEN.value, EntryKind.CARRIED_FORWARD.value)


def wrong_since(connection: sqlite3.Connection, entry_id: int) -> list[Difference]:
    """Batches in the shop, of items that moved after an entry, whose balance is not their sum."""
    folded = stock_ledger.mark(connection)
    last_card = min(entry_id, folded)
    codes = [
        str(row[0])
        for row in connection.execute(
            "SELECT DISTINCT item_code FROM stock_movement WHERE entry_id > ? ORDER BY item_code",
            (entry_id,),
        )
    ]
    if not codes:
        return []
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for code, batch, quantity in _carried(connection, frozenset(codes)):
        sums[code, batch] += quantity
    for code, batch, quantity in connection.execute(
        "SELECT item_code, batch, sum(quantity_milli) FROM stock_movement "
        "WHERE entry_id > ? AND place = '' GROUP BY item_code, batch",
        (last_card,),
    ):
        sums[code, batch] += quantity
    found: list[Difference] = []
    for code in codes:
        for batch, quantity in connection.execute(
            "SELECT batch, sum(quantity_milli) FROM stock_card "
            "WHERE item_code = ? AND entry_id <= ? AND place = '' GROUP BY batch",
            (code, last_card),
        ):
            sums[code, batch] += quantity
        said = {
            batch: quantity
            for (place, batch), quantity in stock_ledger.balances(connection, code).items()
            if place == ""
        }
        batches = said.keys() | {batch for item, batch in sums if item == code}
        found += [
            Difference(
                item_code=code,
                place="",
                batch=batch,
                balance_milli=said.get(batch, 0),
                sum_milli=sums.get((code, batch), 0),
            )
            for batch in sorted(batches)
            if said.get(batch, 0) != sums.get((code, batch), 0)
        ]
    return found


def _carried(
    connection: sqlite3.Connection, codes: Container[str]
) -> Iterator[tuple[str, str, int]]:
    """What this file of the journal began with; such entries are its first."""
    for kind, entry_bytes in connection.execute(
        "SELECT kind, bytes FROM journal_entry ORDER BY entry_id"
    ):
        if kind not in _BEGINNINGS:
            return
        if kind != EntryKind.CARRIED_FORWARD.value:
            continue
        entry = decode_entry(entry_bytes)
        if isinstance(entry, Unreadable) or entry.body.table != "stock_balance":
            continue
        for code, place, batch, quantity in entry.body.rows:
            if place == "" and code in codes:
                yield code, batch, quantity
