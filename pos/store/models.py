"""Tables of `journal.db` as peewee models; the SQL of the sale path is rendered from them once.

The schema itself is made by the numbered migrations; a test holds the two together.
"""

from __future__ import annotations

from typing import Any

import peewee

from pos.store.goods_models import (
    BatchRow,
    CountDraftScan,
    CountEventRow,
    CountScanRow,
    GoodsDocumentRow,
    GoodsDraft,
    GoodsDraftLine,
    GoodsLineRow,
    RegisterNote,
    StockUnit,
)
from pos.store.model_base import JournalModel
from pos.store.overlay_models import (
    LocalBarcode,
    LocalItem,
    LocalOperator,
    LocalPrice,
    UnknownCodeRow,
)
from pos.store.sale_models import (
    OpenSaleLine,
    OpenSaleRow,
    OpenSaleTender,
    PrintJob,
    ReprintCount,
    SoldUnit,
    TenderDecision,
    Txn,
    TxnLine,
    TxnTender,
)
from pos.store.stock_models import FOLDED


class Epoch(JournalModel):
    """One life of this file (R2)."""

    epoch_no = peewee.AutoField()
    epoch_id = peewee.TextField(unique=True)
    reason = peewee.TextField()
    opened_utc_ms = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "epoch"


class JournalEntry(JournalModel):
    """The append-only journal: canonical bytes and chain hash (R3, R4)."""

    entry_id = peewee.AutoField()
    epoch_no = peewee.IntegerField()
    seq = peewee.IntegerField()
    entry_uuid = peewee.TextField()
    kind = peewee.TextField()
    business_day = peewee.TextField()
    at_utc_ms = peewee.IntegerField()
    hash = peewee.BlobField()
    bytes = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "journal_entry"


class StockMovementRow(JournalModel):
    """Projection: the append-only stock ledger of this till."""

    entry_id = peewee.IntegerField()
    line_no = peewee.IntegerField()
    item_code = peewee.TextField()
    quantity_milli = peewee.IntegerField()
    reason = peewee.TextField()
    business_day = peewee.TextField()
    place = peewee.TextField()
    batch = peewee.TextField()
    unit_code = peewee.TextField()
    unit_cost_e4 = peewee.IntegerField(null=True)

    class Meta:
        """Table."""

        table_name = "stock_movement"
        primary_key = peewee.CompositeKey("entry_id", "line_no")


class BusinessDay(JournalModel):
    """Projection: business days of this till."""

    business_day = peewee.TextField(primary_key=True)
    state = peewee.TextField()
    opened_entry_id = peewee.IntegerField()
    closed_entry_id = peewee.IntegerField(null=True)
    z_no = peewee.IntegerField(null=True)
    opening_float_minor = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "business_day"


class ShiftRow(JournalModel):
    """Projection: shifts of this till."""

    shift_no = peewee.IntegerField(primary_key=True)
    business_day = peewee.TextField()
    operator_id = peewee.TextField()
    state = peewee.TextField()
    opened_entry_id = peewee.IntegerField()
    closed_entry_id = peewee.IntegerField(null=True)
    opening_float_minor = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "shift"


class TillState(JournalModel):
    """Projection: the one row of counters that the next transaction needs."""

    id = peewee.IntegerField(primary_key=True)
    business_day = peewee.TextField()
    next_number = peewee.IntegerField()
    next_shift_no = peewee.IntegerField()
    shift_no = peewee.IntegerField()
    next_z_no = peewee.IntegerField()
    next_cash_movement_no = peewee.IntegerField()
    perpetual_gross_minor = peewee.IntegerField()
    perpetual_returns_minor = peewee.IntegerField()
    catalogue_version = peewee.IntegerField()
    last_closed_day = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "till_state"


class Lockout(JournalModel):
    """Failed PINs and the growing delay, persistent over restarts."""

    operator_id = peewee.TextField(primary_key=True)
    failures = peewee.IntegerField()
    locked_until_utc_ms = peewee.IntegerField()
    remaining_ms = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "lockout"


class ApprovalUsed(JournalModel):
    """Approvals that have been used: each serves one action (experience rule 10)."""

    approval_uuid = peewee.TextField(primary_key=True)
    used_utc_ms = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "approval_used"


class LocalMeta(JournalModel):
    """Facts about this file that are neither journal nor projection."""

    key = peewee.TextField(primary_key=True)
    value = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_meta"


PROJECTIONS: tuple[type[peewee.Model], ...] = (
    Txn,
    TxnLine,
    TxnTender,
    StockMovementRow,
    BusinessDay,
    ShiftRow,
    TillState,
    LocalItem,
    LocalBarcode,
    LocalPrice,
    LocalOperator,
    UnknownCodeRow,
    ReprintCount,
    TenderDecision,
    SoldUnit,
    GoodsDocumentRow,
    GoodsLineRow,
    BatchRow,
    StockUnit,
    CountEventRow,
    CountScanRow,
    RegisterNote,
)
"""Tables that can be dropped and rebuilt from the journal to identical content."""

ALL_MODELS: tuple[type[peewee.Model], ...] = (
    Epoch,
    JournalEntry,
    *PROJECTIONS,
    *FOLDED,
    OpenSaleRow,
    OpenSaleLine,
    OpenSaleTender,
    GoodsDraft,
    GoodsDraftLine,
    CountDraftScan,
    PrintJob,
    Lockout,
    ApprovalUsed,
    LocalMeta,
)

_RENDERER = peewee.SqliteDatabase(None)


def insert_sql(model: type[peewee.Model], *, replace: bool = False) -> str:
    """INSERT statement with one placeholder per column, in the model's column order."""
    with model.bind_ctx(_RENDERER):
        fields = [field for field in model._meta.sorted_fields]  # noqa: SLF001, C416 - peewee API
        row: dict[Any, Any] = dict.fromkeys(fields, "")
        query = model.insert(row)
        if replace:
            query = query.on_conflict_replace()
        sql, _parameters = query.sql()
    return str(sql)
