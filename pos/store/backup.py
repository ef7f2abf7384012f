"""Backups of a home: full copies, new journal rows between them, verification, restore (R32).

Run as its own process (`pos backup`). It reads `mode=ro` inside one read transaction: SQLite's
paged online backup starts again whenever the till writes and never ends beside a busy one, while a
read transaction in WAL mode sees one moment and disturbs nobody. The copy is written under a
temporary name, synced, verified and only then given its name: what is called a backup is one.

A backup is a folder:

    full-<UTC time>/        journal.db, reference.db, the home's settings and keys, manifest.json
    increment-<UTC time>/   journal rows after those of the backup before it, manifest.json

Verified means: SQLite's integrity check, and the hash chain of every epoch from its first entry
(SQLite does not notice a flipped bit inside a value; the chain does). An increment joins the
backup before it by epoch, sequence and hash.

Restoring never writes over a home. It leaves `restore.json` there: the next start must open a new
epoch with reason `restore` (R2, R17), because head office may hold entries that the backup lacks.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from pos.domain.journal import GENESIS_HASH, chain_hash
from pos.store import projections
from pos.store.connection import connect_raw
from pos.store.errors import N_, BackupFailed
from pos.store.reference import REFERENCE_DB

JOURNAL_DB = "journal.db"
RESTORE_MARK = "restore.json"
MANIFEST = "manifest.json"
FORMAT = 1

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


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The last entry of a backup's journal."""

    entry_id: int = 0
    epoch_no: int = 0
    seq: int = 0
    hash: str = ""
    """Hex; empty when there is no entry."""


class BackupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A backup: its manifest, and where it lies."""

    kind: str
    """`full` or `increment`."""

    created_utc_ms: int
    head: Head
    base: Head = Head()
    """Where an increment joins on; an empty head for a full backup."""

    entries: int = 0
    files: dict[str, str] = {}
    """Name within the folder → SHA-256."""

    format: int = FORMAT
    path: str = ""


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
    with _folder(target, "full") as folder:
        _copy_database(home / JOURNAL_DB, folder / JOURNAL_DB)
        if (home / REFERENCE_DB).is_file():
            _copy_database(home / REFERENCE_DB, folder / REFERENCE_DB)
        for name in _FILES:
            if (home / name).is_file():
                shutil.copy2(home / name, folder / name)
        for name in _FOLDERS:
            if (home / name).is_dir():
                shutil.copytree(home / name, folder / name)
        with closing(_open_copy(folder / JOURNAL_DB)) as copy:
            _check_integrity(copy, folder / JOURNAL_DB)
            head = _verify_chain(copy, Head())
            entries = copy.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
        info = BackupInfo(
            kind="full",
            created_utc_ms=time.time_ns() // 1_000_000,
            head=head,
            entries=entries,
            files=_digests(folder),
        )
        _write_manifest(folder, info)
    return _named(info, target)


def incremental_backup(home: Path, target: Path) -> BackupInfo | None:
    """Copy the journal rows that no backup under `target` has yet, or None when there are none.

    Raises BackupFailed when there is no full backup to join on to, or when this journal is not the
    one that was backed up (a restored till begins with a full backup).
    """
    chain = list_backups(target)
    if not chain:
        raise BackupFailed(
            N_("{target} has no full backup to add to."),
            target=target,
            hint=N_("Make a full backup first: `pos backup --full`."),
        )
    base = chain[-1].head
    with closing(connect_raw(home / JOURNAL_DB, readonly=True)) as journal:
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
        with _folder(target, "increment") as folder:
            path = folder / "journal-rows.db"
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
                _check_integrity(copy, path)
                head = _verify_chain(copy, base)
                entries = copy.execute("SELECT count(*) FROM journal_entry").fetchone()[0]
            info = BackupInfo(
                kind="increment",
                created_utc_ms=time.time_ns() // 1_000_000,
                head=head,
                base=base,
                entries=entries,
                files=_digests(folder),
            )
            _write_manifest(folder, info)
    return _named(info, target)


def list_backups(target: Path) -> list[BackupInfo]:
    """The newest full backup under `target` and the increments that join on to it, in order."""
    found = [_read_manifest(path.parent) for path in sorted(target.glob(f"*/{MANIFEST}"))]
    fulls = [info for info in found if info.kind == "full"]
    if not fulls:
        return []
    chain = [max(fulls, key=lambda info: (info.created_utc_ms, info.path))]
    while True:
        joined = [i for i in found if i.kind == "increment" and i.base == chain[-1].head]
        if not joined:
            return chain
        chain.append(joined[-1])


def verify_backup(path: Path) -> BackupInfo:
    """Check a backup's files, integrity and hash chain; BackupFailed names what differs."""
    info = _read_manifest(path)
    for name, expected in info.files.items():
        file = path / name
        actual = _sha256(file) if file.is_file() else "nothing"
        if expected != actual:
            raise BackupFailed(
                N_("{path}: expected hash {expected}, got {actual}."),
                path=file,
                expected=expected[:12],
                actual=actual[:12],
                hint=N_("This backup is damaged; use an earlier one."),
            )
    name = JOURNAL_DB if info.kind == "full" else "journal-rows.db"
    with closing(_open_copy(path / name)) as copy:
        _check_integrity(copy, path / name)
        head = _verify_chain(copy, info.base)
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
    increments = []
    head = full.head
    for info in sorted(_siblings(path), key=lambda info: info.created_utc_ms):
        if info.base == head:
            increments.append(verify_backup(Path(info.path)))
            head = info.head
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = RestoreMark(
        backup=path.name,
        head=head,
        agreed_seq=_agreed_seq(path, head),
        restored_utc_ms=time.time_ns() // 1_000_000,
    )
    # The mark comes first and the journal last: a kill in between leaves a home that does not
    # start, never one that trades on in the old epoch.
    _write_synced(home / RESTORE_MARK, msgspec.json.encode(mark))
    for name in _FILES:
        if (path / name).is_file():
            shutil.copy2(path / name, home / name)
    for name in _FOLDERS:
        if (path / name).is_dir():
            shutil.copytree(path / name, home / name, dirs_exist_ok=True)
    if (path / REFERENCE_DB).is_file():
        shutil.copy2(path / REFERENCE_DB, home / REFERENCE_DB)
    temporary = home / f"{JOURNAL_DB}.restoring"
    temporary.unlink(missing_ok=True)
    shutil.copy2(path / JOURNAL_DB, temporary)
    if increments:
        _append_rows(temporary, [Path(info.path) / "journal-rows.db" for info in increments])
    with closing(_open_copy(temporary)) as copy:
        _verify_chain(copy, Head())
    _sync(temporary)
    temporary.rename(home / JOURNAL_DB)
    _sync(home)
    return mark


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
    _sync(home)


