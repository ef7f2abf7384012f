"""Counts as head office holds them: drawn, opened, computed, reasoned, approved (STK-05..12, R14).

What the tills scanned is a projection (`count_scan`, m0005). These are decisions of people and the
result as it was computed: no rebuild touches them.
"""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 7
NAME = "counts"

_TABLES = (
    """CREATE TABLE stock_count (
      store_id TEXT NOT NULL, count_id TEXT NOT NULL, count_kind TEXT NOT NULL,
      state TEXT NOT NULL, passes BIGINT NOT NULL, item_classes TEXT NOT NULL,
      item_codes TEXT NOT NULL, due_day TEXT NOT NULL, note TEXT NOT NULL,
      opened_by TEXT NOT NULL, opened_utc_ms BIGINT NOT NULL DEFAULT 0,
      ended_utc_ms BIGINT NOT NULL DEFAULT 0, computed_utc_ms BIGINT NOT NULL DEFAULT 0,
      posted_by TEXT NOT NULL DEFAULT '', checked_by TEXT NOT NULL DEFAULT '',
      approved_utc_ms BIGINT NOT NULL DEFAULT 0, to_workstation_no BIGINT NOT NULL DEFAULT 0,
      document_uuid TEXT NOT NULL DEFAULT '', counted_lines BIGINT NOT NULL DEFAULT 0,
      waived TEXT NOT NULL DEFAULT '', result TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (store_id, count_id))""",
    "CREATE INDEX stock_count_by_state ON stock_count (state, due_day)",
    "CREATE INDEX stock_count_by_uuid ON stock_count (store_id, document_uuid)",
    """CREATE TABLE stock_count_line (
      store_id TEXT NOT NULL, count_id TEXT NOT NULL, item_code TEXT NOT NULL,
      batch TEXT NOT NULL, description TEXT NOT NULL, item_class TEXT NOT NULL,
      unit TEXT NOT NULL, counted_milli BIGINT NOT NULL, expected_milli BIGINT NOT NULL,
      item_variance_milli BIGINT NOT NULL, unit_cost_e4 BIGINT, unit_price_e4 BIGINT,
      finding TEXT NOT NULL, pass_no BIGINT NOT NULL, counted_utc_ms BIGINT NOT NULL,
      moved_meanwhile_milli BIGINT NOT NULL, areas TEXT NOT NULL, counters TEXT NOT NULL,
      reason TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
      reason_by TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (store_id, count_id, item_code, batch)) {clustered}""",
    """CREATE TABLE stock_count_event (
      store_id TEXT NOT NULL, count_id TEXT NOT NULL, event_no BIGINT NOT NULL,
      at_utc_ms BIGINT NOT NULL, by_name TEXT NOT NULL, action TEXT NOT NULL,
      note TEXT NOT NULL, PRIMARY KEY (store_id, count_id, event_no)) {clustered}""",
)


def up(dialect: Dialect) -> None:
    """Create the tables of counts."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
