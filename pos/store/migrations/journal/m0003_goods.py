"""Goods in full: where stock is, documents, batches, units, counts, registers and their drafts."""

from __future__ import annotations

import sqlite3

NUMBER = 3
NAME = "goods"

_TABLES = (
    """
CREATE TABLE goods_document (
    entry_id INTEGER PRIMARY KEY NOT NULL,
    document_uuid TEXT NOT NULL,
    document_kind TEXT NOT NULL,
    document_no TEXT NOT NULL,
    reference TEXT NOT NULL,
    reference_no TEXT NOT NULL,
    counterparty_id TEXT NOT NULL,
    counterparty_name TEXT NOT NULL,
    business_day TEXT NOT NULL,
    due_day TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    line_count INTEGER NOT NULL
)""",
    "CREATE INDEX goods_document_by_kind ON goods_document (document_kind, entry_id)",
    "CREATE INDEX goods_document_by_reference ON goods_document (reference)",
    "CREATE INDEX goods_document_by_number ON goods_document (document_no)",
    """
CREATE TABLE goods_line (
    entry_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    item_code TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    expected_milli INTEGER,
    delivered_milli INTEGER NOT NULL,
    received_milli INTEGER NOT NULL,
    rejected_milli INTEGER NOT NULL,
    unit_cost_e4 INTEGER,
    batch TEXT NOT NULL,
    production_day TEXT NOT NULL,
    expiry TEXT NOT NULL,
    reason TEXT NOT NULL,
    order_line INTEGER NOT NULL,
    PRIMARY KEY (entry_id, line_no)
) WITHOUT ROWID""",
    "CREATE INDEX goods_line_by_item ON goods_line (item_code, entry_id)",
    """
CREATE TABLE batch (
    item_code TEXT NOT NULL,
    batch TEXT NOT NULL,
    production_day TEXT NOT NULL,
    expiry TEXT NOT NULL,
    sterilisation_batch TEXT NOT NULL,
    counterparty_id TEXT NOT NULL,
    first_entry_id INTEGER NOT NULL,
    PRIMARY KEY (item_code, batch)
) WITHOUT ROWID""",
    "CREATE INDEX batch_by_expiry ON batch (expiry) WHERE expiry <> ''",
    """
CREATE TABLE stock_unit (
    unit_code TEXT PRIMARY KEY NOT NULL,
    item_code TEXT NOT NULL,
    batch TEXT NOT NULL,
    place TEXT NOT NULL,
    present INTEGER NOT NULL,
    entry_id INTEGER NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE count_event (
    entry_id INTEGER PRIMARY KEY NOT NULL,
    count_id TEXT NOT NULL,
    action TEXT NOT NULL,
    count_kind TEXT NOT NULL,
    pass_no INTEGER NOT NULL,
    area TEXT NOT NULL,
    counter_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    body TEXT NOT NULL
)""",
    "CREATE INDEX count_event_by_count ON count_event (count_id, entry_id)",
    """
CREATE TABLE count_scan (
    entry_id INTEGER NOT NULL,
    scan_no INTEGER NOT NULL,
    count_id TEXT NOT NULL,
    pass_no INTEGER NOT NULL,
    area TEXT NOT NULL,
    counter_id TEXT NOT NULL,
    item_code TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    after_seq INTEGER NOT NULL,
    batch TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    tag TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (entry_id, scan_no)
) WITHOUT ROWID""",
    "CREATE INDEX count_scan_by_count ON count_scan (count_id, item_code)",
    """
CREATE TABLE register_note (
    entry_id INTEGER PRIMARY KEY NOT NULL,
    register TEXT NOT NULL,
    subject TEXT NOT NULL,
    action TEXT NOT NULL,
    item_code TEXT NOT NULL,
    batch TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    document_no TEXT NOT NULL,
    person_id TEXT NOT NULL,
    business_day TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    event_utc_ms INTEGER NOT NULL,
    fields TEXT NOT NULL
)""",
    "CREATE INDEX register_note_by_subject ON register_note (register, subject, entry_id)",
    """
CREATE TABLE goods_draft (
    draft_uuid TEXT PRIMARY KEY NOT NULL,
    document_kind TEXT NOT NULL,
    state TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    updated_utc_ms INTEGER NOT NULL,
    header BLOB NOT NULL,
    working BLOB NOT NULL
)""",
    """
CREATE TABLE goods_draft_line (
    draft_uuid TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (draft_uuid, line_no)
) WITHOUT ROWID""",
    """
CREATE TABLE count_draft_scan (
    draft_scan_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    count_id TEXT NOT NULL,
    pass_no INTEGER NOT NULL,
    area TEXT NOT NULL,
    counter_id TEXT NOT NULL,
    body BLOB NOT NULL
)""",
)


def up(connection: sqlite3.Connection) -> None:
    """Empty tables, and four columns of the ledger: what moved before was in the shop."""
    for column in ("place TEXT NOT NULL DEFAULT ''", "batch TEXT NOT NULL DEFAULT ''",
                   "unit_code TEXT NOT NULL DEFAULT ''", "unit_cost_e4 INTEGER"):  # fmt: skip
        connection.execute(f"ALTER TABLE stock_movement ADD COLUMN {column}")
    for statement in _TABLES:
        connection.execute(statement)
