"""Columns of the tables that goods entries are booked into, and the states of a document."""

from __future__ import annotations

from typing import Final

POSTED: Final = "posted"
REFUSED: Final = "refused"
DOUBLE: Final = "double"
"""States of a row of `goods_document`; only a posted one has rows in `stock_move`."""

KEY = ("store_id", "workstation_no", "epoch_no", "seq")
_BY = ("business_day", "at_utc_ms", "workstation_id", "operator_id")
DOCUMENT_COLUMNS = (
    *KEY,
    *_BY,
    "document_uuid",
    "document_kind",
    "document_no",
    "state",
    "problem",
    "source",
    "reference",
    "reference_no",
    "counterparty_id",
    "counterparty_name",
    "inspected_by",
    "checked_by",
    "approver_id",
    "reason",
    "due_day",
    "review",
    "line_count",
    "quantity_milli",
)
LINE_COLUMNS = (
    *KEY,
    "line_no",
    "item_code",
    "description",
    "spec",
    "unit",
    "item_class",
    "quantity_milli",
    "expected_milli",
    "delivered_milli",
    "received_milli",
    "rejected_milli",
    "unit_cost_e4",
    "batch",
    "sterilisation_batch",
    "production_day",
    "expiry",
    "unit_codes",
    "barcode",
    "order_line",
    "reason",
    "note",
)
MOVE_COLUMNS = (
    *KEY,
    "line_no",
    "business_day",
    "at_utc_ms",
    "item_code",
    "place",
    "batch",
    "unit_code",
    "quantity_milli",
    "reason",
    "document_no",
    "document_kind",
    "reference",
    "counterparty_id",
    "unit_cost_e4",
)
SALE_BATCH_COLUMNS = (*KEY, "line_no", "item_code", "batch", "unit_code")
NOTE_COLUMNS = (
    *KEY,
    *_BY,
    "register",
    "subject",
    "action",
    "item_code",
    "batch",
    "unit_code",
    "quantity_milli",
    "document_no",
    "person_id",
    "event_utc_ms",
    "fields",
)
EVENT_COLUMNS = (
    *KEY,
    *_BY,
    "count_id",
    "action",
    "count_kind",
    "pass_no",
    "area",
    "counter_id",
    "order_id",
    "approver_id",
    "item_classes",
    "item_codes",
    "note",
)
SCAN_COLUMNS = (
    *KEY,
    "scan_no",
    "business_day",
    "count_id",
    "pass_no",
    "area",
    "counter_id",
    "item_code",
    "quantity_milli",
    "at_utc_ms",
    "after_seq",
    "batch",
    "unit_code",
    "tag",
    "description",
)
COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "goods_document": DOCUMENT_COLUMNS,
    "goods_line": LINE_COLUMNS,
    "stock_move": MOVE_COLUMNS,
    "sale_batch": SALE_BATCH_COLUMNS,
    "register_note": NOTE_COLUMNS,
    "count_event": EVENT_COLUMNS,
    "count_scan": SCAN_COLUMNS,
}
"""Projections of goods entries, and their columns."""
