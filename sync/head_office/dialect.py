"""The one place where SQLite and PostgreSQL differ.

Everything else writes SQL with `?` for values that both understand. A `Dialect` owns one peewee
database (one connection per thread); it opens transactions, locks, copies rows in bulk and adds
deltas to aggregates in the way that is fast on its engine.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import peewee

from sync.head_office.copy_text import (
    Copy,
    Ready,
    array_literal,
    binary_rows,
    copy_text,
    text_rows,
)

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]

_UNNEST_ROWS = 5_000

SQLITE_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "busy_timeout": 10_000,
    "foreign_keys": 1,
    "trusted_schema": 0,
    "temp_store": 2,
    "cache_size": -65_536,
    "journal_size_limit": 16 * 1024 * 1024,
}
"""FULL is what an acknowledgement rests on; every value is read back on connecting."""


class DatabaseSetupError(RuntimeError):
    """The database cannot be used as it is: the message says what was expected and what came."""


class Dialect(ABC):
    """One database by URL. Not thread-bound: each thread gets a connection of its own."""

    name: str
    database: peewee.Database

    def __init__(self, database: peewee.Database) -> None:
        """Take the peewee database; connecting happens on first use of each thread."""
        self.database = database

    # --- plain SQL

    @abstractmethod
    def sql(self, text: str) -> str:
        """SQL with `?` in the engine's own paramstyle."""

    def execute(self, text: str, parameters: Sequence[Any] = ()) -> Any:
        """Execute one statement on this thread's connection; returns the DB-API cursor."""
        cursor = self.connection().cursor()
        cursor.execute(self.sql(text), parameters)
        return cursor

    def query(self, text: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of a SELECT."""
        return cast("list[Row]", self.execute(text, parameters).fetchall())

    def one(self, text: str, parameters: Sequence[Any] = ()) -> Row | None:
        """First row of a SELECT, or None."""
        return cast("Row | None", self.execute(text, parameters).fetchone())

    def connection(self) -> Any:
        """This thread's DB-API connection, opened and checked on first use."""
        if self.database.is_closed():
            self.database.connect()
            self._assert_durable()
        return self.database.connection()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Close this thread's connection."""
        if not self.database.is_closed():
            self.database.close()

    # --- what differs

    for_update: str
    """Suffix that locks the selected rows until the transaction ends."""

    integrity_errors: tuple[type[Exception], ...]
    operational_errors: tuple[type[Exception], ...]
    data_errors: tuple[type[Exception], ...]
    """A value that no column takes: too large, or text that the encoding lacks."""

    @abstractmethod
    def ddl(self, text: str) -> str:
        """DDL with `{blob}`, `{clustered}` and `{exact_text}` put in."""

    @abstractmethod
    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; commits at the end, rolls back on any exception."""

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Statements inside are sent without waiting for each other's answers; none is read."""
        yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """One consistent read over several SELECTs."""
        with self.database.atomic():
            yield

    @abstractmethod
    def copying(
        self, table: str, columns: Sequence[str], *, binary: bool = False
    ) -> AbstractContextManager[Copy]:
        """Insert rows in bulk as they come: the server stores what came while more is made.

        Inside, nothing else may be executed on this connection. `binary` when a column holds
        bytes. A conflict raises one of `integrity_errors`, at the end of the block at the latest.
        """

    def ready(self, rows: Sequence[Row]) -> Ready:
        """Rows made ready for `copying` (not `binary`) while the server is busy with others."""
        return rows

    def copy_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows in bulk; a conflict raises one of `integrity_errors`."""
        if rows:
            binary = any(isinstance(value, bytes) for value in rows[0])
            with self.copying(table, columns, binary=binary) as copy:
                copy(rows)

    @abstractmethod
    def insert_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows by a statement that may be pipelined; a conflict raises as in `copying`."""

    @abstractmethod
    def insert_missing(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows in bulk; those whose key is there already are left as they are."""

    @abstractmethod
    def upsert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str, update: str
    ) -> None:
        """INSERT … ON CONFLICT (`conflict`) DO UPDATE SET `update`; `rows` have unique keys."""

    @abstractmethod
    def move(self, source: str, insert: str) -> None:
        """Empty a table by an INSERT … SELECT whose `FROM ?` reads exactly what is deleted."""

    @abstractmethod
    def rows_of_keys(
        self, text: str, fixed: Sequence[Any], keys: Sequence[str] | Sequence[int]
    ) -> list[Row]:
        """Rows of a SELECT whose last condition `… IN ?` takes a list of keys."""

    @abstractmethod
    def _assert_durable(self) -> None:
        """Read back what durability rests on; raises DatabaseSetupError."""


class SqliteDialect(Dialect):
    """SQLite in WAL mode with synchronous=FULL: the embedded default."""

    name = "sqlite"
    for_update = ""
    integrity_errors = (sqlite3.IntegrityError,)
    operational_errors = (sqlite3.OperationalError,)
    data_errors = (sqlite3.DataError, OverflowError)

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the file at `path`; `read_only` opens it `mode=ro` and changes nothing."""
        self.path = path
        self.read_only = read_only
        if read_only:
            pragmas: dict[str, Any] = {"busy_timeout": 10_000}
            database = peewee.SqliteDatabase(f"{path.as_uri()}?mode=ro", pragmas=pragmas, uri=True)
        else:
            database = peewee.SqliteDatabase(str(path), pragmas=SQLITE_PRAGMAS, timeout=10)
        super().__init__(database)

    def sql(self, text: str) -> str:
        """SQLite takes `?`."""
        return text

    def ddl(self, text: str) -> str:
        """Tables with composite keys are stored in key order."""
        return text.format(blob="BLOB", clustered="WITHOUT ROWID", exact_text="TEXT")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN IMMEDIATE: a writer waits at the start, never in the middle."""
        self.connection()
        with cast("peewee.SqliteDatabase", self.database).atomic("IMMEDIATE"):
            yield

    @contextmanager
    def copying(
        self, table: str, columns: Sequence[str], *, binary: bool = False
    ) -> Iterator[Copy]:
        """Prepared once, executed for every row."""
        del binary
        text = _insert(table, tuple(columns))
        executemany = self.connection().executemany
        yield lambda rows: executemany(text, rows)

    def insert_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """There is nothing to wait for."""
        self.copy_rows(table, columns, rows)

    def insert_missing(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """ON CONFLICT DO NOTHING."""
        if rows:
            text = _insert(table, tuple(columns)) + " ON CONFLICT DO NOTHING"
            self.connection().executemany(text, rows)

    def upsert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str, update: str
    ) -> None:
        """ON CONFLICT DO UPDATE, prepared once."""
        if rows:
            text = _insert(table, tuple(columns))
            text += f" ON CONFLICT ({conflict}) DO UPDATE SET {update}"
            self.connection().executemany(text, rows)

    def move(self, source: str, insert: str) -> None:
        """Two statements: the transaction is alone."""
        self.execute(insert.replace("FROM ?", f"FROM {source}"))
        self.execute(f"DELETE FROM {source}")

    def rows_of_keys(
        self, text: str, fixed: Sequence[Any], keys: Sequence[str] | Sequence[int]
    ) -> list[Row]:
        """In slices, because a statement takes only so many values."""
        found: list[Row] = []
        for start in range(0, len(keys), 500):
            part = keys[start : start + 500]
            marks = f"IN ({','.join('?' * len(part))})"
            found += self.query(text.replace("IN ?", marks), (*fixed, *part))
        return found

    def _assert_durable(self) -> None:
        connection: Any = self.database.connection()  # type: ignore[no-untyped-call]
        for name, wanted in SQLITE_PRAGMAS.items():
            if self.read_only and name != "busy_timeout":
                continue
            value = connection.execute(f"PRAGMA {name}").fetchone()[0]
            if value != wanted:
                raise DatabaseSetupError(
                    f"{self.path}: expected PRAGMA {name} = {wanted}, the database says {value}"
                )


class PostgresDialect(Dialect):
    """PostgreSQL by psycopg 3."""

    name = "postgresql"
    for_update = " FOR UPDATE"

    def __init__(self, url: str) -> None:
        """Take a `postgresql://` URL; raises DatabaseSetupError when psycopg is not installed."""
        try:
            import psycopg
        except ImportError as error:
            raise DatabaseSetupError(
                "PostgreSQL needs the extra 'postgres': pip install 'guitai[postgres]'"
            ) from error
        self.integrity_errors = (psycopg.errors.IntegrityError,)
        self.operational_errors = (psycopg.OperationalError,)
        self.data_errors = (psycopg.DataError,)
        super().__init__(peewee.PostgresqlDatabase(url, prefer_psycopg3=True))

    def sql(self, text: str) -> str:
        """Psycopg takes `%s`."""
        return _percent_s(text)

    def ddl(self, text: str) -> str:
        """BYTEA; heaps have no clustering."""
        return text.format(blob="BYTEA", clustered="", exact_text='TEXT COLLATE "C"')

    def connection(self) -> psycopg.Connection[Any]:
        """This thread's connection; one that the server has closed is opened again."""
        if not self.database.is_closed() and not self.database.is_connection_usable():
            self.database.close()
        return cast("psycopg.Connection[Any]", super().connection())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """BEGIN … COMMIT; rows are locked by `for_update`."""
        self.connection()
        with self.database.atomic():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """REPEATABLE READ, unless it is part of a transaction that began otherwise."""
        self.connection()
        with self.database.atomic():
            if self.database.transaction_depth() == 1:
                self.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Pipeline mode of libpq: one round trip for all statements inside."""
        with self.connection().pipeline():
            yield

    @contextmanager
    def copying(
        self, table: str, columns: Sequence[str], *, binary: bool = False
    ) -> Iterator[Copy]:
        """COPY FROM STDIN; text format made here, or binary by psycopg."""
        form = "FORMAT BINARY" if binary else "NULL E'\\x01'"
        text = f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH ({form})"
        with self.connection().cursor().copy(text) as stream:
            yield binary_rows(stream) if binary else text_rows(stream)

    def ready(self, rows: Sequence[Row]) -> Ready:
        """The text of COPY."""
        return copy_text(rows) if rows else b""

    def insert_rows(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Arrays by UNNEST: COPY has its own protocol and two waits, and cannot be pipelined."""
        self._unnest(table, columns, rows, "")

    def insert_missing(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Arrays by UNNEST … ON CONFLICT DO NOTHING."""
        self._unnest(table, columns, rows, "ON CONFLICT DO NOTHING")

    def upsert(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], conflict: str, update: str
    ) -> None:
        """UNNEST … ON CONFLICT DO UPDATE, in key order so that writers cannot deadlock."""
        self._unnest(
            table, columns, sorted(rows), f"ON CONFLICT ({conflict}) DO UPDATE SET {update}"
        )

    def _unnest(
        self, table: str, columns: Sequence[str], rows: Sequence[Row], suffix: str
    ) -> None:
        if not rows:
            return
        arrays = ", ".join(
            "%s::bigint[]"
            if isinstance(v, int)
            else "%s::bytea[]"
            if isinstance(v, bytes)
            else "%s::text[]"
            for v in rows[0]
        )
        text = (
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) {suffix}"
        )
        for start in range(0, len(rows), _UNNEST_ROWS):
            part = rows[start : start + _UNNEST_ROWS]
            values = [array_literal(column) for column in zip(*part, strict=True)]
            self.connection().execute(text, values)

    def move(self, source: str, insert: str) -> None:
        """One statement, because other processes may be appending."""
        gone = f"WITH gone AS (DELETE FROM {source} RETURNING *) "
        self.execute(gone + insert.replace("FROM ?", "FROM gone"))

    def rows_of_keys(
        self, text: str, fixed: Sequence[Any], keys: Sequence[str] | Sequence[int]
    ) -> list[Row]:
        """One array."""
        return self.query(text.replace("IN ?", "= ANY(?)"), (*fixed, list(keys)))

    def _assert_durable(self) -> None:
        connection: Any = self.database.connection()  # type: ignore[no-untyped-call]
        connection.execute("SET synchronous_commit = on")
        value = connection.execute("SHOW synchronous_commit").fetchone()[0]
        if value != "on":
            raise DatabaseSetupError(f"expected synchronous_commit = on, the server says {value}")
        encoding = connection.execute("SHOW server_encoding").fetchone()[0]
        if encoding != "UTF8":
            raise DatabaseSetupError(f"expected a database in UTF8, the server says {encoding}")


def open_dialect(url: str, *, read_only: bool = False) -> Dialect:
    """Open a database by URL: `sqlite:///path` or `postgresql://…`; raises DatabaseSetupError."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///")).absolute()
        return SqliteDialect(path, read_only=read_only)
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresDialect(url.replace("postgres://", "postgresql://", 1))
    raise DatabaseSetupError(f"expected a URL sqlite:///… or postgresql://…, got {url!r}")


@lru_cache(maxsize=256)
def _insert(table: str, columns: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"


@lru_cache(maxsize=1024)
def _percent_s(text: str) -> str:
    return text.replace("%", "%%").replace("?", "%s")


def chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Rows in lists of at most `size`."""
    part: list[Row] = []
    for row in rows:
        part.append(row)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
