"""People kept on a page: their language, and what was changed about whom, by whom (CTL-05)."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

NUMBER = 10
NAME = "people"

_TABLES = (
    "ALTER TABLE person ADD COLUMN language TEXT NOT NULL DEFAULT ''",
    # `kind` is person (of head office) or operator (at the tills); `subject` a name or a number.
    """CREATE TABLE people_event (
      kind TEXT NOT NULL, subject TEXT NOT NULL, event_no BIGINT NOT NULL,
      at_utc_ms BIGINT NOT NULL, by_name TEXT NOT NULL, action TEXT NOT NULL,
      detail TEXT NOT NULL, PRIMARY KEY (kind, subject, event_no)) {clustered}""",
    "CREATE INDEX people_event_by_time ON people_event (at_utc_ms)",
)


def up(dialect: Dialect) -> None:
    """Create the table of changes."""
    for statement in _TABLES:
        dialect.execute(dialect.ddl(statement))
