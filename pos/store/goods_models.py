"""Tables of goods in full in `journal.db`: documents, batches, units, counts, registers, drafts."""

from __future__ import annotations

import peewee

from pos.store.model_base import JournalModel


class GoodsDocumentRow(JournalModel):
    """Projection: posted goods documents, and what one finds them by."""

    entry_id = peewee.IntegerField(primary_key=True)
    document_uuid = peewee.TextField()
    document_kind = peewee.TextField()
    document_no = peewee.TextField()
    reference = peewee.TextField()
    reference_no = peewee.TextField()
    counterparty_id = peewee.TextField()
    counterparty_name = peewee.TextField()
    business_day = peewee.TextField()
    due_day = peewee.TextField()
    operator_id = peewee.TextField()
    line_count = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "goods_document"


class GoodsLineRow(JournalModel):
    """Projection: lines of posted goods documents."""

    entry_id = peewee.IntegerField()
    line_no = peewee.IntegerField()
    item_code = peewee.TextField()
    quantity_milli = peewee.IntegerField()
    expected_milli = peewee.IntegerField(null=True)
    delivered_milli = peewee.IntegerField()
    received_milli = peewee.IntegerField()
    rejected_milli = peewee.IntegerField()
    unit_cost_e4 = peewee.IntegerField(null=True)
    batch = peewee.TextField()
    production_day = peewee.TextField()
    expiry = peewee.TextField()
    reason = peewee.TextField()
    order_line = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "goods_line"
        primary_key = peewee.CompositeKey("entry_id", "line_no")


class BatchRow(JournalModel):
    """Projection: batches that this store has received, with their dates."""

    item_code = peewee.TextField()
    batch = peewee.TextField()
    production_day = peewee.TextField()
    expiry = peewee.TextField()
    sterilisation_batch = peewee.TextField()
    counterparty_id = peewee.TextField()
    first_entry_id = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "batch"
        primary_key = peewee.CompositeKey("item_code", "batch")


class StockUnit(JournalModel):
    """Projection: units with a number of their own, where each is by the goods documents."""

    unit_code = peewee.TextField(primary_key=True)
    item_code = peewee.TextField()
    batch = peewee.TextField()
    place = peewee.TextField()
    present = peewee.IntegerField()
    """1 while it is in `place`; 0 once it left by a goods document. Sales are in `sold_unit`."""

    entry_id = peewee.IntegerField()

    class Meta:
        """Table."""

        table_name = "stock_unit"


class CountEventRow(JournalModel):
    """Projection: what happened to counts."""

    entry_id = peewee.IntegerField(primary_key=True)
    count_id = peewee.TextField()
    action = peewee.TextField()
    count_kind = peewee.TextField()
    pass_no = peewee.IntegerField()
    area = peewee.TextField()
    counter_id = peewee.TextField()
    order_id = peewee.TextField()
    operator_id = peewee.TextField()
    body = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "count_event"


class CountScanRow(JournalModel):
    """Projection: scans of counts."""

    entry_id = peewee.IntegerField()
    scan_no = peewee.IntegerField()
    count_id = peewee.TextField()
    pass_no = peewee.IntegerField()
    area = peewee.TextField()
    counter_id = peewee.TextField()
    item_code = peewee.TextField()
    quantity_milli = peewee.IntegerField()
    at_utc_ms = peewee.IntegerField()
    after_seq = peewee.IntegerField()
    batch = peewee.TextField()
    unit_code = peewee.TextField()
    tag = peewee.TextField()
    description = peewee.TextField()

    class Meta:
        """Table."""

        table_name = "count_scan"
        primary_key = peewee.CompositeKey("entry_id", "scan_no")


class RegisterNote(JournalModel):
    """Projection: lines of the registers."""

    entry_id = peewee.IntegerField(primary_key=True)
    register = peewee.TextField()
    subject = peewee.TextField()
    action = peewee.TextField()
    item_code = peewee.TextField()
    batch = peewee.TextField()
    unit_code = peewee.TextField()
    quantity_milli = peewee.IntegerField()
    document_no = peewee.TextField()
    person_id = peewee.TextField()
    business_day = peewee.TextField()
    operator_id = peewee.TextField()
    event_utc_ms = peewee.IntegerField()
    fields = peewee.TextField()
    """JSON object of text."""

    class Meta:
        """Table."""

        table_name = "register_note"


class GoodsDraft(JournalModel):
    """A goods document that is not posted yet: header, who works on it, in which state."""

    draft_uuid = peewee.TextField(primary_key=True)
    document_kind = peewee.TextField()
    state = peewee.TextField()
    """open, half_signed or waiting: as the services that keep it say."""

    operator_id = peewee.TextField()
    updated_utc_ms = peewee.IntegerField()
    header = peewee.BlobField()
    """JSON of a `GoodsDocument` without lines."""

    working = peewee.BlobField()
    """JSON object of what only the dialogue needs."""

    class Meta:
        """Table."""

        table_name = "goods_draft"


class GoodsDraftLine(JournalModel):
    """One line of a draft, as JSON."""

    draft_uuid = peewee.TextField()
    line_no = peewee.IntegerField()
    body = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "goods_draft_line"
        primary_key = peewee.CompositeKey("draft_uuid", "line_no")


class CountDraftScan(JournalModel):
    """A scan of a count that no `count_scans` entry carries yet."""

    draft_scan_id = peewee.AutoField()
    count_id = peewee.TextField()
    pass_no = peewee.IntegerField()
    area = peewee.TextField()
    counter_id = peewee.TextField()
    body = peewee.BlobField()

    class Meta:
        """Table."""

        table_name = "count_draft_scan"