def prune(target: Path, *, keep: int) -> list[Path]:
    """Remove all but the newest `keep` full backups and what joins on to them; returns those."""
    found = [_read_manifest(path.parent) for path in sorted(target.glob(f"*/{MANIFEST}"))]
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


@contextmanager
def _folder(target: Path, kind: str) -> Iterator[Path]:
    """A folder under a temporary name that gets its own once the block is through."""
    stamp = (
        time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        + f"{time.time_ns() // 1_000_000 % 1000:03d}Z"
    )
    final = target / f"{kind}-{stamp}"
    folder = target / f".{final.name}.making"
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in target.glob(".*.making"):
            shutil.rmtree(left)
        folder.mkdir(mode=0o700)
        yield folder
        for path in sorted(folder.rglob("*")):
            _sync(path)
        _sync(folder)
        folder.rename(final)
        _sync(target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupFailed(
            N_("The backup to {target} failed: {reason}."), target=target, reason=error
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copy_database(source: Path, target: Path) -> None:
    """One moment of a database, compact; the source is only read."""
    with closing(connect_raw(source, readonly=True)) as connection:
        # VACUUM INTO writes to the target only, but counts as a write to the connection.
        connection.execute("PRAGMA query_only = OFF")
        connection.execute("VACUUM INTO ?", (str(target),))
    target.chmod(0o600)


def _open_copy(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise BackupFailed(
            N_("{path} cannot be opened: {reason}."), path=path, reason=error
        ) from error


def _new_copy(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    for statement in _SCHEMA.split(";"):
        connection.execute(statement)
    path.chmod(0o600)
    return connection


def _check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupFailed(N_("{path} is damaged: {reason}."), path=path, reason=verdict)


def _verify_chain(connection: sqlite3.Connection, base: Head) -> Head:
    """Follow every entry's hash and sequence from `base` on; returns the last entry."""
    head = base
    rows = connection.execute(
        "SELECT entry_id, epoch_no, seq, hash, bytes FROM journal_entry ORDER BY entry_id"
    )
    for entry_id, epoch_no, seq, entry_hash, entry_bytes in rows:
        same = epoch_no == head.epoch_no and head.seq > 0
        expected_seq = head.seq + 1 if same else 1
        before = bytes.fromhex(head.hash) if same else GENESIS_HASH
        if seq != expected_seq or chain_hash(before, bytes(entry_bytes)) != bytes(entry_hash):
            raise BackupFailed(
                N_("The journal's chain breaks at epoch {epoch}, entry {seq}."),
                epoch=epoch_no,
                seq=seq,
                hint=N_("Run `pos journal verify`; keep the earlier backups."),
            )
        head = Head(entry_id=entry_id, epoch_no=epoch_no, seq=seq, hash=bytes(entry_hash).hex())
    return head


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


def _agreed_seq(backup: Path, head: Head) -> int:
    """Last sequence of the head's epoch that head office had acknowledged when this was made."""
    if not (backup / REFERENCE_DB).is_file():
        return 0
    with closing(_open_copy(backup / JOURNAL_DB)) as journal:
        sql = "SELECT epoch_id FROM epoch WHERE epoch_no = ?"
        epoch = journal.execute(sql, (head.epoch_no,)).fetchone()
    with closing(_open_copy(backup / REFERENCE_DB)) as reference:
        sql = "SELECT acked_seq FROM ack WHERE epoch = ?"
        row = epoch and reference.execute(sql, epoch).fetchone()
    return min(int(row[0]), head.seq) if row else 0


def _siblings(path: Path) -> list[BackupInfo]:
    found = [_read_manifest(p.parent) for p in sorted(path.parent.glob(f"increment-*/{MANIFEST}"))]
    return [info for info in found if info.kind == "increment"]


def _read_manifest(folder: Path) -> BackupInfo:
    try:
        info = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=BackupInfo)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupFailed(
            N_("{path} is no backup: {reason}."), path=folder, reason=error
        ) from error
    if info.format > FORMAT:
        raise BackupFailed(N_("{path} was made by a newer version."), path=folder)
    return msgspec.structs.replace(info, path=str(folder))


def _write_manifest(folder: Path, info: BackupInfo) -> None:
    _write_synced(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(info), indent=2))


def _named(info: BackupInfo, target: Path) -> BackupInfo:
    """The backup just made, with its place."""
    made = [_read_manifest(path.parent) for path in target.glob(f"{info.kind}-*/{MANIFEST}")]
    matches: Sequence[BackupInfo] = [i for i in made if i.created_utc_ms == info.created_utc_ms]
    return matches[0] if matches else info


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): _sha256(path) for path in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
