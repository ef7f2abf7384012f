"""A till's next public key, good beside its present one until it is first used (R8)."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 2
NAME = "key_rotation"


def up(dialect: Dialect) -> None:
    """Add the column."""
    dialect.execute("ALTER TABLE workstation ADD COLUMN next_public_key TEXT NOT NULL DEFAULT ''")
