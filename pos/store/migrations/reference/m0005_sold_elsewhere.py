"""What the shop's other tills sold and received by day, for planning (REP-06)."""

from __future__ import annotations

import sqlite3

NUMBER = 5
NAME = "sold_elsewhere"


def up(connection: sqlite3.Connection) -> None:
    """An empty table, in the shape of a journal file's, with whose day it is."""
    connection.execute(
        """
CREATE TABLE stock_day (
    business_day TEXT NOT NULL,
    item_code TEXT NOT NULL,
    place TEXT NOT NULL,
    batch TEXT NOT NULL,
    reason TEXT NOT NULL,
    workstation_id TEXT NOT NULL,
    epoch TEXT NOT NULL,
    in_milli INTEGER NOT NULL,
    out_milli INTEGER NOT NULL,
    PRIMARY KEY (business_day, item_code, place, batch, reason, workstation_id, epoch)
) WITHOUT ROWID"""
    )
