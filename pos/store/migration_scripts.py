"""Migration scripts as playhouse runs them; loaded only when a file has one to come.

playhouse's own form is `NNNN_name.py` with `up(migrator, db)`; ours begins with a letter, so that
linters and type checkers read it, and gets the bare connection.
"""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace

import peewee
from playhouse.migrations import Migration, Runner  # type: ignore[import-untyped]

from pos.store.connection import raw
from pos.store.errors import N_, MigrationFailed
from pos.store.migrate import SCRIPT

# playhouse tells each script as bare text at INFO; what was applied is in `Migrated`, and a till's
# log is lines of JSON.
logging.getLogger("peewee.migrations").setLevel(logging.WARNING)


class Script(Migration):  # type: ignore[misc]
    """One script, presented to playhouse in its own form."""

    __slots__ = ()

    def load(self) -> SimpleNamespace:
        """The script as playhouse calls it; refused when its numbers do not agree."""
        module = super().load()
        expected = (self.idx, self.name.partition("_")[2])
        actual = (module.NUMBER, module.NAME)
        if expected != actual:
            raise MigrationFailed(
                N_("{path}: expected NUMBER and NAME {expected}, got {actual}."),
                path=self.path,
                expected=expected,
                actual=actual,
            )

        def up(_migrator: object, database: peewee.SqliteDatabase) -> None:
            module.up(raw(database))

        return SimpleNamespace(up=up)


class ScriptRunner(Runner):  # type: ignore[misc]
    """playhouse's runner over our file names."""

    def migrations(self) -> list[Migration]:
        """Every script of the folder, in numeric order."""
        paths = sorted(Path(self.directory).glob("m[0-9]*.py"))
        found = [(path, SCRIPT.fullmatch(path.name)) for path in paths]
        return [Script(int(m[1]), path.stem, str(path), None) for path, m in found if m]
