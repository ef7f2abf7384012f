"""Monthly sales plans of stores by class, entered by one person and approved by another (REP-10)."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 9
NAME = "planning"


def up(dialect: Dialect) -> None:
    """Create the table of plans."""
    dialect.execute(
        dialect.ddl(
            """CREATE TABLE sales_plan (
      store_id TEXT NOT NULL, month TEXT NOT NULL, item_class TEXT NOT NULL,
      revenue_minor BIGINT NOT NULL, entered_by TEXT NOT NULL, entered_utc_ms BIGINT NOT NULL,
      approved_by TEXT NOT NULL DEFAULT '', approved_utc_ms BIGINT NOT NULL DEFAULT 0,
      PRIMARY KEY (store_id, month, item_class)) {clustered}"""
        )
    )
