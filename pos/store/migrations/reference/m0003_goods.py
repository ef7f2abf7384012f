"""Goods in full: suppliers, rules, orders, and the store's stock as head office last told it."""

from __future__ import annotations

import sqlite3

NUMBER = 3
NAME = "goods"

_TABLES = (
    """
CREATE TABLE supplier (
    supplier_id TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE class_rule (
    item_class TEXT PRIMARY KEY NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE item_rule (
    item_code TEXT PRIMARY KEY NOT NULL,
    supplier_id TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX item_rule_by_supplier ON item_rule (supplier_id)",
    """
CREATE TABLE head_order (
    order_id TEXT PRIMARY KEY NOT NULL,
    order_kind TEXT NOT NULL,
    state TEXT NOT NULL,
    due_day TEXT NOT NULL,
    body BLOB NOT NULL
) WITHOUT ROWID""",
    "CREATE INDEX head_order_open ON head_order (order_kind, state, due_day)",
    # Not part of the feed: figures that move with every sale come by a road of their own (R14).
    """
CREATE TABLE stock_figure (
    item_code TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    quantity_milli INTEGER NOT NULL,
    PRIMARY KEY (item_code, place, batch)
) WITHOUT ROWID""",
    """
CREATE TABLE stock_cost (
    item_code TEXT PRIMARY KEY NOT NULL,
    unit_cost_e4 INTEGER NOT NULL
) WITHOUT ROWID""",
    """
CREATE TABLE stock_included (
    workstation_uuid TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    workstation_id TEXT NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    PRIMARY KEY (workstation_uuid, epoch)
) WITHOUT ROWID""",
)


def up(connection: sqlite3.Connection) -> None:
    """Empty tables."""
    for statement in _TABLES:
        connection.execute(statement)
