"""Holds on one batch or one pack: an empty batch and serial mean the whole item, as before."""

from __future__ import annotations

import sqlite3

NUMBER = 2
NAME = "hold_scope"


def up(connection: sqlite3.Connection) -> None:
    """Two columns, empty in the rows there are."""
    for column in ("batch", "serial"):
        connection.execute(f"ALTER TABLE hold ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
