"""Backups of a home: full copies, new journal rows between them, verification, restore (R32).

Run as its own process (`pos backup`; the running till starts it, see `pos.backups`). It reads
`mode=ro` inside one read transaction: SQLite's paged online backup starts again whenever the till
writes and never ends beside a busy one, while a read transaction in WAL mode sees one moment and
disturbs nobody. The copy is written under a temporary name, synced, verified and only then given
its name (`backup_folder`): what is called a backup is one.

A backup is a folder:

    full-<UTC time>/        the journal's files, reference.db, settings and keys, manifest.json
    increment-<UTC time>/   journal rows after those of the backup before it, manifest.json

Verified means: SQLite's integrity check, and the hash chain of every epoch from its first entry
(SQLite does not notice a flipped bit inside a value; the chain does). An increment joins the
backup before it by epoch, sequence and hash.

Restoring never writes over a home. It leaves `restore.json` there: the next start must open a new
epoch with reason `restore` (R2, R17), because head office may hold entries that the backup lacks.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from pos.store import projections
from pos.store.backup_folder import (
    MANIFEST,
    ROWS_DB,
    BackupInfo,
    Head,
    check_integrity,
    digests,
    making,
    next_created_ms,
    open_copy,
    read_manifest,
    read_manifests,
    sha256,
    sync,
    verify_chain,
    write_manifest,
    write_synced,
)
from pos.store.connection import connect_raw
from pos.store.errors import N_, BackupFailed
from pos.store.journal_files import JOURNAL_DB, REFERENCE_DB, live_journal, successor_in

RESTORE_MARK = "restore.json"

# Small files that a home needs to trade again. `keys` makes the medium as secret as the till.
_FILES = ("guitai.toml", "secrets.toml")
_FOLDERS = ("keys",)

_SCHEMA = """
CREATE TABLE epoch (
  epoch_no INTEGER PRIMARY KEY, epoch_id TEXT, reason TEXT, opened_utc_ms INTEGER);
CREATE TABLE journal_entry (
  entry_id INTEGER PRIMARY KEY, epoch_no INTEGER, seq INTEGER, entry_uuid TEXT, kind TEXT,
  business_day TEXT, at_utc_ms INTEGER, hash BLOB, bytes BLOB)"""
_ENTRY = "entry_id, epoch_no, seq, entry_uuid, kind, business_day, at_utc_ms, hash, bytes"
_EPOCH = "epoch_no, epoch_id, reason, opened_utc_ms"


class RestoreMark(msgspec.Struct, frozen=True, kw_only=True):
    """Left in a restored home until the journal has opened its new epoch."""

    reason: str = "restore"
    backup: str = ""
    head: Head = Head()
    agreed_seq: int = 0
    """Last sequence of the head's epoch that head office is known to have acknowledged (R2)."""

    restored_utc_ms: int = 0


def full_backup(home: Path, target: Path) -> BackupInfo:
    """Copy everything that a home needs into a new folder under `target`, verified.

    Raises BackupFailed (earlier backups are untouched) or StoreUnavailable without a journal.
    """
    created_utc_ms = next_created_ms(target)
    with making(target, "full", created_utc_ms) as (folder, final):
        head, entries = Head(), 0
        journals: list[str] = []
        # The copy says which file is next: a rollover meanwhile is in the backup, or is not.
        following = JOURNAL_DB
        while following:
            journals.append(following)
            path = folder / following
            _copy_database(home / following, path)
            with closing(open_copy(path)) as copy:
                check_integrity(copy, path)
                head = verify_chain(copy, head)
                entries += copy.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
                following = successor_in(copy)
        if (home / REFERENCE_DB).is_file():
            _copy_database(home / REFERENCE_DB, folder / REFERENCE_DB)
        for name in _FILES:
            if (home / name).is_file():
                shutil.copy2(home / name, folder / name)
        for name in _FOLDERS:
            if (home / name).is_dir():
                shutil.copytree(home / name, folder / name)
        info = BackupInfo(
            kind="full",
            created_utc_ms=created_utc_ms,
            head=head,
            entries=entries,
            files=digests(folder),
            journals=tuple(journals),
        )
        write_manifest(folder, info)
    return msgspec.structs.replace(info, path=str(final))


