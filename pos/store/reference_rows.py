"""How feed rows become rows of `reference.db`: columns, statements and search documents.

Shared by the writer's versions, its snapshots and item imports. Rows are any values with the
dataset's columns as attributes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from typing import Any

import msgspec

from pos.store import search
from pos.store.reference_schema import (
    BarcodeTable,
    ClassRuleTable,
    HeadOrderTable,
    HoldTable,
    ItemClassTable,
    ItemRuleTable,
    ItemTable,
    MetaTable,
    OperatorTable,
    PriceTable,
    QuickKeyTable,
    SupplierTable,
    insert_sql,
    upsert_sql,
)

ITEM_FIELDS = (
    "item_code", "name", "name_en", "spec", "model", "unit", "item_class", "tax_code",
    "weighed", "department", "origin", "grade", "mnemonic",
)  # fmt: skip
item_values = attrgetter(*ITEM_FIELDS)
WORD_FIELDS = "name, name_en, spec, model, mnemonic"

SET_META = upsert_sql(MetaTable, key=("key",))
INSERT_ITEM = insert_sql(ItemTable, skip=("item_id",))
UPDATE_ITEM = "UPDATE item SET {} WHERE item_id = ?".format(
    ", ".join(f"{name} = ?" for name in ITEM_FIELDS[1:])
)
FIND_ITEM = f"SELECT item_id, popularity, {WORD_FIELDS} FROM item WHERE item_code = ?"
UPSERT_BARCODE = upsert_sql(BarcodeTable, key=("code",))
UPSERT_CLASS = upsert_sql(ItemClassTable, key=("item_class",))
UPSERT_OPERATOR = upsert_sql(OperatorTable, key=("operator_id",))
UPSERT_HOLD = upsert_sql(HoldTable, key=("hold_id",))
UPSERT_QUICK_KEY = upsert_sql(QuickKeyTable, key=("position",))
ADD_WORDS = "INSERT INTO search_text (rowid, words) VALUES (?, ?)"
TAKE_WORDS = "INSERT INTO search_text (search_text, rowid, words) VALUES ('delete', ?, ?)"

UPSERT_GOODS = {
    "suppliers": upsert_sql(SupplierTable, key=("supplier_id",)),
    "class_rules": upsert_sql(ClassRuleTable, key=("item_class",)),
    "item_rules": upsert_sql(ItemRuleTable, key=("item_code",)),
    "orders": upsert_sql(HeadOrderTable, key=("order_id",)),
}
INSERT_GOODS = {
    "suppliers": insert_sql(SupplierTable, suffix="_new"),
    "class_rules": insert_sql(ClassRuleTable, suffix="_new"),
    "item_rules": insert_sql(ItemRuleTable, suffix="_new"),
    "orders": insert_sql(HeadOrderTable, suffix="_new"),
}
"""Datasets of goods keeping: columns one finds a row by, and the row itself as JSON."""

_GOODS_COLUMNS = {
    "suppliers": ("supplier_id", "name"),
    "class_rules": ("item_class",),
    "item_rules": ("item_code", "supplier_id"),
    "orders": ("order_id", "order_kind", "state", "due_day"),
}

class_values = attrgetter("item_class", "name", "name_en", "parent")
hold_values = attrgetter("hold_id", "item_code", "reason", "since_utc_ms", "batch", "serial")
quick_key_values = attrgetter("position", "item_code", "label")
price_values = attrgetter("item_code", "effective_day", "unit_price_e4")


def price_sql(version: int, suffix: str = "") -> str:
    """Upsert of (item_code, effective_day, unit_price_e4) rows, all of one version."""
    key = ("item_code", "effective_day")
    return upsert_sql(PriceTable, key=key, suffix=suffix).replace(
        "?, ?, ?, ?", f"?, ?, ?, {version:d}"
    )


def barcode_values(row: Any) -> tuple[str, str, int, str]:
    """A barcode's columns; `reversed` finds it by its tail."""
    return row.code, row.item_code, row.quantity_milli, row.code[::-1]


def operator_rows(
    rows: Iterable[Any], version: int, seal: Callable[[str], str]
) -> Iterator[tuple[Any, ...]]:
    """Operators' columns with their verifiers sealed."""
    for row in rows:
        yield (
            row.operator_id,
            row.name,
            row.role,
            row.language,
            row.active,
            row.salt,
            seal(row.verifier) if row.verifier else "",
            row.parameters,
            version,
        )


def goods_values(dataset: str, row: Any) -> tuple[Any, ...]:
    """Columns of a row of goods keeping: its keys, and the whole row as JSON."""
    columns = [getattr(row, name) for name in _GOODS_COLUMNS[dataset]]
    return (*columns, msgspec.json.encode(row))


def document(row: Sequence[Any]) -> tuple[int, str]:
    """Rowid and words of an item's document, from (item_id, popularity, name … mnemonic)."""
    item_id, popularity, name, name_en, spec, model, mnemonic = row
    words = search.document_words(name, name_en, spec, model, mnemonic=mnemonic)
    return search.document_id(item_id, popularity), words
