"""Tables of `reference.db` as peewee models, and the SQL rendered from them once.

The schema itself is made by the numbered migrations; a test holds the two together. Lookups and
writes run constant SQL on the bare connection: rendering a query each time costs ten times what
SQLite needs to answer it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import peewee


class _ReferenceModel(peewee.Model):
    """Models are schema and column lists; no database is bound to them."""

    class Meta:
        legacy_table_names = False


class ItemTable(_ReferenceModel):
    """Master data of an item; its price is in `price`."""

    item_id = peewee.AutoField()
    item_code = peewee.TextField(unique=True)
    name = peewee.TextField()
    name_en = peewee.TextField()
    spec = peewee.TextField()
    model = peewee.TextField()
    unit = peewee.TextField()
    item_class = peewee.TextField()
    tax_code = peewee.TextField()
    weighed = peewee.BooleanField()
    department = peewee.BooleanField()
    origin = peewee.TextField()
    grade = peewee.TextField()
    mnemonic = peewee.TextField()
    popularity = peewee.IntegerField()
    """Lines sold in the last 30 days, as last told; orders search results."""

    class Meta:
        table_name = "item"


class BarcodeTable(_ReferenceModel):
    """Codes that find an item, packs included; `reversed` finds by the tail."""

    code = peewee.TextField(primary_key=True)
    item_code = peewee.TextField(index=True)
    quantity_milli = peewee.IntegerField()
    reversed = peewee.TextField(index=True)

    class Meta:
        table_name = "barcode"


class PriceTable(_ReferenceModel):
    """Prices from a business day on (R13)."""

    item_code = peewee.TextField()
    effective_day = peewee.TextField()
    unit_price_e4 = peewee.IntegerField()
    version = peewee.IntegerField()

    class Meta:
        table_name = "price"
        primary_key = peewee.CompositeKey("item_code", "effective_day")


class ItemClassTable(_ReferenceModel):
    """商品分类."""

    item_class = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    name_en = peewee.TextField()
    parent = peewee.TextField()

    class Meta:
        table_name = "item_class"


class HoldTable(_ReferenceModel):
    """Head office's holds; nothing held is sold (I7)."""

    hold_id = peewee.TextField(primary_key=True)
    item_code = peewee.TextField(index=True)
    reason = peewee.TextField()
    since_utc_ms = peewee.IntegerField()
    batch = peewee.TextField()
    serial = peewee.TextField()

    class Meta:
        table_name = "hold"


class OperatorTable(_ReferenceModel):
    """Operators with salt and sealed verifier (R29)."""

    operator_id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    role = peewee.TextField()
    language = peewee.TextField()
    active = peewee.BooleanField()
    salt = peewee.TextField()
    verifier = peewee.TextField()
    parameters = peewee.TextField()
    version = peewee.IntegerField()

    class Meta:
        table_name = "operator"


class QuickKeyTable(_ReferenceModel):
    """Goods without codes, one key each."""

    position = peewee.IntegerField(primary_key=True)
    item_code = peewee.TextField()
    label = peewee.TextField()

    class Meta:
        table_name = "quick_key"


class MetaTable(_ReferenceModel):
    """Single facts: identity, feed cursor, versions."""

    key = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        table_name = "meta"


class AckTable(_ReferenceModel):
    """How far head office has acknowledged each epoch."""

    epoch = peewee.TextField(primary_key=True)
    acked_seq = peewee.IntegerField()
    head_hash = peewee.TextField()
    durable_seq = peewee.IntegerField()
    incarnation = peewee.TextField()
    at_utc_ms = peewee.IntegerField()

    class Meta:
        table_name = "ack"


class DirectiveTable(_ReferenceModel):
    """What head office asks of this till (R27)."""

    directive_id = peewee.TextField(primary_key=True)
    kind = peewee.TextField()
    body = peewee.TextField()
    created_utc_ms = peewee.IntegerField()

    class Meta:
        table_name = "directive"


class FeedVersionTable(_ReferenceModel):
    """Versions of the feed that were applied; the till journals each (R3)."""

    version = peewee.IntegerField(primary_key=True)
    sha256 = peewee.TextField()
    applied_utc_ms = peewee.IntegerField()
    snapshot = peewee.BooleanField()

    class Meta:
        table_name = "feed_version"


class SupplierTable(_ReferenceModel):
    """Suppliers; `body` is the feed's row as JSON."""

    supplier_id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    body = peewee.BlobField()

    class Meta:
        table_name = "supplier"


class ClassRuleTable(_ReferenceModel):
    """Rules that a commodity class turns on."""

    item_class = peewee.TextField(primary_key=True)
    body = peewee.BlobField()

    class Meta:
        table_name = "class_rule"


