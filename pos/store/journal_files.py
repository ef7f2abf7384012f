"""The journal's files, one after another: each names the one that the journal goes on in (R30).

The first file of a home is `journal.db`. A rollover leaves it where it lies, under its name, and
goes on in `journal-2027.db`; the next in `journal-2028.db`. Which one is written is decided by one
row in each file but the last: `successor` in its `local_meta`, committed with the trigger that
closes the file (`pos.store.rollover`). So there is no pointer beside the files that could be lost,
or restored, apart from them, and no file is ever renamed under its readers: a reader that has one
open goes on reading it, and finds the row at its next look.

A connection made by `connect_journal` knows the files before its own. Whoever looks for a receipt
or a return asks `files_of(connection)`, newest first; almost always the first answers. Entry ids
and epoch numbers go on over the files, so that they mean one thing in all of them.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pos.store.connection import connect_raw
from pos.store.errors import N_, CorruptStore, StoreError

JOURNAL_DB = "journal.db"
REFERENCE_DB = "reference.db"
FIRST_SIBLING_ENTRY = 1 << 40
"""Entries of other tills are numbered from here, so that no number means an own entry as well."""

SUCCESSOR = "successor"
"""Key in `local_meta` of a closed file: name of the file that the journal goes on in."""

_NAME = re.compile(r"journal-\d{4}(-\d{1,3})?\.db")
_HAS_SIBLINGS = (
    "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'register_note' LIMIT 1"
)
_SUCCESSOR = "SELECT value FROM local_meta WHERE key = 'successor'"


class JournalConnection(sqlite3.Connection):
    """A connection to one file of the journal that can open the ones before it."""

    earlier: tuple[Path, ...] = ()
    """Closed files before this one, oldest first."""

    siblings_path: Path | None = None
    """`reference.db` beside it, which keeps what the shop's other tills wrote (R14)."""

    _opened: list[sqlite3.Connection] | None = None
    _siblings: sqlite3.Connection | None = None

    def archives(self) -> list[sqlite3.Connection]:
        """The files before this one, newest first, read-only; opened at the first call."""
        if self._opened is None:
            # The writer's connection is made on one thread and used on another.
            self._opened = [
                connect_raw(path, readonly=True, cache_kib=2048, check_same_thread=False)
                for path in reversed(self.earlier)
            ]
        return self._opened

    def siblings(self) -> sqlite3.Connection | None:
        """What other tills of the shop wrote about goods; None where nothing ever came."""
        if self._siblings is None and self.siblings_path is not None:
            self._siblings = _open_siblings(self.siblings_path)
        return self._siblings

    def close(self) -> None:
        """Close this file and those beside it."""
        for other in (*(self._opened or ()), *((self._siblings,) if self._siblings else ())):
            other.close()
        self._opened = self._siblings = None
        super().close()


def _open_siblings(path: Path) -> sqlite3.Connection | None:
    if not path.is_file():
        return None
    try:
        connection = connect_raw(path, readonly=True, cache_kib=2048, check_same_thread=False)
    except (sqlite3.Error, StoreError):
        return None  # the till goes on without what others wrote; its reference reader says why
    try:
        if connection.execute(_HAS_SIBLINGS).fetchone() is not None:
            return connection
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None


def files_of(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """This connection, then one for each file before its own, newest first."""
    yield connection
    if isinstance(connection, JournalConnection):
        yield from connection.archives()


def shop_files_of(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """`files_of`, and one for what the shop's other tills wrote about goods, last.

    That one has goods documents, registers, batches and numbered units, in the tables of a journal
    file, and no stock movements: those are in head office's figures. Its entry ids are above
    2**40; what it knows is as late as the last exchange with head office.
    """
    yield from files_of(connection)
    if isinstance(connection, JournalConnection):
        siblings = connection.siblings()
        if siblings is not None:
            yield siblings


def connect_journal(
    path: Path,
    earlier: tuple[Path, ...] = (),
    *,
    readonly: bool = False,
    cache_kib: int = 16_384,
    check_same_thread: bool = True,
) -> JournalConnection:
    """Open one file of the journal, set up and checked, with the files before it at hand."""
    connection = connect_raw(
        path,
        readonly=readonly,
        cache_kib=cache_kib,
        check_same_thread=check_same_thread,
        factory=JournalConnection,
    )
    assert isinstance(connection, JournalConnection)  # noqa: S101 - what the factory made
    connection.earlier = earlier
    connection.siblings_path = path.parent / REFERENCE_DB
    return connection


def read_journal(home: Path) -> JournalConnection:
    """The live file of a home, read-only, with the files before it at hand."""
    *earlier, live = journal_files(home)
    return connect_journal(live, tuple(earlier), readonly=True)


def journal_files(home: Path) -> tuple[Path, ...]:
    """Every file of a home's journal, oldest first; the last is the live one.

    One path that need not exist while there is no journal. Raises CorruptStore when a file names
    a successor that is not there: trading on in the closed one would be a second history.
    """
    found = [home / JOURNAL_DB]
    while name := successor_of(found[-1]):
        path = home / name
        if not _NAME.fullmatch(name) or path in found or not path.is_file():
            raise CorruptStore(
                N_("The journal goes on in {path}, which is not there."),
                path=path,
                hint=N_("Put the file back from the last verified backup; start nothing anew."),
            )
        found.append(path)
    return tuple(found)


def live_journal(home: Path) -> Path:
    """The file that is written; it need not exist yet."""
    return journal_files(home)[-1]


def successor_of(path: Path) -> str:
    """Name of the file after this one; empty for the live one, and where there is none."""
    if not path.is_file():
        return ""
    with closing(connect_raw(path, readonly=True, cache_kib=512)) as connection:
        return successor_in(connection)


def successor_in(connection: sqlite3.Connection) -> str:
    """What an open file says of its successor; empty for the live one."""
    try:
        row = connection.execute(_SUCCESSOR).fetchone()
    except sqlite3.DatabaseError:
        return ""  # no journal yet, or a damaged one: whoever opens it says which
    return str(row[0]) if row else ""
