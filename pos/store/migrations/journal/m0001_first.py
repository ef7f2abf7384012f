"""Journal, projections and working tables of `journal.db`, first version."""

from __future__ import annotations

import sqlite3

NUMBER = 1
NAME = "first"

_TABLES = """
CREATE TABLE epoch (
    epoch_no INTEGER PRIMARY KEY,
    epoch_id TEXT NOT NULL UNIQUE,
    reason TEXT NOT NULL,
    opened_utc_ms INTEGER NOT NULL
);
CREATE TABLE journal_entry (
    entry_id INTEGER PRIMARY KEY,
    epoch_no INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    entry_uuid TEXT NOT NULL,
    kind TEXT NOT NULL,
    business_day TEXT NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    UNIQUE (epoch_no, seq)
);
CREATE TABLE txn (
    entry_id INTEGER PRIMARY KEY,
    transaction_no TEXT NOT NULL,
    transaction_type TEXT NOT NULL,
    business_day TEXT NOT NULL,
    shift_no INTEGER NOT NULL,
    number INTEGER NOT NULL,
    operator_id TEXT NOT NULL,
    at TEXT NOT NULL,
    total_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    original_no TEXT NOT NULL,
    roll_transaction TEXT NOT NULL,
    UNIQUE (transaction_no)
);
CREATE TABLE txn_line (
    entry_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    item_code TEXT NOT NULL,
    description TEXT NOT NULL,
    item_class TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    unit_price_e4 INTEGER NOT NULL,
    unit_discount_e4 INTEGER NOT NULL,
    amount_minor INTEGER NOT NULL,
    discount_minor INTEGER NOT NULL,
    original_no TEXT NOT NULL,
    original_line INTEGER NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (entry_id, line_no)
) WITHOUT ROWID;
CREATE TABLE txn_tender (
    entry_id INTEGER NOT NULL,
    tender_no INTEGER NOT NULL,
    tender_type TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    state TEXT NOT NULL,
    change INTEGER NOT NULL,
    reference TEXT NOT NULL,
    PRIMARY KEY (entry_id, tender_no)
) WITHOUT ROWID;
CREATE TABLE stock_movement (
    entry_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    item_code TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    reason TEXT NOT NULL,
    business_day TEXT NOT NULL,
    PRIMARY KEY (entry_id, line_no)
) WITHOUT ROWID;
CREATE TABLE business_day (
    business_day TEXT PRIMARY KEY NOT NULL,
    state TEXT NOT NULL,
    opened_entry_id INTEGER NOT NULL,
    closed_entry_id INTEGER,
    z_no INTEGER,
    opening_float_minor INTEGER NOT NULL
);
CREATE TABLE shift (
    shift_no INTEGER PRIMARY KEY,
    business_day TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_entry_id INTEGER NOT NULL,
    closed_entry_id INTEGER,
    opening_float_minor INTEGER NOT NULL
);
CREATE TABLE till_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    business_day TEXT NOT NULL,
    next_number INTEGER NOT NULL,
    next_shift_no INTEGER NOT NULL,
    shift_no INTEGER NOT NULL,
    next_z_no INTEGER NOT NULL,
    next_cash_movement_no INTEGER NOT NULL,
    perpetual_gross_minor INTEGER NOT NULL,
    perpetual_returns_minor INTEGER NOT NULL,
    catalogue_version INTEGER NOT NULL,
    last_closed_day TEXT NOT NULL
);
CREATE TABLE local_item (
    item_code TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    item_class TEXT NOT NULL,
    unit TEXT NOT NULL
);
CREATE TABLE local_barcode (
    code TEXT PRIMARY KEY NOT NULL,
    item_code TEXT NOT NULL
);
CREATE TABLE local_price (
    item_code TEXT PRIMARY KEY NOT NULL,
    unit_price_e4 INTEGER NOT NULL,
    catalogue_version INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    ticked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE local_operator (
    operator_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    active INTEGER NOT NULL,
    verifier TEXT NOT NULL
);
CREATE TABLE unknown_code (
    code TEXT PRIMARY KEY NOT NULL,
    times INTEGER NOT NULL,
    description TEXT NOT NULL,
    unit_price_e4 INTEGER,
    last_entry_id INTEGER NOT NULL
);
CREATE TABLE reprint_count (
    transaction_no TEXT PRIMARY KEY NOT NULL,
    times INTEGER NOT NULL
);
CREATE TABLE tender_decision (
    transaction_no TEXT NOT NULL,
    tender_no INTEGER NOT NULL,
    state TEXT NOT NULL,
    amount_minor INTEGER NOT NULL,
    tender_type TEXT NOT NULL,
    business_day TEXT NOT NULL,
    PRIMARY KEY (transaction_no, tender_no)
) WITHOUT ROWID;
CREATE TABLE open_sale (
    sale_uuid TEXT PRIMARY KEY NOT NULL,
    state TEXT NOT NULL,
    operator_id TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    label TEXT NOT NULL,
    header BLOB NOT NULL
);
CREATE TABLE open_sale_line (
    sale_uuid TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (sale_uuid, line_no)
) WITHOUT ROWID;
CREATE TABLE open_sale_tender (
    sale_uuid TEXT NOT NULL,
    tender_no INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (sale_uuid, tender_no)
) WITHOUT ROWID;
CREATE TABLE print_job (
    job_id TEXT PRIMARY KEY NOT NULL,
    job_kind TEXT NOT NULL,
    transaction_no TEXT NOT NULL,
    document BLOB NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_utc_ms INTEGER NOT NULL,
    detail TEXT NOT NULL,
    open_drawer INTEGER NOT NULL
);
CREATE TABLE lockout (
    operator_id TEXT PRIMARY KEY NOT NULL,
    failures INTEGER NOT NULL,
    locked_until_utc_ms INTEGER NOT NULL,
    remaining_ms INTEGER NOT NULL
);
CREATE TABLE approval_used (
    approval_uuid TEXT PRIMARY KEY NOT NULL,
    used_utc_ms INTEGER NOT NULL
);
CREATE TABLE local_meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);
"""

_INDEXES = """
CREATE INDEX txn_line_original ON txn_line (original_no, original_line) WHERE original_no <> '';
CREATE INDEX txn_day ON txn (business_day, number);
CREATE INDEX print_job_state ON print_job (created_utc_ms)
    WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF');
"""

_TRIGGERS = """
CREATE TRIGGER journal_entry_no_update BEFORE UPDATE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an entry is never changed'); END;
CREATE TRIGGER journal_entry_no_delete BEFORE DELETE ON journal_entry
BEGIN SELECT RAISE(ABORT, 'the journal is append-only: an entry is never deleted'); END;
CREATE TRIGGER epoch_no_update BEFORE UPDATE ON epoch
BEGIN SELECT RAISE(ABORT, 'an epoch is never changed'); END;
CREATE TRIGGER epoch_no_delete BEFORE DELETE ON epoch
BEGIN SELECT RAISE(ABORT, 'an epoch is never deleted'); END;
"""


def up(connection: sqlite3.Connection) -> None:
    """Create everything; the runner holds the transaction."""
    for statement in (*_split(_TABLES), *_split(_INDEXES)):
        connection.execute(statement)
    for trigger in _TRIGGERS.strip().split("\nCREATE TRIGGER"):
        text = trigger if trigger.startswith("CREATE TRIGGER") else f"CREATE TRIGGER{trigger}"
        connection.execute(text)


def _split(script: str) -> list[str]:
    return [part for part in (part.strip() for part in script.split(";")) if part]
