"""What `reference.db` says about goods keeping: suppliers, rules, orders, the store's stock.

Functions over a connection that reads `reference.db` (`ReferenceReader.connection`); rows are the
feed's own types. A till whose file is older than these tables reads none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.domain.goods.orders import ClassRule, ItemRule, Order, OrderKind, Supplier

_T = TypeVar("_T")
_SUPPLIER = msgspec.json.Decoder(Supplier)
_CLASS_RULE = msgspec.json.Decoder(ClassRule)
_ITEM_RULE = msgspec.json.Decoder(ItemRule)
_ORDER = msgspec.json.Decoder(Order)


class StockFigure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of the store's stock, as head office last told it."""

    item_code: str
    place: str
    batch: str
    quantity_milli: int


class StockIncluded(msgspec.Struct, frozen=True, kw_only=True):
    """How far one epoch of a workstation is in the figures (R14)."""

    workstation_uuid: str
    epoch: str
    seq: int
    workstation_id: str
    at_utc_ms: int
    """When head office made the figures."""


def suppliers(connection: sqlite3.Connection) -> list[Supplier]:
    """All suppliers, by name."""
    rows = connection.execute("SELECT body FROM supplier ORDER BY name, supplier_id")
    return [_SUPPLIER.decode(row[0]) for row in rows]


def supplier(connection: sqlite3.Connection, supplier_id: str) -> Supplier | None:
    """One supplier, or None."""
    return _one(connection, "supplier", "supplier_id", supplier_id, _SUPPLIER)


def class_rule(connection: sqlite3.Connection, item_class: str) -> ClassRule | None:
    """What a class turns on; None for a class without rules."""
    return _one(connection, "class_rule", "item_class", item_class, _CLASS_RULE)


def class_rules(connection: sqlite3.Connection) -> list[ClassRule]:
    """The rules of all classes, by class."""
    rows = connection.execute("SELECT body FROM class_rule ORDER BY item_class")
    return [_CLASS_RULE.decode(row[0]) for row in rows]


def item_rule(connection: sqlite3.Connection, item_code: str) -> ItemRule | None:
    """What goods keeping needs of an item; None when nothing was said."""
    return _one(connection, "item_rule", "item_code", item_code, _ITEM_RULE)


def has_item_rules(connection: sqlite3.Connection) -> bool:
    """Whether anything was said of any single item."""
    return connection.execute("SELECT 1 FROM item_rule LIMIT 1").fetchone() is not None


def item_rules(connection: sqlite3.Connection, supplier_id: str = "") -> list[ItemRule]:
    """Rules of all items, or of one supplier's, by item code."""
    if supplier_id:
        rows = connection.execute(
            "SELECT body FROM item_rule WHERE supplier_id = ? ORDER BY item_code", (supplier_id,)
        )
    else:
        rows = connection.execute("SELECT body FROM item_rule ORDER BY item_code")
    return [_ITEM_RULE.decode(row[0]) for row in rows]


def orders(
    connection: sqlite3.Connection, kinds: Sequence[str], *, state: str = "open"
) -> list[Order]:
    """Orders of these kinds in a state, the most urgent first."""
    places = ", ".join("?" * len(kinds))
    rows = connection.execute(
        f"SELECT body FROM head_order WHERE order_kind IN ({places}) AND state = ? "
        "ORDER BY due_day, order_id",
        (*kinds, state),
    )
    return [_ORDER.decode(row[0]) for row in rows]


def has_count_results(connection: sqlite3.Connection) -> bool:
    """Whether a count's result is to be posted by some till."""
    row = connection.execute(
        "SELECT 1 FROM head_order WHERE order_kind = ? AND state = 'open' LIMIT 1",
        (OrderKind.COUNT_RESULT.value,),
    ).fetchone()
    return row is not None


def order(connection: sqlite3.Connection, order_id: str) -> Order | None:
    """One order, or None."""
    return _one(connection, "head_order", "order_id", order_id, _ORDER)


def ordered_by(connection: sqlite3.Connection, document: GoodsDocument, operator_id: str) -> bool:
    """Whether this operator ordered what a receipt receives, and so may not sign it (CTL-05)."""
    if document.document_kind is not DocumentKind.RECEIPT or not document.reference:
        return False
    found = order(connection, document.reference)
    return found is not None and operator_id in found.fields.get("kept_from", "").split()


def figures(connection: sqlite3.Connection, item_code: str) -> list[StockFigure]:
    """The store's figures of one item, by place and batch."""
    rows = connection.execute(
        "SELECT item_code, place, batch, quantity_milli FROM stock_figure WHERE item_code = ?",
        (item_code,),
    )
    return [
        StockFigure(item_code=row[0], place=row[1], batch=row[2], quantity_milli=row[3])
        for row in rows
    ]


def holds(connection: sqlite3.Connection, item_code: str) -> list[tuple[str, str]]:
    """Batch and serial of every hold on an item; two empty ones hold all of it."""
    rows = connection.execute("SELECT batch, serial FROM hold WHERE item_code = ?", (item_code,))
    return [(str(row[0]), str(row[1])) for row in rows]


def unpriced(connection: sqlite3.Connection, business_day: str) -> list[str]:
    """Codes of items whose price in force is nothing, or that have none."""
    rows = connection.execute(
        "SELECT i.item_code FROM item i LEFT JOIN price p ON p.item_code = i.item_code "
        "AND p.effective_day = (SELECT max(q.effective_day) FROM price q "
        "WHERE q.item_code = i.item_code AND q.effective_day <= ?) "
        "WHERE coalesce(p.unit_price_e4, 0) = 0 AND i.department = 0",
        (business_day,),
    )
    return [str(row[0]) for row in rows]


def all_figures(connection: sqlite3.Connection) -> list[StockFigure]:
    """The store's figures of every item."""
    rows = connection.execute("SELECT item_code, place, batch, quantity_milli FROM stock_figure")
    return [
        StockFigure(item_code=row[0], place=row[1], batch=row[2], quantity_milli=row[3])
        for row in rows
    ]


def included(connection: sqlite3.Connection) -> list[StockIncluded]:
    """How far each workstation's journal is in the figures; empty when none ever came."""
    rows = connection.execute(
        "SELECT workstation_uuid, epoch, seq, workstation_id, at_utc_ms FROM stock_included "
        "ORDER BY workstation_id, epoch"
    )
    return [
        StockIncluded(
            workstation_uuid=row[0],
            epoch=row[1],
            seq=row[2],
            workstation_id=row[3],
            at_utc_ms=row[4],
        )
        for row in rows
    ]


def unit_cost_e4(connection: sqlite3.Connection, item_code: str) -> int | None:
    """Moving-average cost as head office told it; None when it did not."""
    row = connection.execute(
        "SELECT unit_cost_e4 FROM stock_cost WHERE item_code = ?", (item_code,)
    ).fetchone()
    return None if row is None else int(row[0])


def _one(
    connection: sqlite3.Connection,
    table: str,
    key: str,
    value: str,
    decoder: msgspec.json.Decoder[_T],
) -> _T | None:
    row = connection.execute(f"SELECT body FROM {table} WHERE {key} = ?", (value,)).fetchone()
    return None if row is None else decoder.decode(row[0])
