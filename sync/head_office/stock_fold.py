"""The ledger by item: what ingest booked is folded into cards and balances in quiet moments.

Ingest appends in the order of journals and writes nothing by item. What is not folded yet (entries
with a sequence above `epoch.folded_seq`) is read from the ledger beside the balances, so figures
are the same before and after a fold, only quicker. A card is clustered by item and ordered by the
time that head office takes for the entry, then workstation, epoch and sequence: that order is what
the moving-average cost is replayed in, so that a rebuild gives the same cost (I3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pos.domain import stock_cost
from sync.head_office.dialect import Dialect

Row = tuple[Any, ...]
TABLES: Final = ("stock_card", "stock_balance", "stock_cost", "stock_cost_step", "stock_day")
"""Projections that this module alone writes."""

STEP_ENTRIES: Final = 250
"""Entries of one epoch that are folded in one transaction: tens of milliseconds, and some hundred
over a ledger that no memory holds. A till that pushes meanwhile waits no longer."""

_ALL_ENTRIES: Final = 2_000

CARD_COLUMNS = (
    "store_id",
    "item_code",
    "at_utc_ms",
    "workstation_no",
    "epoch_no",
    "seq",
    "line_no",
    "business_day",
    "place",
    "batch",
    "unit_code",
    "quantity_milli",
    "reason",
    "unit_cost_e4",
)
_BALANCE = ("store_id", "item_code", "place", "batch", "quantity_milli")
_DAY = ("store_id", "business_day", "workstation_no", "epoch_no", "first_seq", "last_seq")
STEP_COLUMNS = (*CARD_COLUMNS[:7], "business_day", "unit_cost_e4")
_CARD_AT = {name: number for number, name in enumerate(CARD_COLUMNS)}

DIGESTED: Final = {
    "stock_card": (
        "SELECT "
        + ", ".join(
            "COALESCE(unit_cost_e4, -1)" if n == "unit_cost_e4" else n for n in CARD_COLUMNS
        )
        + " FROM stock_card"
    ),
    "stock_balance": (
        "SELECT store_id, item_code, place, batch, quantity_milli FROM stock_balance "
        "WHERE quantity_milli <> 0"
    ),
    "stock_cost": "SELECT store_id, item_code, unit_cost_e4, at_utc_ms FROM stock_cost",
    "stock_cost_step": (
        "SELECT store_id, item_code, at_utc_ms, workstation_no, epoch_no, seq, line_no, "
        "business_day, unit_cost_e4 FROM stock_cost_step"
    ),
}
"""What a rebuild must give again, once everything is folded. `stock_day` only says where to look."""


def fold_all(dialect: Dialect, store_id: str = "") -> int:
    """Fold whatever is not folded yet; returns entries folded. Larger steps: nobody waits."""
    folded = 0
    while step := fold_step(dialect, store_id, entries=_ALL_ENTRIES):
        folded += step
    return folded


def fold_step(dialect: Dialect, store_id: str = "", *, entries: int = STEP_ENTRIES) -> int:
    """Fold some entries of one epoch in one transaction; returns how many, 0 when all are."""
    of_store, values = (" AND store_id = ?", (store_id,)) if store_id else ("", ())
    behind = dialect.one(
        "SELECT store_id, workstation_no, epoch_no FROM epoch WHERE acked_seq > folded_seq"
        f"{of_store} ORDER BY acked_seq - folded_seq DESC, store_id, workstation_no LIMIT 1",
        values,
    )
    if behind is None:
        return 0
    with dialect.transaction():
        lock(dialect, str(behind[0]))
        where = "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?"
        row = dialect.one(f"SELECT acked_seq, folded_seq FROM epoch {where}", behind)
        acked, folded = (int(row[0]), int(row[1])) if row else (0, 0)
        upto = min(acked, folded + entries)
        if upto > folded:
            rows = ledger(dialect, behind, folded, upto)
            _put(dialect, str(behind[0]), rows)
            dialect.execute(f"UPDATE epoch SET folded_seq = ? {where}", (upto, *behind))
    return max(upto - folded, 1)


def is_behind(dialect: Dialect, store_id: str) -> bool:
    """Whether a store has entries that are not folded yet."""
    row = dialect.one(
        "SELECT 1 FROM epoch WHERE store_id = ? AND acked_seq > folded_seq LIMIT 1", (store_id,)
    )
    return row is not None


def take_in(dialect: Dialect, place: Sequence[Any], seq: int) -> None:
    """Fold one entry that was booked late, below what is folded; else it is folded in its turn."""
    row = dialect.one(
        "SELECT folded_seq FROM epoch WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
        place,
    )
    if row is not None and seq <= int(row[0]):
        lock(dialect, str(place[0]))
        _put(dialect, str(place[0]), ledger(dialect, place, seq - 1, seq))


def unbook(dialect: Dialect, store_id: str, key: Sequence[int]) -> None:
    """Take what one document moved out of the ledger again: another entry posted it first."""
    where = "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq = ?"
    place = (store_id, *key[:2])
    row = dialect.one(
        "SELECT folded_seq FROM epoch WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
        place,
    )
    rows = ledger(dialect, place, key[2] - 1, key[2])
    dialect.execute(f"DELETE FROM stock_move {where}", (store_id, *key))
    if row is None or key[2] > int(row[0]):
        return
    lock(dialect, store_id)
    for card in rows:
        dialect.execute(
            "DELETE FROM stock_card WHERE store_id = ? AND item_code = ? AND at_utc_ms = ? "
            "AND workstation_no = ? AND epoch_no = ? AND seq = ? AND line_no = ?",
            card[:7],
        )
    at = _CARD_AT["quantity_milli"]
    _add_balances(dialect, [(*card[:at], -card[at], *card[at + 1 :]) for card in rows])
    items = _codes(rows)
    _mark(dialect, store_id, items)
    _recost(dialect, store_id, items)


def forget(dialect: Dialect) -> None:
    """Before a rebuild: nothing is folded, and every item counts as changed."""
    dialect.execute("UPDATE epoch SET folded_seq = 0")
    dialect.execute(
        "UPDATE stock_change SET change_no = (SELECT MAX(c.change_no) + 1 FROM stock_change c "
        "WHERE c.store_id = stock_change.store_id)"
    )


def tail(dialect: Dialect, store_id: str, item_code: str = "") -> list[Row]:
    """Ledger rows of a store that are not folded yet, in the columns of a card."""
    epochs = dialect.query(
        "SELECT store_id, workstation_no, epoch_no, folded_seq, acked_seq FROM epoch "
        "WHERE store_id = ? AND acked_seq > folded_seq",
        (store_id,),
    )
    rows: list[Row] = []
    for epoch in epochs:
        rows += ledger(dialect, epoch[:3], int(epoch[3]), int(epoch[4]), item_code)
    return rows


# ------------------------------------------------------------------------------------ helpers


def ledger(
    dialect: Dialect, place: Sequence[Any], after: int, upto: int, item_code: str = ""
) -> list[Row]:
    """Rows of the ledger of some entries of an epoch, in the columns of a card."""
    of_item, values = (" AND item_code = ?", (item_code,)) if item_code else ("", ())
    # By their tables: the planner is told the range of the key, whatever it thinks of the view.
    keyed = (
        "l.store_id = ? AND l.workstation_no = ? AND l.epoch_no = ? AND l.seq > ? AND l.seq <= ?"
    )
    joined = " AND ".join(
        f"{{0}}.{name} = l.{name}" for name in ("store_id", "workstation_no", "epoch_no", "seq")
    )
    bounds = (*place, after, upto, *values)
    sold = dialect.query(
        "SELECT l.store_id, l.item_code, COALESCE(s.corrected_utc_ms, 0), l.workstation_no, "
        "l.epoch_no, l.seq, l.line_no, l.business_day, '', COALESCE(b.batch, ''), "
        "COALESCE(b.unit_code, ''), CASE WHEN l.kind = 'adjust' THEN l.quantity_milli "
        "ELSE -l.quantity_milli END, l.kind, NULL FROM sale_line l "
        f"LEFT JOIN sale s ON {joined.format('s')} "
        f"LEFT JOIN sale_batch b ON {joined.format('b')} AND b.line_no = l.line_no "
        f"WHERE {keyed} AND l.kind <> 'other' AND l.item_code <> '' AND l.quantity_milli <> 0"
        + of_item.replace("item_code", "l.item_code"),
        bounds,
    )
    moved = dialect.query(
        f"SELECT {', '.join(CARD_COLUMNS)} FROM stock_move l WHERE {keyed}{of_item}", bounds
    )
    return [tuple(row) for row in (*sold, *moved)]


def _put(dialect: Dialect, store_id: str, rows: list[Row]) -> None:
    if not rows:
        return
    rows.sort(key=lambda row: row[:7])
    dialect.copy_rows("stock_card", CARD_COLUMNS, rows)
    _add_balances(dialect, rows)
    _note_days(dialect, rows)
    items = _codes(rows)
    _mark(dialect, store_id, items)
    _recost(dialect, store_id, items, rows)


def _add_balances(dialect: Dialect, rows: Iterable[Row]) -> None:
    at_place, at_quantity = _CARD_AT["place"], _CARD_AT["quantity_milli"]
    sums: dict[tuple[str, str, str, str], int] = {}
    for row in rows:
        key = (row[0], row[1], row[at_place], row[at_place + 1])
        sums[key] = sums.get(key, 0) + int(row[at_quantity])
    dialect.upsert(
        "stock_balance",
        _BALANCE,
        [(*key, quantity) for key, quantity in sorted(sums.items())],
        "store_id, item_code, place, batch",
        "quantity_milli = stock_balance.quantity_milli + excluded.quantity_milli",
    )


def _note_days(dialect: Dialect, rows: Iterable[Row]) -> None:
    """Which sequences of a till hold a business day's movements: the proof reads only those."""
    at_day = _CARD_AT["business_day"]
    found: dict[Row, tuple[int, int]] = {}
    for row in rows:
        key, seq = (row[0], row[at_day], row[3], row[4]), int(row[5])
        first, last = found.get(key, (seq, seq))
        found[key] = (min(first, seq), max(last, seq))
    dialect.upsert(
        "stock_day",
        _DAY,
        [(*key, first, last) for key, (first, last) in sorted(found.items())],
        "store_id, business_day, workstation_no, epoch_no",
        "first_seq = CASE WHEN excluded.first_seq < stock_day.first_seq "
        "THEN excluded.first_seq ELSE stock_day.first_seq END, "
        "last_seq = CASE WHEN excluded.last_seq > stock_day.last_seq "
        "THEN excluded.last_seq ELSE stock_day.last_seq END",
    )


