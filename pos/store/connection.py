"""How every connection to the till's two SQLite files is opened: durable, or read-only.

A writer's settings are set and then *read back*: a build, a file system or a mount option that
silently declines `synchronous=FULL` or WAL would lose acknowledged sales at the next power cut
(NORMAL did, FULL did not, in every simulated cut). A reader of the other process's file opens it
`mode=ro` (R26): an ordinary last closer would checkpoint the other's WAL.

`connect` gives a peewee database, for schema, migrations and ordinary queries; `connect_raw` gives
the bare sqlite3 connection for the sale path and lookups, with constant SQL, without peewee's
rendering. Both run in autocommit: transactions are begun and ended by the code that means them.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from peewee import SqliteDatabase

from pos.store.errors import N_, NotDurable, StoreUnavailable

BUSY_TIMEOUT_MS = 5000
CACHED_STATEMENTS = 256

# Order matters: WAL before the settings that belong to it.
WRITER_PRAGMAS: tuple[tuple[str, str | int, str | int], ...] = (
    # name, value set, value read back
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("wal_autocheckpoint", 1000, 1000),
    ("journal_size_limit", 16 * 1024 * 1024, 16 * 1024 * 1024),
    ("fullfsync", "ON", 1),  # macOS only, harmless elsewhere
    ("checkpoint_fullfsync", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("recursive_triggers", "ON", 1),  # REPLACE must fire the triggers that refuse DELETE
)
READER_PRAGMAS: tuple[tuple[str, str | int, str | int], ...] = (
    ("query_only", "ON", 1),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("temp_store", "MEMORY", 2),
)


class _GuitaiDatabase(SqliteDatabase):
    """A peewee database whose every new connection is set up and checked."""

    readonly = False

    def _initialize_connection(self, conn: sqlite3.Connection) -> None:
        super()._initialize_connection(conn)  # type: ignore[misc]
        _prepare(conn, str(self.database), readonly=self.readonly)


def connect(
    path: Path, *, readonly: bool = False, cache_kib: int = 16_384, **options: Any
) -> SqliteDatabase:
    """Open `path` as a peewee database; each thread's connection gets the same settings.

    `raw(database)` is the sqlite3 connection of this thread. Raises StoreUnavailable when
    the file cannot be opened, NotDurable when a setting did not take.
    """
    _precheck(path, readonly=readonly)
    database = _GuitaiDatabase(
        _uri(path, readonly=readonly),
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1000,
        cached_statements=CACHED_STATEMENTS,
        pragmas=(("cache_size", -cache_kib),),
        **options,
    )
    database.readonly = readonly
    try:
        database.connect()
    except Exception as error:
        if not _is_sqlite(error):
            raise
        raise _unavailable(path, error) from error
    return database


def raw(database: SqliteDatabase) -> sqlite3.Connection:
    """This thread's bare sqlite3 connection of a peewee database, opened when it was not."""
    connection: sqlite3.Connection = database.connection()  # type: ignore[no-untyped-call]
    return connection


def connect_raw(
    path: Path,
    *,
    readonly: bool = False,
    cache_kib: int = 16_384,
    check_same_thread: bool = True,
    factory: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    """Open `path` as a bare sqlite3 connection in autocommit, set up and checked like `connect`.

    `factory` is the class of the connection. Raises StoreUnavailable when the file cannot be
    opened, NotDurable when a setting did not take.
    """
    _precheck(path, readonly=readonly)
    connection = None
    try:
        connection = sqlite3.connect(
            _uri(path, readonly=readonly),
            uri=True,
            timeout=BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
            cached_statements=CACHED_STATEMENTS,
            check_same_thread=check_same_thread,
            factory=factory,
        )
        connection.execute(f"PRAGMA cache_size = {-cache_kib:d}")
        _prepare(connection, str(path), readonly=readonly)
    except sqlite3.Error as error:
        if connection is not None:
            connection.close()
        raise _unavailable(path, error) from error
    except BaseException:
        if connection is not None:
            connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, name: str, *, readonly: bool) -> None:
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS:d}")
    for pragma, value, expected in READER_PRAGMAS if readonly else WRITER_PRAGMAS:
        connection.execute(f"PRAGMA {pragma} = {value}").fetchone()
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        actual = row[0] if row else None
        if actual != expected:
            raise NotDurable(
                N_("{path}: expected {pragma} = {expected} after setting it, got {actual}."),
                path=name,
                pragma=pragma,
                expected=expected,
                actual=actual,
            )


def _precheck(path: Path, *, readonly: bool) -> None:
    if readonly:
        if not path.is_file():
            raise StoreUnavailable(
                N_("{path} does not exist."),
                path=path,
                hint=N_("Run `pos init` first, or check the home folder that was given."),
            )
        return
    try:
        # Operators' verifiers and sales are nobody else's to read: 0600 from the first byte.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise _unavailable(path, error) from error


def _uri(path: Path, *, readonly: bool) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={'ro' if readonly else 'rw'}"


def _is_sqlite(error: BaseException | None) -> bool:
    """Whether SQLite is the cause; peewee wraps its errors in classes of its own."""
    while error is not None:
        if isinstance(error, sqlite3.Error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _unavailable(path: Path, error: BaseException) -> StoreUnavailable:
    return StoreUnavailable(
        N_("{path} cannot be opened: {reason}."), path=path, reason=str(error).rstrip(".")
    )
