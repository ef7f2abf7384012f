"""What the shop's other tills wrote about goods, in the shape of a closed journal file (R14)."""

from __future__ import annotations

import sqlite3

NUMBER = 4
NAME = "siblings"

_TABLES = (
    # Named and shaped as in a file of the journal, so that a question asked of every file of the
    # journal can be asked here as well.
    """
CREATE TABLE journal_entry (
    entry_id INTEGER PRIMARY KEY NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    entry_uuid TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    business_day TEXT NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    bytes BLOB NOT NULL
)""",
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
    "CREATE INDEX goods_document_by_uuid ON goods_document (document_uuid)",
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
CREATE TABLE sold_unit (
    unit_code TEXT PRIMARY KEY NOT NULL,
    transaction_no TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    sold INTEGER NOT NULL
) WITHOUT ROWID""",
    # Of sales, those alone in which a unit with a number of its own left or came back.
    """
CREATE TABLE txn (
    entry_id INTEGER PRIMARY KEY NOT NULL,
    transaction_no TEXT NOT NULL
)""",
    "CREATE INDEX txn_by_number ON txn (transaction_no)",
    """
CREATE TABLE txn_line (
    entry_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    item_code TEXT NOT NULL,
    PRIMARY KEY (entry_id, line_no)
) WITHOUT ROWID""",
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
)


def up(connection: sqlite3.Connection) -> None:
    """Empty tables; the next exchange with head office fills them."""
    for statement in _TABLES:
        connection.execute(statement)
