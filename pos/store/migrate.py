"""Numbered migrations of a SQLite file: backup first, all in one transaction, newer files refused.

playhouse.migrations does the numbering, the running and the history table. Around it stand four
rules that a till needs: a file with history is copied and the copy verified before anything is
touched; every pending script, its history row and its SHA-256 commit in one transaction, so that a
kill leaves the old schema or the new one; a file whose history names a script that this program
does not have was written by a newer program and is refused untouched; and foreign keys are checked
before the commit, because table rebuilds run with their enforcement off.

Scripts are `mNNNN_name.py` in the folder given, each with `NUMBER`, `NAME` and `up(connection)`:
SQL on the bare connection, inside the transaction. A file whose history names exactly the scripts
there are, as at every start but the first after an update, is left without loading playhouse.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.store.connection import connect, raw
from pos.store.errors import N_, CorruptStore, MigrationFailed, NewerDatabase, StoreError

if TYPE_CHECKING:
    import peewee

    from pos.store.migration_scripts import ScriptRunner

_CREATE_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migration_record (
  name TEXT PRIMARY KEY NOT NULL,
  sha256 TEXT NOT NULL,
  app_version TEXT NOT NULL,
  at_utc_ms INTEGER NOT NULL
) WITHOUT ROWID"""


SCRIPT = re.compile(r"m(\d{4})_(\w+)\.py")


class Migrated(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of the migrations did."""

    applied: tuple[str, ...] = ()
    """Names of the scripts applied now, oldest first; empty when the file was up to date."""

    version: int = 0
    """Number of the newest script in the file's history."""

    backup: Path | None = None
    """The verified copy made before anything changed; None for a new or current file."""

    changed: tuple[str, ...] = ()
    """Scripts applied earlier whose text is not this program's: a matter for `pos doctor`."""


def migrate(path: Path, folder: Path, *, backup_dir: Path, app_version: str) -> Migrated:
    """Bring the file at `path` to the newest script of `folder`, creating it when absent.

    The caller holds the file's lock. Raises NewerDatabase when the file's history names a script
    that `folder` does not have, MigrationFailed when a script fails (the file is as before),
    CorruptStore when the backup copy does not verify, StoreUnavailable when it cannot be opened.
    """
    database = connect(path)
    try:
        current = _current(database, folder)
        if current:
            return Migrated(
                version=_number(current[-1]), changed=_changed(database, folder, current)
            )
        from pos.store.migration_scripts import ScriptRunner

        runner = ScriptRunner(database, str(folder))
        status = runner.status()
        applied = [entry.name for entry in status if entry.applied]
        pending = [entry for entry in status if not entry.applied]
        unknown = [entry.name for entry in status if entry.path is None]
        if unknown:
            raise NewerDatabase(
                N_("{path} was written by a newer version of this program (it knows {names})."),
                path=path,
                names=", ".join(unknown),
            )
        changed = _changed(database, folder, applied)
        if not pending:
            return Migrated(version=_number(applied[-1]) if applied else 0, changed=changed)

        backup = _backup(database, path, backup_dir, pending[0].name) if applied else None
        names = _apply(
            database, runner, path, [Path(entry.path) for entry in pending], app_version
        )
        return Migrated(applied=names, version=_number(names[-1]), backup=backup, changed=changed)
    finally:
        database.close()


def _current(database: peewee.SqliteDatabase, folder: Path) -> tuple[str, ...]:
    """All scripts by number when the history has every one and no other; else nothing."""
    names = sorted(path.stem for path in folder.glob("m[0-9]*.py") if SCRIPT.fullmatch(path.name))
    try:
        rows = raw(database).execute("SELECT name FROM schema_migration ORDER BY name").fetchall()
    except sqlite3.Error:  # no history yet, or no database: what follows says what is wrong
        return ()
    return tuple(names) if names == [name for (name,) in rows] else ()


def _apply(
    database: peewee.SqliteDatabase,
    runner: ScriptRunner,
    path: Path,
    scripts: Sequence[Path],
    app_version: str,
) -> tuple[str, ...]:
    connection = raw(database)
    # Off only outside a transaction: table rebuilds would cascade deletes.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        with database.atomic("IMMEDIATE"):
            names = tuple(runner.up())
            connection.execute(_CREATE_RECORD)
            connection.executemany(
                "INSERT INTO schema_migration_record VALUES (?, ?, ?, ?)",
                [(s.stem, _sha256(s), app_version, time.time_ns() // 1_000_000) for s in scripts],
            )
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
            if orphans:
                raise MigrationFailed(
                    N_("{path}: a migration left {count} rows that point to nothing."),
                    path=path,
                    count=len(orphans),
                )
            connection.execute(f"PRAGMA user_version = {_number(names[-1]):d}")
    except StoreError:
        raise
    except Exception as error:
        raise MigrationFailed(
            N_("{path}: migrating failed: {reason}."), path=path, reason=str(error).rstrip(".")
        ) from error
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
    return names


def _backup(database: peewee.SqliteDatabase, path: Path, backup_dir: Path, name: str) -> Path:
    backup_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = backup_dir / f"{path.stem}-before-{name}-{stamp}.db"
    # A second attempt in the same second replaces the first one's copy: the file is unchanged.
    target.unlink(missing_ok=True)
    try:
        raw(database).execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)
        copy = sqlite3.connect(target)
        try:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            copy.close()
    except (sqlite3.Error, OSError) as error:
        raise MigrationFailed(
            N_("{path}: the copy to be made before migrating failed: {reason}."),
            path=path,
            reason=str(error).rstrip("."),
            hint=N_("Free some space, then start again; nothing was changed."),
        ) from error
    if verdict != "ok":
        raise CorruptStore(N_("{path} is damaged: {reason}."), path=path, reason=verdict)
    return target


def _changed(
    database: peewee.SqliteDatabase, folder: Path, applied: Sequence[str]
) -> tuple[str, ...]:
    if not applied or not database.table_exists("schema_migration_record"):
        return ()
    rows = raw(database).execute("SELECT name, sha256 FROM schema_migration_record")
    recorded = dict(rows.fetchall())
    return tuple(
        name
        for name in applied
        if name in recorded and recorded[name] != _sha256(folder / f"{name}.py")
    )


def _number(name: str) -> int:
    """The number of a script, from the name that the history keeps."""
    return int(name[1:5])


def _sha256(script: Path) -> str:
    return hashlib.sha256(script.read_bytes()).hexdigest()
