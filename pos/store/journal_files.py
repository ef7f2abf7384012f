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
from pos.store.errors import N_, CorruptStore

JOURNAL_DB = "journal.db"
SUCCESSOR = "successor"
"""Key in `local_meta` of a closed file: name of the file that the journal goes on in."""

_NAME = re.compile(r"journal-\d{4}(-\d{1,3})?\.db")
_SUCCESSOR = "SELECT value FROM local_meta WHERE key = 'successor'"


class JournalConnection(sqlite3.Connection):
    """A connection to one file of the journal that can open the ones before it."""

    earlier: tuple[Path, ...] = ()
    """Closed files before this one, oldest first."""

    _opened: list[sqlite3.Connection] | None = None

    def archives(self) -> list[sqlite3.Connection]:
        """The files before this one, newest first, read-only; opened at the first call."""
        if self._opened is None:
            # The writer's connection is made on one thread and used on another.
            self._opened = [
                connect_raw(path, readonly=True, cache_kib=2048, check_same_thread=False)
                for path in reversed(self.earlier)
            ]
        return self._opened

    def close(self) -> None:
        """Close this file and those before it."""
        for archive in self._opened or ():
            archive.close()
        self._opened = None
        super().close()


def files_of(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """This connection, then one for each file before its own, newest first."""
    yield connection
    if isinstance(connection, JournalConnection):
        yield from connection.archives()


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
