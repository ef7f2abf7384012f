"""Transaction numbers after a journal was lost: what is on paper already is never given again (R19).

A restored or forked journal does not know the last sales of the one before it, and a new disk knows
none, but their receipts are with the customers: a return scans them. So the numbers of a day that
the lost journal may have traded go on after a gap that no till fills in the time since a backup.
"""

from __future__ import annotations

import sqlite3
from typing import Final

GAP: Final = 1000


def after_loss(connection: sqlite3.Connection) -> int:
    """Where the open day's numbers go on in a restored or forked journal; 0 when no day is open."""
    row = connection.execute(
        "SELECT business_day, next_number FROM till_state WHERE id = 1"
    ).fetchone()
    return row[1] + GAP if row is not None and row[0] else 0


def first_of_day(connection: sqlite3.Connection, business_day: str, traded_elsewhere: str) -> int:
    """Number of a day's first transaction.

    `traded_elsewhere` is the last business day that head office knew of this till's place when it
    was enrolled; empty for a place that never traded.
    """
    reason, opened = connection.execute(
        "SELECT reason, date(opened_utc_ms / 1000 + 86400, 'unixepoch') FROM epoch "
        "ORDER BY epoch_no DESC LIMIT 1"
    ).fetchone()
    # A day past the loss by the clock, to be safe: business day and UTC date may differ by one.
    lost = reason in ("restore", "fork") and business_day <= opened
    return 1 + GAP if lost or business_day <= traded_elsewhere else 1