def _mark(dialect: Dialect, store_id: str, items: Sequence[str]) -> None:
    """Give changed items the store's next change number, which tills ask by (R14)."""
    row = dialect.one(
        "SELECT COALESCE(MAX(change_no), 0) + 1 FROM stock_change WHERE store_id = ?", (store_id,)
    )
    number = int(row[0]) if row else 1
    dialect.upsert(
        "stock_change",
        ("store_id", "item_code", "change_no"),
        [(store_id, code, number) for code in items],
        "store_id, item_code",
        "change_no = excluded.change_no",
    )


def _recost(
    dialect: Dialect, store_id: str, items: Sequence[str], rows: Sequence[Row] | None = None
) -> None:
    """Replay the cost of items whose new movements can have changed it.

    What moves after the last delivery with a cost leaves the average as it is.
    """
    costed = {
        str(code)
        for (code,) in dialect.rows_of_keys(
            "SELECT DISTINCT item_code FROM stock_move WHERE store_id = ? "
            "AND unit_cost_e4 IS NOT NULL AND item_code IN ?",
            (store_id,),
            list(items),
        )
    }
    known = {
        str(code): int(at)
        for code, at in dialect.rows_of_keys(
            "SELECT item_code, at_utc_ms FROM stock_cost WHERE store_id = ? AND item_code IN ?",
            (store_id,),
            list(items),
        )
    }
    if rows is None:
        wanted = costed | known.keys()
    else:
        at_cost = _CARD_AT["unit_cost_e4"]
        wanted = {
            row[1]
            for row in rows
            if row[1] in costed
            and (row[at_cost] is not None or row[1] not in known or row[2] <= known[row[1]])
        }
    for code in sorted(wanted):
        cost, at_utc_ms = write_steps(dialect, store_id, code)
        if cost is None:
            dialect.execute(
                "DELETE FROM stock_cost WHERE store_id = ? AND item_code = ?", (store_id, code)
            )
            continue
        dialect.upsert(
            "stock_cost",
            ("store_id", "item_code", "unit_cost_e4", "at_utc_ms"),
            [(store_id, code, cost, at_utc_ms)],
            "store_id, item_code",
            "unit_cost_e4 = excluded.unit_cost_e4, at_utc_ms = excluded.at_utc_ms",
        )