def incremental_backup(home: Path, target: Path) -> BackupInfo | None:
    """Copy the journal rows that no backup under `target` has yet, or None when there are none.

    Raises BackupFailed when there is no full backup to join on to, or when this journal is not the
    one that was backed up (a restored till, and a journal that goes on in a new file, begin with a
    full backup).
    """
    chain = list_backups(target)
    if not chain:
        raise BackupFailed(
            N_("{target} has no full backup to add to."),
            target=target,
            hint=N_("Make a full backup first: `pos backup --full`."),
        )
    base = chain[-1].head
    created_utc_ms = next_created_ms(target)
    live = live_journal(home)
    if live.name not in chain[0].journals:
        raise BackupFailed(
            N_("The journal of {home} goes on in a new file, {name}."),
            home=home,
            name=live.name,
            hint=N_("Make a full backup first: `pos backup --full`."),
        )
    with closing(connect_raw(live, readonly=True)) as journal:
        journal.execute("BEGIN")  # one moment of the journal
        at_base = journal.execute(
            "SELECT hash FROM journal_entry WHERE entry_id = ?", (base.entry_id,)
        ).fetchone()
        if base.entry_id and (at_base is None or bytes(at_base[0]).hex() != base.hash):
            raise BackupFailed(
                N_("{home} has another journal than the backups in {target}."),
                home=home,
                target=target,
                hint=N_("Make a full backup into a folder of its own."),
            )
        newer = "SELECT 1 FROM journal_entry WHERE entry_id > ? LIMIT 1"
        if journal.execute(newer, (base.entry_id,)).fetchone() is None:
            return None
        with making(target, "increment", created_utc_ms) as (folder, final):
            path = folder / ROWS_DB
            with closing(_new_copy(path)) as copy:
                copy.execute("BEGIN")
                copy.executemany(
                    "INSERT INTO epoch VALUES (?, ?, ?, ?)",
                    journal.execute(f"SELECT {_EPOCH} FROM epoch"),
                )
                copy.executemany(
                    "INSERT INTO journal_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    journal.execute(
                        f"SELECT {_ENTRY} FROM journal_entry WHERE entry_id > ? ORDER BY entry_id",
                        (base.entry_id,),
                    ),
                )
                copy.execute("COMMIT")
                check_integrity(copy, path)
                head = verify_chain(copy, base)
                entries = copy.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
            info = BackupInfo(
                kind="increment",
                created_utc_ms=created_utc_ms,
                head=head,
                base=base,
                entries=entries,
                files=digests(folder),
            )
            write_manifest(folder, info)
    return msgspec.structs.replace(info, path=str(final))


def list_backups(target: Path) -> list[BackupInfo]:
    """The newest full backup under `target` and the increments that join on to it, in order.

    A backup that cannot be read counts for nothing: the next one makes it good.
    """
    found, _damaged = read_manifests(target)
    fulls = [info for info in found if info.kind == "full"]
    if not fulls:
        return []
    newest = max(fulls, key=lambda info: (info.created_utc_ms, info.path))
    return [newest, *_joined(newest, found)]


def _joined(full: BackupInfo, found: Sequence[BackupInfo]) -> list[BackupInfo]:
    """The increments that join on to a full backup, one after the other."""
    chain = [full]
    increments = sorted(
        (info for info in found if info.kind == "increment"), key=lambda info: info.created_utc_ms
    )
    for info in increments:
        if info.base == chain[-1].head:
            chain.append(info)
    return chain[1:]


def verify_backup(path: Path) -> BackupInfo:
    """Check a backup's files, integrity and hash chain; BackupFailed names what differs."""
    info = read_manifest(path)
    for name, expected in info.files.items():
        file = path / name
        actual = sha256(file) if file.is_file() else "nothing"
        if expected != actual:
            raise BackupFailed(
                N_("{path}: expected hash {expected}, got {actual}."),
                path=file,
                expected=expected[:12],
                actual=actual[:12],
                hint=N_("This backup is damaged; use an earlier one."),
            )
    head = info.base
    for name in info.journals if info.kind == "full" else (ROWS_DB,):
        with closing(open_copy(path / name)) as copy:
            check_integrity(copy, path / name)
            head = verify_chain(copy, head)
    if head != info.head:
        raise BackupFailed(
            N_("{path}: expected the journal to end at {expected}, it ends at {actual}."),
            path=path,
            expected=info.head.seq,
            actual=head.seq,
        )
    return info


def restore(path: Path, home: Path) -> RestoreMark:
    """Make a new home of a full backup and the increments beside it that join on to it.

    `home` must not have a journal. Projections are rebuilt when increments brought rows; the next
    start opens the new epoch. Raises BackupFailed.
    """
    if (home / JOURNAL_DB).exists():
        raise BackupFailed(
            N_("{home} has a journal: a restore never writes over one."),
            home=home,
            hint=N_("Restore into an empty folder, or move the old home away first."),
        )
    full = verify_backup(path)
    if full.kind != "full":
        raise BackupFailed(N_("{path} is an increment; name the full backup."), path=path)
    beside, _damaged = read_manifests(path.absolute().parent)
    increments = _joined(full, beside)
    for info in increments:
        verify_backup(Path(info.path))
    head = increments[-1].head if increments else full.head
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = RestoreMark(
        backup=path.name,
        head=head,
        agreed_seq=_agreed_seq(path, full.journals[-1], head),
        restored_utc_ms=time.time_ns() // 1_000_000,
    )
    # The mark comes first and the journal last: a kill in between leaves a home that does not
    # start, never one that trades on in the old epoch.
    write_synced(home / RESTORE_MARK, msgspec.json.encode(mark))
    for name in _FILES:
        if (path / name).is_file():
            shutil.copy2(path / name, home / name)
    for name in _FOLDERS:
        if (path / name).is_dir():
            shutil.copytree(path / name, home / name, dirs_exist_ok=True)
    if (path / REFERENCE_DB).is_file():
        shutil.copy2(path / REFERENCE_DB, home / REFERENCE_DB)
    _restore_journals(path, home, full, increments)
    return mark


