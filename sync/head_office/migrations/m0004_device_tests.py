"""A till's last device test, found without going through its journal."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 4
NAME = "device_tests"


def up(dialect: Dialect) -> None:
    """Add a partial index: entries of other kinds, nearly all, cost it nothing."""
    dialect.execute(
        "CREATE INDEX journal_device_test ON journal (store_id, workstation_no, at_utc_ms) "
        "WHERE kind = 'devices_tested'"
    )
