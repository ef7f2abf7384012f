"""Tables of the folded stock ledger in `journal.db`: the same movements, clustered by item."""

from __future__ import annotations

import peewee

from pos.store.model_base import JournalModel


class StockCard(JournalModel):
    """A movement where its item's others lie, with who, when and by which document (STK-18)."""

    item_code = peewee.TextField()
    entry_id = peewee.IntegerField()
    line_no = peewee.IntegerField()
    quantity_milli = peewee.IntegerField()
    reason = peewee.TextField()
    place = peewee.TextField()
    batch = peewee.TextField()
    unit_code = peewee.TextField()
    unit_cost_e4 = peewee.IntegerField(null=True)
    business_day = peewee.TextField()
    at_utc_ms = peewee.IntegerField()
    operator_id = peewee.TextField()
    document_no = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "stock_card"
        primary_key = peewee.CompositeKey("item_code", "entry_id", "line_no")


class StockBalance(JournalModel):
    """What this till's journal adds up to; the first rows of a file are carried forward (R30)."""

    item_code = peewee.TextField()
    place = peewee.TextField()
    batch = peewee.TextField()
    quantity_milli = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "stock_balance"
        primary_key = peewee.CompositeKey("item_code", "place", "batch")


class StockValue(JournalModel):
    """Quantity and moving-average cost of an item, as far as this till knows."""

    item_code = peewee.TextField(primary_key=True)
    quantity_milli = peewee.IntegerField()
    unit_cost_e4 = peewee.IntegerField(null=True)

    class Meta:
        """Table."""

        table_name = "stock_value"


class StockDay(JournalModel):
    """What came in and went out on a business day, by item, place, batch and reason."""

    business_day = peewee.TextField()
    item_code = peewee.TextField()
    place = peewee.TextField()
    batch = peewee.TextField()
    reason = peewee.TextField()
    in_milli = peewee.IntegerField()
    out_milli = peewee.IntegerField()
    movements = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "stock_day"
        primary_key = peewee.CompositeKey("business_day", "item_code", "place", "batch", "reason")


class StockFold(JournalModel):
    """The last entry whose movements are folded."""

    id = peewee.IntegerField(primary_key=True)
    entry_id = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "stock_fold"


FOLDED: tuple[type[peewee.Model], ...] = (StockCard, StockBalance, StockValue, StockDay, StockFold)
"""Derived from `stock_movement`, between sales; a rebuild brings them to where they were."""
