"""Days over every store: the page begins with the latest ones, whatever the history's length."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 3
NAME = "days_by_date"


def up(dialect: Dialect) -> None:
    """Add an index; ingest updates none of its columns, so a day costs it one row."""
    dialect.execute("CREATE INDEX store_day_by_date ON store_day (business_day)")
