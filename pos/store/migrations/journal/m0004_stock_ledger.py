"""The stock ledger folded by item: cards, balances, values and days, and how far the fold is."""

from __future__ import annotations

import sqlite3

NUMBER = 4
NAME = "stock_ledger"

_TABLES = (
    """
CREATE TABLE stock_card (
    item_code TEXT NOT NULL,
    entry_id INTEGER NOT NULL,
    line_no INTEGER NOT NULL,
    quantity_milli INTEGER NOT NULL,
    reason TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    unit_code TEXT NOT NULL,
    unit_cost_e4 INTEGER,
    business_day TEXT NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    operator_id TEXT NOT NULL,
    document_no TEXT NOT NULL,
    PRIMARY KEY (item_code, entry_id, line_no)
) WITHOUT ROWID""",
    """
CREATE TABLE stock_balance (
    item_code TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    PRIMARY KEY (item_code, place, batch)
) WITHOUT ROWID""",
    """
CREATE TABLE stock_value (
    item_code TEXT PRIMARY KEY NOT NULL,
    quantity_milli INTEGER NOT NULL,
    unit_cost_e4 INTEGER
) WITHOUT ROWID""",
    """
CREATE TABLE stock_day (
    business_day TEXT NOT NULL,
    item_code TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    reason TEXT NOT NULL,
    in_milli INTEGER NOT NULL,
    out_milli INTEGER NOT NULL,
    movements INTEGER NOT NULL,
    PRIMARY KEY (business_day, item_code, place, batch, reason)
) WITHOUT ROWID""",
    """
CREATE TABLE stock_fold (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
    entry_id INTEGER NOT NULL
)""",
    "INSERT INTO stock_fold VALUES (1, 0)",
)


def up(connection: sqlite3.Connection) -> None:
    """Empty tables: the fold catches up between sales, and reads add what it has not reached."""
    for statement in _TABLES:
        connection.execute(statement)
