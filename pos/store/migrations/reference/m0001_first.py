"""Catalogue, operators, feed position and search of `reference.db`, first version.

Tables that a snapshot replaces are `item` … `quick_key` and `search_text`; `meta`, `ack`,
`directive` and `feed_version` are left alone by it (R11).
"""

from __future__ import annotations

import sqlite3

NUMBER = 1
NAME = "first"

_STATEMENTS = (
    """
CREATE TABLE item (
    item_id INTEGER PRIMARY KEY,
    item_code TEXT NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    spec TEXT NOT NULL,
    model TEXT NOT NULL,
    unit TEXT NOT NULL,
    item_class TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    weighed INTEGER NOT NULL,
    department INTEGER NOT NULL,
    origin TEXT NOT NULL,
    grade TEXT NOT NULL,
    mnemonic TEXT NOT NULL,
    popularity INTEGER NOT NULL
)""",
    # Not an inline UNIQUE: a bulk load builds it once, sorted, after the rows.
    "CREATE UNIQUE INDEX item_item_code ON item (item_code)",
    """
CREATE TABLE barcode (
    code TEXT PRIMARY KEY NOT NULL,
    item_code TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    reversed TEXT NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX barcode_reversed ON barcode (reversed)",
    "CREATE INDEX barcode_item_code ON barcode (item_code)",
    """
CREATE TABLE price (
    item_code TEXT NOT NULL,
    effective_day TEXT NOT NULL,
    unit_price_e4 INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (item_code, effective_day)
) WITHOUT ROWID""",
    """
CREATE TABLE item_class (
    item_class TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_en TEXT NOT NULL,
    parent TEXT NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE hold (
    hold_id TEXT PRIMARY KEY NOT NULL,
    item_code TEXT NOT NULL,
    reason TEXT NOT NULL,
    since_utc_ms INTEGER NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX hold_item_code ON hold (item_code)",
    """
CREATE TABLE operator (
    operator_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    language TEXT NOT NULL,
    active INTEGER NOT NULL,
    salt TEXT NOT NULL,
    verifier TEXT NOT NULL,
    parameters TEXT NOT NULL,
    version INTEGER NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE quick_key (
    position INTEGER PRIMARY KEY,
    item_code TEXT NOT NULL,
    label TEXT NOT NULL
)""",
    """
CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE ack (
    epoch TEXT PRIMARY KEY NOT NULL,
    acked_seq INTEGER NOT NULL,
    head_hash TEXT NOT NULL,
    durable_seq INTEGER NOT NULL,
    incarnation TEXT NOT NULL,
    at_utc_ms INTEGER NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE directive (
    directive_id TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    created_utc_ms INTEGER NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE feed_version (
    version INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL,
    applied_utc_ms INTEGER NOT NULL,
    snapshot INTEGER NOT NULL
)""",
    # Contentless, without positions or sizes: it answers "which items", in the order of their
    # rowids, and nothing else. The words are ours (see the search module), so the tokenizer only
    # has to split at spaces.
    """
CREATE VIRTUAL TABLE search_text USING fts5(
    words, content='', columnsize=0, detail=none, prefix='1 2 3 4', tokenize='ascii'
)""",
)


def up(connection: sqlite3.Connection) -> None:
    """Create everything; the runner holds the transaction."""
    for statement in _STATEMENTS:
        connection.execute(statement)
