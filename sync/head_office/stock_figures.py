"""Figures of a store's stock: on hand by item, place and batch; what changed since (R14, STK-15).

Everything is read as folded balances plus what is not folded yet, in one snapshot of the database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sync.head_office import stock_fold
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.stock_wire import (
    PAGE_ITEMS,
    Figure,
    Included,
    Position,
    StockAnswer,
    StockItem,
    cursor_of,
    position_of,
)

Account = tuple[str, str]
"""Place and batch."""

_AT_PLACE = stock_fold.CARD_COLUMNS.index("place")
_AT_QUANTITY = stock_fold.CARD_COLUMNS.index("quantity_milli")


def of_item(dialect: Dialect, store_id: str, item_code: str) -> dict[Account, int]:
    """(place, batch) → thousandths of one item; sums of nothing are left out."""
    with dialect.snapshot():
        rows = dialect.query(
            "SELECT place, batch, quantity_milli FROM stock_balance "
            "WHERE store_id = ? AND item_code = ?",
            (store_id, item_code),
        )
        sums = {(str(place), str(batch)): int(quantity) for place, batch, quantity in rows}
        for row in stock_fold.tail(dialect, store_id, item_code):
            account = (str(row[_AT_PLACE]), str(row[_AT_PLACE + 1]))
            sums[account] = sums.get(account, 0) + int(row[_AT_QUANTITY])
    return {account: quantity for account, quantity in sums.items() if quantity}


def on_hand_milli(dialect: Dialect, store_id: str, item_code: str) -> int:
    """What is in the shop of an item, all batches."""
    figures = of_item(dialect, store_id, item_code)
    return sum(quantity for (place, _), quantity in figures.items() if place == "")


def of_store(
    dialect: Dialect, store_id: str, items: Collection[str] | None = None
) -> dict[str, dict[Account, int]]:
    """Item → its figures, of all items or of some; an item without any stands with none."""
    if items is None:
        rows = dialect.query(
            "SELECT item_code, place, batch, quantity_milli FROM stock_balance WHERE store_id = ?",
            (store_id,),
        )
    else:
        rows = dialect.rows_of_keys(
            "SELECT item_code, place, batch, quantity_milli FROM stock_balance "
            "WHERE store_id = ? AND item_code IN ?",
            (store_id,),
            list(items),
        )
    found: dict[str, dict[Account, int]] = {code: {} for code in items or ()}
    for code, place, batch, quantity in rows:
        found.setdefault(str(code), {})[str(place), str(batch)] = int(quantity)
    for row in stock_fold.tail(dialect, store_id):
        if items is not None and row[1] not in found:
            continue
        of_code = found.setdefault(str(row[1]), {})
        account = (str(row[_AT_PLACE]), str(row[_AT_PLACE + 1]))
        of_code[account] = of_code.get(account, 0) + int(row[_AT_QUANTITY])
    return {
        code: {account: quantity for account, quantity in of_code.items() if quantity}
        for code, of_code in found.items()
    }


def costs(dialect: Dialect, store_id: str, items: Sequence[str] | None = None) -> dict[str, int]:
    """Item → moving-average cost in e4, of those that have one."""
    if items is None:
        rows = dialect.query(
            "SELECT item_code, unit_cost_e4 FROM stock_cost WHERE store_id = ?", (store_id,)
        )
    else:
        rows = dialect.rows_of_keys(
            "SELECT item_code, unit_cost_e4 FROM stock_cost WHERE store_id = ? AND item_code IN ?",
            (store_id,),
            items,
        )
    return {str(code): int(cost) for code, cost in rows}


def answer(
    office: HeadOffice, store_id: str, cursor: str, *, page_items: int = PAGE_ITEMS
) -> StockAnswer:
    """One page of what changed after a position; a foreign one begins from nothing.

    Items are paged by their change numbers. One that moves while pages are fetched gets a higher
    number, or is among what is not folded, which the last page always brings: so that the last
    page's included sequences hold for all of them.
    """
    dialect = office.dialect
    known = position_of(office.incarnation, cursor)
    with dialect.snapshot():
        newest = dialect.one(
            "SELECT COALESCE(MAX(change_no), 0) FROM stock_change WHERE store_id = ?", (store_id,)
        )
        if known is not None and newest is not None and known.change_no > int(newest[0]):
            known = None  # a database copied by hand counts on from lower in the same life
        after = known or Position()
        changed = dialect.query(
            "SELECT change_no, item_code FROM stock_change WHERE store_id = ? AND "
            "(change_no > ? OR (change_no = ? AND item_code > ?)) "
            "ORDER BY change_no, item_code LIMIT ?",
            (
                store_id,
                after.change_no,
                after.change_no if after.item_code else -1,
                after.item_code,
                page_items + 1,
            ),
        )
        more = len(changed) > page_items
        codes = [str(code) for _, code in changed[:page_items]]
        reached = (
            Position(int(changed[page_items - 1][0]), codes[-1]) if more else _end(after, changed)
        )
        if not more:
            codes = list(
                dict.fromkeys([*codes, *(str(r[1]) for r in stock_fold.tail(dialect, store_id))])
            )
        figures = of_store(dialect, store_id, codes) if codes else {}
        cost = costs(dialect, store_id, codes) if codes else {}
        included = () if more else _included(dialect, store_id)
    return StockAnswer(
        incarnation=office.incarnation,
        cursor=cursor_of(office.incarnation, reached),
        server_time_ms=office.clock_ms(),
        whole=known is None,
        more=more,
        items=tuple(_item(code, figures.get(code, {}), cost) for code in codes),
        included=included,
    )


def _item(code: str, figures: Mapping[Account, int], cost: Mapping[str, int]) -> StockItem:
    accounts = tuple(Figure(*account, quantity) for account, quantity in sorted(figures.items()))
    return StockItem(item_code=code, figures=accounts, unit_cost_e4=cost.get(code))


def _end(after: Position, changed: Sequence[Sequence[object]]) -> Position:
    """The end of the newest change that was read."""
    return Position(int(str(changed[-1][0])) if changed else after.change_no)


def _included(dialect: Dialect, store_id: str) -> tuple[Included, ...]:
    rows = dialect.query(
        "SELECT w.workstation_uuid, e.epoch, e.acked_seq, w.workstation_id FROM epoch e "
        "JOIN workstation w ON w.store_id = e.store_id AND w.workstation_no = e.workstation_no "
        "WHERE e.store_id = ? ORDER BY e.workstation_no, e.epoch_no",
        (store_id,),
    )
    return tuple(
        Included(
            workstation_uuid=str(uuid), epoch=str(epoch), seq=int(seq), workstation_id=str(ident)
        )
        for uuid, epoch, seq, ident in rows
    )
