"""A round of backups: what is due by the settings, made in each of their places, and noted (R32).

Run as its own process (`pos backup --due`), which the running till starts when a day was closed
and every few minutes. The round looks for itself what is due, so that one that failed, or was
killed, is made good by the next: a full backup when the journal has a close of the day that none
has, when there is none, or when an increment would not join on; else the new journal rows; else
nothing. Places are the home's own backups folder and, where the settings name one, a second
folder on another disk. One place's trouble does not keep the other from its backup.

`status.json` in the home's backups folder says how each place stands, for the till's header, its
page and `pos doctor`. One round at a time: `backup.lock` in the home.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec

from pos.config.settings import Backup
from pos.domain.journal import EntryKind
from pos.store.backup import full_backup, incremental_backup, list_backups, prune
from pos.store.backup_folder import BackupInfo, Head, open_copy, write_synced
from pos.store.connection import connect_raw
from pos.store.errors import N_, BackupFailed, StoreError
from pos.store.journal_files import JOURNAL_DB, REFERENCE_DB, live_journal
from pos.store.locks import FileLock

BACKUP_LOCK = "backup.lock"
STATUS = "status.json"
MARGIN_BYTES = 64 * 1024 * 1024
"""Left free beside a backup: a till whose disk is full cannot sell."""


class PlaceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the backups in one place stand."""

    path: str
    last_full_ms: int = 0
    last_increment_ms: int = 0
    last_good_ms: int = 0
    """Last round after which this place had everything; 0 when none had."""

    head: Head = Head()
    """Last journal entry that this place has."""

    error: str = ""
    """Template of what went wrong last time; empty when nothing did."""

    hint: str = ""
    values: dict[str, str] = {}
    failing_since_ms: int = 0
    other_disk: bool = False
    """A backup was made here while another disk than the home's was mounted."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the settings' `[backup]` asks for."""

    directory: str = ""
    full_at_close: bool = True
    keep_full: int = 14

    def places(self, home: Path) -> list[Path]:
        """The home's own folder, then the second place where there is one."""
        own = (home / "backups").absolute()
        second = Path(self.directory).expanduser().absolute() if self.directory else own
        return [own] if second == own else [own, second]


def plan_of(settings: Backup) -> Plan:
    """The plan that the settings' `[backup]` says."""
    return Plan(
        directory=settings.directory,
        full_at_close=settings.full_at_close,
        keep_full=settings.keep_full,
    )


def backup_lock(home: Path) -> FileLock:
    """Held while a backup of this home is made. Raises FileLocked."""
    return FileLock.acquire(home / BACKUP_LOCK)


def run_round(home: Path, plan: Plan) -> list[PlaceStatus]:
    """Make in every place what is due there; a failure is in its place's status.

    Raises FileLocked while another backup of this home is being made, and StoreError when the
    status cannot be kept and nothing else went wrong.
    """
    with backup_lock(home):
        before = {one.path: one for one in read_status(home)}
        after = [
            _in_place(home, place, plan, before.get(str(place), PlaceStatus(path=str(place))))
            for place in plan.places(home)
        ]
        _write_status(home, after)
    return after


def read_status(home: Path) -> list[PlaceStatus]:
    """How each place stood after the last round; empty before the first."""
    try:
        data = (home / "backups" / STATUS).read_bytes()
        return msgspec.json.decode(data, type=list[PlaceStatus])
    except (OSError, msgspec.MsgspecError):
        return []


def days_behind(home: Path, chain: list[BackupInfo]) -> int:
    """Closed days of this journal that the newest full backup does not have yet."""
    base = chain[0].head.entry_id if chain else 0
    with closing(connect_raw(live_journal(home), readonly=True)) as journal:
        row = journal.execute(
            "SELECT count(*) FROM journal_entry WHERE entry_id > ? AND kind = ?",
            (base, EntryKind.DAY_CLOSE.value),
        ).fetchone()
    return int(row[0])


def rows_behind(home: Path, chain: list[BackupInfo]) -> int:
    """Journal entries that no backup of the chain has yet."""
    with closing(connect_raw(live_journal(home), readonly=True)) as journal:
        row = journal.execute("SELECT max(entry_id) FROM journal_entry").fetchone()
    return max(0, int(row[0] or 0) - (chain[-1].head.entry_id if chain else 0))


