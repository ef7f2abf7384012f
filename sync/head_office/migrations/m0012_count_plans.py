"""Standing plans of counts by store, and answers to the promotions that stores suggest.

A plan with an empty `store_id` is that of every store which has none of its own.
"""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 12
NAME = "count_plans"

_TABLES = (
    """CREATE TABLE count_plan (
      store_id TEXT NOT NULL PRIMARY KEY, every TEXT NOT NULL, passes BIGINT NOT NULL,
      item_classes TEXT NOT NULL, cycle_days_a BIGINT NOT NULL, cycle_days_b BIGINT NOT NULL,
      cycle_days_c BIGINT NOT NULL, daily_total BIGINT NOT NULL, set_by TEXT NOT NULL,
      set_utc_ms BIGINT NOT NULL)""",
    """CREATE TABLE promotion_answer (
      store_id TEXT NOT NULL, workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL,
      seq BIGINT NOT NULL, answer_no BIGINT NOT NULL, answer TEXT NOT NULL, note TEXT NOT NULL,
      by_name TEXT NOT NULL, at_utc_ms BIGINT NOT NULL,
      PRIMARY KEY (store_id, workstation_no, epoch_no, seq, answer_no)) {clustered}""",
)


def up(dialect: Dialect) -> None:
    """Create both tables."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
