"""Brings head office's database to this program's schema: numbered scripts, all or nothing.

The rules are the till's: a SQLite file with history is copied first, every pending script and its
history row commit in one transaction, and a database that knows a script which this program does
not have is refused untouched. Works on both engines, because both have transactional DDL.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
import time
from pathlib import Path
from types import ModuleType

from sync.head_office import migrations
from sync.head_office.dialect import DatabaseSetupError, Dialect, SqliteDialect

_HISTORY = """CREATE TABLE IF NOT EXISTS schema_migration (
  number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL,
  app_version TEXT NOT NULL, applied_utc_ms BIGINT NOT NULL)"""


def migrate(dialect: Dialect, app_version: str) -> tuple[str, ...]:
    """Apply what is pending; returns the names. DatabaseSetupError for a newer database."""
    known = _scripts()
    applied = applied_numbers(dialect)
    newer = applied.keys() - known.keys()
    if newer:
        names = ", ".join(applied[number] for number in sorted(newer))
        raise DatabaseSetupError(
            f"the database was written by a newer version of this program (it knows {names})"
        )
    pending = [number for number in sorted(known) if number not in applied]
    if not pending:
        return ()
    if applied and isinstance(dialect, SqliteDialect):
        _copy(dialect, known[pending[0]].NAME)
    now_ms = time.time_ns() // 1_000_000
    with dialect.transaction():
        dialect.execute(_HISTORY)
        for number in pending:
            module = known[number]
            module.up(dialect)
            dialect.execute(
                "INSERT INTO schema_migration VALUES (?, ?, ?, ?, ?)",
                (number, module.NAME, _sha256(module), app_version, now_ms),
            )
    return tuple(f"m{number:04d}_{known[number].NAME}" for number in pending)


def applied_numbers(dialect: Dialect) -> dict[int, str]:
    """Number → name of the scripts in the database's history; empty for a new database."""
    dialect.connection()
    if not dialect.database.table_exists("schema_migration"):
        return {}
    return {
        int(number): str(name)
        for number, name in dialect.query("SELECT number, name FROM schema_migration")
    }


def check_current(dialect: Dialect) -> None:
    """Raise DatabaseSetupError unless the database has exactly this program's schema."""
    applied, known = applied_numbers(dialect), _scripts()
    if not applied:
        raise DatabaseSetupError("this is no head office yet: run `hq init` first")
    if applied.keys() != known.keys():
        raise DatabaseSetupError(
            f"expected schema {max(known)}, the database has {max(applied)}: start "
            "`hq serve` of this version once, or use the version that wrote it"
        )


def _scripts() -> dict[int, ModuleType]:
    found: dict[int, ModuleType] = {}
    for info in pkgutil.iter_modules(migrations.__path__):
        module = importlib.import_module(f"{migrations.__name__}.{info.name}")
        if info.name != f"m{module.NUMBER:04d}_{module.NAME}":
            raise DatabaseSetupError(f"migration {info.name} names itself {module.NAME}")
        found[module.NUMBER] = module
    return found


def _copy(dialect: SqliteDialect, name: str) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = dialect.path.with_name(f"{dialect.path.stem}-before-{name}-{stamp}.db")
    target.unlink(missing_ok=True)
    dialect.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)
    return target


def _sha256(module: ModuleType) -> str:
    return hashlib.sha256(Path(str(module.__file__)).read_bytes()).hexdigest()
