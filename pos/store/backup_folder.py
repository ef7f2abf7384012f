"""A backup as a folder: made under a temporary name, described by its manifest, read back (R32).

What is called a backup is one: the folder gets its name by a rename, after everything in it was
verified and synced. A folder with a dot in front is one that was being made when a process or the
machine died; nothing lists, restores or joins on to it, and the next backup removes it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from pos.domain.journal import GENESIS_HASH, chain_hash
from pos.store.errors import N_, BackupFailed

MANIFEST = "manifest.json"
ROWS_DB = "journal-rows.db"
FORMAT = 1


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
    """Later than that of every backup beside it, whatever the clock said."""

    head: Head
    base: Head = Head()
    """Where an increment joins on; an empty head for a full backup."""

    entries: int = 0
    files: dict[str, str] = {}
    """Name within the folder → SHA-256."""

    format: int = FORMAT
    path: str = ""
    journals: tuple[str, ...] = ("journal.db",)
    """The journal's files in a full backup, oldest first (R30)."""


@contextmanager
def making(target: Path, kind: str, created_utc_ms: int) -> Iterator[tuple[Path, Path]]:
    """A folder under a temporary name, and the name that it gets once the block is through.

    Raises BackupFailed when the medium does not take it; nothing is left of it then.
    """
    seconds, milliseconds = divmod(created_utc_ms, 1000)
    stamp = f"{time.strftime('%Y%m%dT%H%M%S', time.gmtime(seconds))}{milliseconds:03d}Z"
    final = target / f"{kind}-{stamp}"
    folder = target / f".{final.name}.making"
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in target.glob(".*.making"):
            shutil.rmtree(left)
        folder.mkdir(mode=0o700)
        yield folder, final
        for path in sorted(folder.rglob("*")):
            sync(path)
        sync(folder)
        folder.rename(final)
        sync(target)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupFailed(
            N_("The backup to {target} failed: {reason}."),
            target=target,
            reason=getattr(error, "strerror", None) or str(error),
        ) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def read_manifest(folder: Path) -> BackupInfo:
    """What a backup says of itself. Raises BackupFailed for a folder that is none."""
    if folder.absolute().name.startswith("."):
        raise BackupFailed(
            N_("{path} was not finished: it is no backup."),
            path=folder,
            hint=N_("Use the folder of a finished backup, such as full-20261121T140000000Z."),
        )
    try:
        info = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=BackupInfo)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupFailed(
            N_("{path} is no backup: {reason}."), path=folder, reason=error
        ) from error
    if info.format > FORMAT:
        raise BackupFailed(N_("{path} was made by a newer version."), path=folder)
    return msgspec.structs.replace(info, path=str(folder))


def read_manifests(target: Path) -> tuple[list[BackupInfo], list[BackupFailed]]:
    """Every finished backup under `target` in the order of its names, and what cannot be read."""
    found: list[BackupInfo] = []
    damaged: list[BackupFailed] = []
    for path in sorted(target.glob(f"*/{MANIFEST}")):
        if path.parent.name.startswith("."):
            continue
        try:
            found.append(read_manifest(path.parent))
        except BackupFailed as error:
            damaged.append(error)
    return found, damaged


def write_manifest(folder: Path, info: BackupInfo) -> None:
    """Write it, synced; the last file of a backup."""
    write_synced(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(info), indent=2))


def next_created_ms(target: Path) -> int:
    """Now, or just after the newest backup under `target`: a clock that stepped back orders nothing."""
    found, _damaged = read_manifests(target)
    newest = max((info.created_utc_ms for info in found), default=0)
    return max(time.time_ns() // 1_000_000, newest + 1)


def open_copy(path: Path) -> sqlite3.Connection:
    """A database of a backup, read-only."""
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise BackupFailed(
            N_("{path} cannot be opened: {reason}."), path=path, reason=error
        ) from error


def check_integrity(connection: sqlite3.Connection, path: Path) -> None:
    """SQLite's own check. Raises BackupFailed."""
    try:
        verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise BackupFailed(N_("{path} is damaged: {reason}."), path=path, reason=verdict)


def verify_chain(connection: sqlite3.Connection, base: Head) -> Head:
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


def digests(folder: Path) -> dict[str, str]:
    """Name within the folder → SHA-256 of every file."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path) for path in files}


def sha256(path: Path) -> str:
    """Digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_synced(path: Path, data: bytes) -> None:
    """Write a file that is on the medium when this returns."""
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def sync(path: Path) -> None:
    """Have a file or folder on its medium."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