class ItemRuleTable(_ReferenceModel):
    """What goods keeping needs of one item."""

    item_code = peewee.TextField(primary_key=True)
    supplier_id = peewee.TextField(index=True)
    body = peewee.BlobField()

    class Meta:
        table_name = "item_rule"


class HeadOrderTable(_ReferenceModel):
    """What head office wants done with goods."""

    order_id = peewee.TextField(primary_key=True)
    order_kind = peewee.TextField()
    state = peewee.TextField()
    due_day = peewee.TextField()
    body = peewee.BlobField()

    class Meta:
        table_name = "head_order"


class StockFigureTable(_ReferenceModel):
    """The store's stock as head office last told it, with what each till had sent (R14)."""

    item_code = peewee.TextField()
    place = peewee.TextField()
    batch = peewee.TextField()
    quantity_milli = peewee.IntegerField()

    class Meta:
        table_name = "stock_figure"
        primary_key = peewee.CompositeKey("item_code", "place", "batch")


class StockCostTable(_ReferenceModel):
    """Moving-average cost as head office last told it."""

    item_code = peewee.TextField(primary_key=True)
    unit_cost_e4 = peewee.IntegerField()

    class Meta:
        table_name = "stock_cost"


class StockIncludedTable(_ReferenceModel):
    """How far each workstation's journal is in those figures (R14)."""

    workstation_uuid = peewee.TextField()
    epoch = peewee.TextField()
    seq = peewee.IntegerField()
    workstation_id = peewee.TextField()
    at_utc_ms = peewee.IntegerField()

    class Meta:
        table_name = "stock_included"
        primary_key = peewee.CompositeKey("workstation_uuid", "epoch")


MODELS: tuple[type[peewee.Model], ...] = (
    ItemTable,
    BarcodeTable,
    PriceTable,
    ItemClassTable,
    HoldTable,
    OperatorTable,
    QuickKeyTable,
    MetaTable,
    AckTable,
    DirectiveTable,
    FeedVersionTable,
    SupplierTable,
    ClassRuleTable,
    ItemRuleTable,
    HeadOrderTable,
    StockFigureTable,
    StockCostTable,
    StockIncludedTable,
)


def columns(model: type[peewee.Model]) -> tuple[str, ...]:
    """Column names of a model, in the order of its declaration."""
    meta: Any = model._meta  # noqa: SLF001 - peewee's public name for it
    return tuple(field.column_name for field in meta.sorted_fields)


def table_name(model: type[peewee.Model]) -> str:
    """Table of a model."""
    return str(model._meta.table_name)  # noqa: SLF001 - as above


def insert_sql(model: type[peewee.Model], *, suffix: str = "", skip: tuple[str, ...] = ()) -> str:
    """`INSERT` of every column but `skip`, into the table or its shadow with `suffix`."""
    names = [name for name in columns(model) if name not in skip]
    places = ", ".join("?" * len(names))
    return f"INSERT INTO {table_name(model)}{suffix} ({', '.join(names)}) VALUES ({places})"


def upsert_sql(
    model: type[peewee.Model],
    *,
    key: tuple[str, ...],
    suffix: str = "",
    skip: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
) -> str:
    """As `insert_sql`, changing the row of the same `key` but for the columns to `keep`."""
    names = [n for n in columns(model) if n not in skip and n not in key and n not in keep]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names)
    insert = insert_sql(model, suffix=suffix, skip=skip)
    return f"{insert} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"


class Dataset(msgspec.Struct, frozen=True):
    """One typed dataset of the feed: where its rows go and how one is named."""

    model: type[peewee.Model]
    key: tuple[str, ...]


DATASETS: dict[str, Dataset] = {
    "items": Dataset(ItemTable, ("item_code",)),
    "barcodes": Dataset(BarcodeTable, ("code",)),
    "prices": Dataset(PriceTable, ("item_code", "effective_day")),
    "classes": Dataset(ItemClassTable, ("item_class",)),
    "operators": Dataset(OperatorTable, ("operator_id",)),
    "holds": Dataset(HoldTable, ("hold_id",)),
    "quick_keys": Dataset(QuickKeyTable, ("position",)),
    "suppliers": Dataset(SupplierTable, ("supplier_id",)),
    "class_rules": Dataset(ClassRuleTable, ("item_class",)),
    "item_rules": Dataset(ItemRuleTable, ("item_code",)),
    "orders": Dataset(HeadOrderTable, ("order_id",)),
}
"""Datasets of the feed, by their names on the wire."""
