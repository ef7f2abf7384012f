"""Tables of sales as peewee models: closed ones, open ones, what is printed and decided of them."""

from __future__ import annotations

import peewee

from pos.store.model_base import JournalModel


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
