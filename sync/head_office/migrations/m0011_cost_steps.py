"""What a unit has cost, change by change, so that past months keep their cost (STK-16, REP-10).

`stock_cost` is the last step of each item. The steps are a projection as it is: a rebuild writes
them again. Here they are filled from the cards that are folded already.
"""

from __future__ import annotations

from sync.head_office import stock_fold
from sync.head_office.dialect import Dialect

NUMBER = 11
NAME = "cost_steps"

_TABLES = (
    """CREATE TABLE stock_cost_step (
      store_id TEXT NOT NULL, item_code TEXT NOT NULL, at_utc_ms BIGINT NOT NULL,
      workstation_no BIGINT NOT NULL, epoch_no BIGINT NOT NULL, seq BIGINT NOT NULL,
      line_no BIGINT NOT NULL, business_day TEXT NOT NULL, unit_cost_e4 BIGINT NOT NULL,
      PRIMARY KEY (store_id, item_code, at_utc_ms, workstation_no, epoch_no, seq, line_no))
      {clustered}""",
    "CREATE INDEX stock_cost_step_by_time ON stock_cost_step (store_id, at_utc_ms, item_code)",
)


def up(dialect: Dialect) -> None:
    """Create the table of steps and fill it."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
    for store_id, item_code in dialect.query("SELECT store_id, item_code FROM stock_cost"):
        stock_fold.write_steps(dialect, str(store_id), str(item_code))