def _restore_journals(
    path: Path, home: Path, full: BackupInfo, increments: Sequence[BackupInfo]
) -> None:
    """Copy the journal's files, increments within the last of them, and name them once verified."""
    head = increments[-1].head if increments else full.head
    last = Head()
    for name in full.journals:
        temporary = _being_restored(home / name)
        temporary.unlink(missing_ok=True)
        shutil.copy2(path / name, temporary)
        if name == full.journals[-1] and increments:
            _append_rows(temporary, [Path(info.path) / ROWS_DB for info in increments])
        with closing(open_copy(temporary)) as copy:
            last = verify_chain(copy, last)
        sync(temporary)
    if last != head:
        raise BackupFailed(
            N_("{path}: expected the journal to end at {expected}, it ends at {actual}."),
            path=path,
            expected=head.seq,
            actual=last.seq,
        )
    for name in reversed(full.journals):  # the first file last: without it there is no journal
        _being_restored(home / name).rename(home / name)
    sync(home)


def _being_restored(path: Path) -> Path:
    return path.with_name(f"{path.name}.restoring")


def read_restore_mark(home: Path) -> RestoreMark | None:
    """The mark of a restored home, or None."""
    try:
        return msgspec.json.decode((home / RESTORE_MARK).read_bytes(), type=RestoreMark)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError:
        return RestoreMark()  # unreadable, but a restore all the same


def clear_restore_mark(home: Path) -> None:
    """Forget the mark once the new epoch is committed."""
    (home / RESTORE_MARK).unlink(missing_ok=True)
    sync(home)


def prune(target: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest `keep` full backups and what joins on to them; returns those."""
    found, _damaged = read_manifests(target)
    fulls = sorted((i for i in found if i.kind == "full"), key=lambda info: info.created_utc_ms)
    if len(fulls) <= max(keep, 1):
        return []
    oldest_kept = fulls[-max(keep, 1)].created_utc_ms
    removed = [Path(info.path) for info in found if info.created_utc_ms < oldest_kept]
    for path in removed:
        # Without its manifest it is no backup any more, wherever the removal is cut off.
        (path / MANIFEST).unlink()
        shutil.rmtree(path)
    return removed


# ------------------------------------------------------------------------------------ inside


def _copy_database(source: Path, target: Path) -> None:
    """One moment of a database, compact; the source is only read."""
    with closing(connect_raw(source, readonly=True)) as connection:
        # VACUUM INTO writes to the target only, but counts as a write to the connection.
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def _new_copy(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    path.chmod(0o600)
    return connection


def _append_rows(journal: Path, increments: Sequence[Path]) -> None:
    with closing(connect_raw(journal)) as connection:
        for rows in increments:
            connection.execute("ATTACH ? AS increment", (str(rows),))
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                f"INSERT INTO main.epoch ({_EPOCH}) SELECT {_EPOCH} FROM increment.epoch e"
                " WHERE NOT EXISTS (SELECT 1 FROM main.epoch m WHERE m.epoch_no = e.epoch_no)"
            )
            connection.execute(
                f"INSERT INTO main.journal_entry ({_ENTRY})"
                f" SELECT {_ENTRY} FROM increment.journal_entry ORDER BY entry_id"
            )
            connection.execute("COMMIT")
            connection.execute("DETACH increment")
        connection.execute("BEGIN IMMEDIATE")
        projections.rebuild(connection)
        # What was open at the full backup has been sold, or cancelled, in the rows after it.
        for table in ("open_sale", "open_sale_line", "open_sale_tender"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _agreed_seq(backup: Path, journal: str, head: Head) -> int:
    """Last sequence of the head's epoch that head office had acknowledged when this was made."""
    if not (backup / REFERENCE_DB).is_file():
        return 0
    with closing(open_copy(backup / journal)) as copy:
        sql = "SELECT epoch_id FROM epoch WHERE epoch_no = ?"
        epoch = copy.execute(sql, (head.epoch_no,)).fetchone()
    with closing(open_copy(backup / REFERENCE_DB)) as reference:
        sql = "SELECT acked_seq FROM ack WHERE epoch = ?"
        row = epoch and reference.execute(sql, epoch).fetchone()
    return min(int(row[0]), head.seq) if row else 0
