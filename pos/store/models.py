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


class Txn(JournalModel):
    """Projection: closed transactions."""

    entry_id = peewee.IntegerField(primary_key=True)
    transaction_no = peewee.TextField()
    transaction_type = peewee.TextField()
    business_day = peewee.TextField()
    shift_no = peewee.IntegerField()
    number = peewee.IntegerField()
    operator_id = peewee.TextField()
    at = peewee.TextField()
    total_minor = peewee.IntegerField()
    discount_minor = peewee.IntegerField()
    original_no = peewee.TextField()
    roll_transaction = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "txn"


class TxnLine(JournalModel):
    """Projection: lines of closed transactions."""

    entry_id = peewee.IntegerField()
    line_no = peewee.IntegerField()
    kind = peewee.TextField()
    item_code = peewee.TextField()
    description = peewee.TextField()
    item_class = peewee.TextField()
    quantity_milli = peewee.IntegerField()
    unit_price_e4 = peewee.IntegerField()
    unit_discount_e4 = peewee.IntegerField()
    amount_minor = peewee.IntegerField()
    discount_minor = peewee.IntegerField()
    original_no = peewee.TextField()
    original_line = peewee.IntegerField()
    at = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "txn_line"
        primary_key = peewee.CompositeKey("entry_id", "line_no")


class TxnTender(JournalModel):
    """Projection: tenders of closed transactions; change is a row of its own."""

    entry_id = peewee.IntegerField()
    tender_no = peewee.IntegerField()
    tender_type = peewee.TextField()
    amount_minor = peewee.IntegerField()
    state = peewee.TextField()
    change = peewee.IntegerField()
    reference = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "txn_tender"
        primary_key = peewee.CompositeKey("entry_id", "tender_no")


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


class LocalItem(JournalModel):
    """Overlay: an item that this lone shop made itself (R28)."""

    item_code = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    item_class = peewee.TextField()
    unit = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_item"


class LocalBarcode(JournalModel):
    """Overlay: a barcode of a local item."""

    code = peewee.TextField(primary_key=True)
    item_code = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_barcode"


class LocalPrice(JournalModel):
    """Overlay: a price corrected at this till; looked up before the catalogue's."""

    item_code = peewee.TextField(primary_key=True)
    unit_price_e4 = peewee.IntegerField()
    catalogue_version = peewee.IntegerField()
    corrected = peewee.IntegerField()
    ticked = peewee.IntegerField(default=0)

    class Meta:
        """Table."""

        table_name = "local_price"


class LocalOperator(JournalModel):
    """Overlay: an operator of a lone shop, or a PIN changed at this till (R28, R29)."""

    operator_id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    role = peewee.TextField()
    language = peewee.TextField()
    active = peewee.IntegerField()
    verifier = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "local_operator"


class UnknownCodeRow(JournalModel):
    """Projection: the 待建档 list."""

    code = peewee.TextField(primary_key=True)
    times = peewee.IntegerField()
    description = peewee.TextField()
    unit_price_e4 = peewee.IntegerField(null=True)
    last_entry_id = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "unknown_code"


class SoldUnit(JournalModel):
    """Projection: packs with a number of their own, and where each was last sold or taken back."""

    unit_code = peewee.TextField(primary_key=True)
    transaction_no = peewee.TextField()
    line_no = peewee.IntegerField()
    sold = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "sold_unit"


class ReprintCount(JournalModel):
    """Projection: how often a receipt was printed again."""

    transaction_no = peewee.TextField(primary_key=True)
    times = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "reprint_count"


class TenderDecision(JournalModel):
    """Projection: undecided tenders of closed sales (待核) and what was decided of them."""

    transaction_no = peewee.TextField()
    tender_no = peewee.IntegerField()
    state = peewee.TextField()
    amount_minor = peewee.IntegerField()
    tender_type = peewee.TextField()
    business_day = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "tender_decision"
        primary_key = peewee.CompositeKey("transaction_no", "tender_no")


class OpenSaleRow(JournalModel):
    """An open or parked sale, persisted per line so that a power cut loses nothing."""

    sale_uuid = peewee.TextField(primary_key=True)
    state = peewee.TextField()
    operator_id = peewee.TextField()
    begun_at = peewee.TextField()
    label = peewee.TextField()
    header = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "open_sale"


class OpenSaleLine(JournalModel):
    """One line of an open sale, as JSON."""

    sale_uuid = peewee.TextField()
    line_no = peewee.IntegerField()
    body = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "open_sale_line"
        primary_key = peewee.CompositeKey("sale_uuid", "line_no")


class OpenSaleTender(JournalModel):
    """One tender of an open sale, as JSON, pending ones too."""

    sale_uuid = peewee.TextField()
    tender_no = peewee.IntegerField()
    body = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "open_sale_tender"
        primary_key = peewee.CompositeKey("sale_uuid", "tender_no")


class PrintJob(JournalModel):
    """A print job; the row of a receipt is written in the sale's transaction (R31)."""

    job_id = peewee.TextField(primary_key=True)
    job_kind = peewee.TextField()
    transaction_no = peewee.TextField()
    document = peewee.BlobField()
    state = peewee.TextField()
    attempts = peewee.IntegerField()
    created_utc_ms = peewee.IntegerField()
    detail = peewee.TextField()
    open_drawer = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "print_job"


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
