"""Packs with a number of their own (drug trace codes, serials): sold once, until they come back."""

from __future__ import annotations

import sqlite3

NUMBER = 2
NAME = "sold_unit"


def up(connection: sqlite3.Connection) -> None:
    """An empty table: before this no line carried such a number."""
    connection.execute(
        """
CREATE TABLE sold_unit (
    unit_code TEXT PRIMARY KEY NOT NULL,
    transaction_no TEXT NOT NULL,
    line_no INTEGER NOT NULL,
    sold INTEGER NOT NULL
) WITHOUT ROWID"""
    )