def write_steps(dialect: Dialect, store_id: str, item_code: str) -> tuple[int | None, int]:
    """Keep each change of an item's cost; returns its last, and the time of the last delivery.

    A movement is worth what the last step before it says, whatever was delivered since: so a past
    month's cost, loss and margin stay, and change only with an entry that belongs before them.
    """
    rows = dialect.query(
        f"SELECT {', '.join(CARD_COLUMNS)} FROM stock_card WHERE store_id = ? AND item_code = ? "
        "ORDER BY at_utc_ms, workstation_no, epoch_no, seq, line_no",
        (store_id, item_code),
    )
    found = steps(rows)
    kept = [
        tuple(row)
        for row in dialect.query(
            f"SELECT {', '.join(STEP_COLUMNS)} FROM stock_cost_step "
            "WHERE store_id = ? AND item_code = ? "
            "ORDER BY at_utc_ms, workstation_no, epoch_no, seq, line_no",
            (store_id, item_code),
        )
    ]
    if kept != found[: len(kept)]:
        dialect.execute(
            "DELETE FROM stock_cost_step WHERE store_id = ? AND item_code = ?",
            (store_id, item_code),
        )
        kept = []
    dialect.copy_rows("stock_cost_step", STEP_COLUMNS, found[len(kept) :])
    at_cost = _CARD_AT["unit_cost_e4"]
    last = max((int(row[2]) for row in rows if row[at_cost] is not None), default=0)
    return (int(found[-1][-1]) if found else None), last


def steps(rows: Iterable[Row]) -> list[Row]:
    """Where one item's cost changes, in `STEP_COLUMNS`; `rows` are its card from the first one on."""
    at_day, at_place = _CARD_AT["business_day"], _CARD_AT["place"]
    at_quantity, at_reason = _CARD_AT["quantity_milli"], _CARD_AT["reason"]
    average, found = stock_cost.Average(), list[Row]()
    for row in rows:
        before = average.unit_cost_e4
        average = stock_cost.moved(
            average, int(row[at_quantity]), row[at_reason], row[at_place], row[-1]
        )
        if average.unit_cost_e4 != before:
            found.append((*row[:7], row[at_day], average.unit_cost_e4))
    return found


def lock(dialect: Dialect, store_id: str) -> None:
    """Let no other transaction book or fold goods of this store until this one has committed."""
    # Change numbers of a store are given in the order of their commits: a till's cursor must not
    # pass a number that commits later (R12). SQLite has one writer anyhow.
    dialect.query(
        "SELECT store_id FROM store WHERE store_id = ?" + dialect.for_update, (store_id,)
    )


def _codes(rows: Iterable[Row]) -> list[str]:
    return sorted({str(row[1]) for row in rows})
