"""Status, upgrade and rebuild of a home's databases, for `pos db` and `pos doctor`."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from pos.domain.journal import Entry, decode_entry
from pos.store.connection import connect_raw
from pos.store.errors import N_, BackupFailed, StoreError
from pos.store.journal_files import JOURNAL_DB, journal_files, live_journal, successor_in
from pos.store.locks import JOURNAL_LOCK, REFERENCE_LOCK, FileLock, is_held, read_holder
from pos.store.migrate import Migrated, migrate
from pos.store.migrations import REFERENCE
from pos.store.verification import differing_projections

JOURNAL = Path(__file__).parent / "migrations" / "journal"


def _files(home: Path) -> list[tuple[str, str, Path]]:
    """Each database with its lock and its migrations: the journal's files, oldest first (R30)."""
    try:
        names = [path.name for path in journal_files(home)]
    except StoreError as error:
        # What the last one names is missing: it is told as a database that is not there.
        names = [JOURNAL_DB, Path(error.values.get("path", "")).name]
    journals = [(name, JOURNAL_LOCK, JOURNAL) for name in dict.fromkeys(filter(None, names))]
    return [*journals, ("reference.db", REFERENCE_LOCK, REFERENCE)]


class FileStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One database file as it lies there."""

    name: str
    exists: bool
    bytes: int = 0
    wal_bytes: int = 0
    version: int = 0
    """Number of its newest migration."""

    newest: int = 0
    """Number of this program's newest migration."""

    rows: dict[str, int] = {}
    days: tuple[str, str] = ("", "")
    """First and last business day that a file of the journal has."""

    closed: bool = False
    """A file of the journal that goes on in another: it is only read (R30)."""

    held_by: str = ""
    """Process and command that writes it now, or empty."""

    error: str = ""

    @property
    def state(self) -> str:
        """absent, unreadable, current, old or newer."""
        if not self.exists:
            return "absent"
        if self.error:
            return "unreadable"
        if self.version == self.newest:
            return "current"
        return "old" if self.version < self.newest else "newer"


def database_status(home: Path) -> list[FileStatus]:
    """Every database; nothing is written and nothing is raised."""
    return [_status(home, *file) for file in _files(home)]


def upgrade(home: Path, app_version: str) -> list[tuple[str, Migrated]]:
    """Migrate every database under its lock, each backed up first; closed journals too.

    Raises FileLocked, NewerDatabase, MigrationFailed.
    """
    done = []
    for name, lock, folder in _files(home):
        path = home / name
        if path.exists():
            with FileLock.acquire(home / lock):
                migrated = migrate(
                    path, folder, backup_dir=home / "backups", app_version=app_version
                )
            done.append((name, migrated))
    return done


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild of the projections came to."""

    backup: Path
    entries: int
    differed: tuple[str, ...]
    """Projections that were not what the journal says, and now are."""


def rebuild_projections(home: Path, progress: Callable[[int], None] | None = None) -> Rebuilt:
    """Make every projection of the live journal again, in one transaction, after a backup.

    Closed files are never written; `pos journal verify` checks theirs. Raises FileLocked while the
    till runs, CorruptStore when an entry cannot be read.
    """
    with FileLock.acquire(home / JOURNAL_LOCK):
        path = live_journal(home)
        backup = _copy(path, home / "backups")
        with closing(connect_raw(path)) as connection:
            differed = differing_projections(connection, progress)
            entries = connection.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Rebuilt(backup=backup, entries=entries, differed=differed)


def _copy(path: Path, folder: Path) -> Path:
    """A copy of one moment beside the other backups; only read from."""
    folder.mkdir(exist_ok=True, mode=0o700)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = folder / f"{path.stem}-before-rebuild-{stamp}.db"
    target.unlink(missing_ok=True)
    try:
        with closing(connect_raw(path, readonly=True)) as connection:
            connection.execute("PRAGMA query_only = OFF")
            connection.execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)
    except (sqlite3.Error, OSError) as error:
        raise BackupFailed(
            N_("The backup to {target} failed: {reason}."), target=target, reason=error
        ) from error
    return target


def _status(home: Path, name: str, lock: str, folder: Path) -> FileStatus:
    path = home / name
    newest = max(int(script.name[1:5]) for script in folder.glob("m[0-9]*.py"))
    if not path.is_file():
        return FileStatus(name=name, exists=False, newest=newest)
    wal = path.with_name(f"{name}-wal")
    held_by = ""
    if is_held(home / lock):
        holder = read_holder(home / lock)
        held_by = f"{holder.pid} {holder.command}"
    version, rows, error = 0, {}, ""
    days, closed = ("", ""), False
    tables = ("journal_entry", "epoch", "txn") if folder == JOURNAL else ("item", "operator")
    try:
        with closing(connect_raw(path, readonly=True)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            for table in tables:
                count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
                rows[table] = int(count[0])
            if folder == JOURNAL:
                closed = bool(successor_in(connection))
                span = "SELECT min(business_day), max(business_day) FROM business_day"
                first, last = connection.execute(span).fetchone()
                days = (first or "", last or "")
    except (StoreError, sqlite3.Error) as found:
        error = str(found)
    return FileStatus(
        name=name,
        exists=True,
        bytes=path.stat().st_size,
        wal_bytes=wal.stat().st_size if wal.exists() else 0,
        version=version,
        newest=newest,
        rows=rows,
        days=days,
        closed=closed,
        held_by="" if closed else held_by,
        error=error,
    )


def waiting_print_jobs(path: Path) -> int:
    """Slips of a journal that are neither printed nor given up."""
    with closing(connect_raw(path, readonly=True)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM print_job WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF')"
        ).fetchone()
    return int(row[0])


def last_entry_utc_ms(path: Path) -> int:
    """When the last entry of a journal was made, by its till's clock; 0 without one."""
    if not path.is_file():
        return 0
    with closing(connect_raw(path, readonly=True)) as connection:
        row = connection.execute(
            "SELECT at_utc_ms FROM journal_entry ORDER BY entry_id DESC LIMIT 1"
        ).fetchone()
    return int(row[0]) if row else 0


def last_entry_flagged(home: Path, flag: str = "clock_suspect") -> bool:
    """Whether the last entry of a home's journal carries a flag; no without one."""
    path = live_journal(home)
    if not path.is_file():
        return False
    with closing(connect_raw(path, readonly=True)) as connection:
        row = connection.execute(
            "SELECT bytes FROM journal_entry ORDER BY entry_id DESC LIMIT 1"
        ).fetchone()
    entry = decode_entry(bytes(row[0])) if row else None
    return isinstance(entry, Entry) and flag in entry.envelope.flags


def unsent_entries(home: Path, acked: Mapping[str, int]) -> tuple[int, int]:
    """How many entries lie above what each epoch has acknowledged, and when the oldest was made."""
    count, oldest_ms = 0, 0
    for path in journal_files(home):
        with closing(connect_raw(path, readonly=True)) as connection:
            epochs = connection.execute("SELECT epoch_no, epoch_id FROM epoch ORDER BY epoch_no")
            for epoch_no, epoch_id in epochs.fetchall():
                found, first_ms = connection.execute(
                    "SELECT count(*), min(at_utc_ms) FROM journal_entry "
                    "WHERE epoch_no = ? AND seq > ?",
                    (epoch_no, acked.get(epoch_id, 0)),
                ).fetchone()
                count += found
                oldest_ms = oldest_ms or first_ms or 0
    return count, oldest_ms