def _in_place(home: Path, place: Path, plan: Plan, before: PlaceStatus) -> PlaceStatus:
    now_ms = time.time_ns() // 1_000_000
    try:
        other_disk = _check_place(home, place, before)
        chain = _make_due(home, place, plan)
    except (StoreError, OSError, sqlite3.Error) as error:
        failure = error if isinstance(error, StoreError) else _failed(place, error)
        return msgspec.structs.replace(
            before,
            error=failure.template,
            hint=failure.hint_template,
            values=failure.values,
            failing_since_ms=before.failing_since_ms or now_ms,
        )
    increments = [info.created_utc_ms for info in chain[1:]]
    return PlaceStatus(
        path=str(place),
        last_full_ms=chain[0].created_utc_ms,
        last_increment_ms=increments[-1] if increments else 0,
        last_good_ms=now_ms,
        head=chain[-1].head,
        other_disk=other_disk,
    )


def _check_place(home: Path, place: Path, before: PlaceStatus) -> bool:
    """Whether the place lies on another disk than the home. Raises BackupFailed when it is away."""
    if place == (home / "backups").absolute():
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    elif not place.is_dir():
        # It is not made here: under the mount point of a missing stick it would fill the till.
        raise BackupFailed(
            N_("The backup folder {target} is not there."),
            target=place,
            hint=N_("Plug the stick or disk in; if the folder is new, make it: mkdir -p {target}"),
        )
    other_disk = place.stat().st_dev != home.stat().st_dev
    if before.other_disk and not other_disk:
        raise BackupFailed(
            N_("The stick or disk of {target} is not mounted."),
            target=place,
            hint=N_("Plug it in. To keep backups on the till's own disk, name another folder."),
        )
    return other_disk


def _make_due(home: Path, place: Path, plan: Plan) -> list[BackupInfo]:
    """Make a full backup, an increment or nothing; the chain that is there now."""
    chain = list_backups(place)
    if chain:
        _check_owner(home, place, chain[0])
    if (
        not chain
        or not _joins_on(home, chain)
        or (plan.full_at_close and days_behind(home, chain))
    ):
        _check_room(home, place)
        full_backup(home, place)
        prune(place, keep=plan.keep_full)
    else:
        incremental_backup(home, place)
    return list_backups(place)


def _joins_on(home: Path, chain: list[BackupInfo]) -> bool:
    """Whether the journal goes on, in the same file, from where the chain ends."""
    live, end = live_journal(home), chain[-1].head
    if live.name != chain[0].journals[-1]:
        return False
    with closing(connect_raw(live, readonly=True)) as journal:
        row = journal.execute(
            "SELECT hash FROM journal_entry WHERE entry_id = ?", (end.entry_id,)
        ).fetchone()
    return row is not None and bytes(row[0]).hex() == end.hash


def _check_owner(home: Path, place: Path, full: BackupInfo) -> None:
    """A folder of backups belongs to one till: pruning must not remove another's."""
    first = "SELECT epoch_id FROM epoch ORDER BY epoch_no LIMIT 1"
    with closing(connect_raw(home / JOURNAL_DB, readonly=True)) as journal:
        ours = journal.execute(first).fetchone()
    try:
        with closing(open_copy(Path(full.path) / JOURNAL_DB)) as copy:
            theirs = copy.execute(first).fetchone()
    except sqlite3.Error:
        return  # damaged; whose it was cannot be told, and a new full backup is needed anyway
    if ours != theirs:
        raise BackupFailed(
            N_("{target} holds the backups of another till."),
            target=place,
            hint=N_("Give each till a folder of its own: backup.directory in the settings."),
        )


def _check_room(home: Path, place: Path) -> None:
    files = [*home.glob("journal*.db*"), *home.glob(f"{REFERENCE_DB}*")]
    needed = sum(file.stat().st_size for file in files) + MARGIN_BYTES
    free = shutil.disk_usage(place).free
    if free < needed:
        raise BackupFailed(
            N_("{target} has {free} MB free; a backup needs {needed} MB."),
            target=place,
            free=free // 1_000_000,
            needed=-(-needed // 1_000_000),
            hint=N_("Free some space there, or set backup.keep_full lower."),
        )


def _failed(place: Path, error: Exception) -> BackupFailed:
    return BackupFailed(
        N_("The backup to {target} failed: {reason}."),
        target=place,
        reason=getattr(error, "strerror", None) or str(error),
    )


def _write_status(home: Path, places: list[PlaceStatus]) -> None:
    folder = home / "backups"
    temporary = folder / f".{STATUS}.{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_synced(temporary, msgspec.json.format(msgspec.json.encode(places), indent=2))
        temporary.replace(folder / STATUS)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        if not any(one.error for one in places):
            raise _failed(folder, error) from error
