"""What this shop sold of late, by item: what ranks a search."""

from __future__ import annotations

import sqlite3
from typing import Final

DAYS: Final = 30

_LINES_SOLD: Final = """
SELECT l.item_code, count(*) FROM txn t JOIN txn_line l ON l.entry_id = t.entry_id
WHERE t.business_day < ?1 AND l.kind = 'sale' AND t.business_day >= (
    SELECT coalesce(min(business_day), '') FROM (
        SELECT business_day FROM business_day WHERE business_day < ?1
        ORDER BY business_day DESC LIMIT ?2
    )
)
GROUP BY l.item_code"""


def lines_sold(
    connection: sqlite3.Connection, before_day: str, days: int = DAYS
) -> dict[str, int]:
    """Item code → sale lines on the last `days` business days before `before_day`."""
    return dict(connection.execute(_LINES_SOLD, (before_day, days)).fetchall())
