"""The home: configuration, permissions, databases, disk, backups, what waits for the printer."""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

from pos.config import (
    ConfigError,
    HomePaths,
    Problem,
    Settings,
    load_keymap,
    load_quick_keys,
    load_role_book,
    load_rules,
    load_secrets,
    load_settings,
)
from pos.doctor.finding import FAIL, OK, WARN, Finding, found
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.store.journal_files import live_journal

SPACE_FAIL_BYTES = 50 * 1024 * 1024
SPACE_WARN_BYTES = 500 * 1024 * 1024
SYNC_WARN_MS = 50.0
SYNC_FAIL_MS = 500.0
BACKUP_WARN_H = 26
BACKUP_FAIL_H = 72
WAL_WARN_BYTES = 64 * 1024 * 1024
_TIMED_WRITES = 9
_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "glusterfs", "fuse.sshfs", "afs"}
)
_ENTRY_TAIL = 1000


def configuration(home: Path) -> Iterator[Finding]:
    """Every file of the configuration, each fault with its place."""
    problems = config_problems(home)
    if not problems:
        yield found(OK, N_("settings, roles, rules and keys are right"))
    for problem in problems:
        yield Finding(
            level=FAIL,
            text="{what}",
            values={"what": problem.text(_), "mend": problem.hint(_)},
            hint="{mend}" if problem.hint_template else "",
        )


def config_problems(home: Path) -> list[Problem]:
    """Everything wrong with the home's files."""
    from pos.services.printer_profiles import check_profiles

    problems: list[Problem] = []
    settings: list[Settings] = []

    def check(part: Callable[[], object]) -> None:
        try:
            part()
        except ConfigError as error:
            problems.extend(error.problems)

    check(lambda: settings.append(load_settings(home)))
    for one in settings:
        check(partial(load_rules, one.rules.preset, one.rules.overrides))
        check(partial(load_keymap, one.ui.keymap, one.ui.keys))
        check(partial(check_profiles, one))
    check(lambda: load_role_book(home))
    check(lambda: load_secrets(home))
    check(lambda: load_quick_keys(home))
    return problems


def permissions(home: Path) -> Iterator[Finding]:
    """What holds PINs, keys and sales belongs to one user alone."""
    paths = HomePaths(home)
    private = [home, paths.keys, paths.reference, paths.secrets, *sorted(home.glob("journal*.db"))]
    private += sorted(paths.keys.glob("*")) if paths.keys.is_dir() else []
    open_ones = [path for path in private if path.exists() and path.stat().st_mode & 0o077]
    for path in open_ones:
        yield found(
            WARN,
            N_("{path} can be read by others"),
            N_("Run: chmod go= {path}"),
            path=str(path),
        )
    if not open_ones:
        yield found(OK, N_("the home belongs to its user alone"))


def databases(home: Path) -> Iterator[Finding]:
    """Every database: there, of this program's version, and whole by SQLite's own check."""
    from pos.store.connection import connect_raw
    from pos.store.upkeep import database_status

    for file in database_status(home):
        if file.state == "absent":
            needed = file.name != "reference.db"
            yield found(
                FAIL if needed else WARN,
                N_("{name} is not there"),
                N_("Set this till up with `pos init`, or restore a backup with `pos restore`.")
                if needed
                else N_("Import items with `pos import`, or enrol at head office."),
                name=file.name,
            )
            continue
        if file.state in {"newer", "unreadable"}:
            yield found(
                FAIL,
                N_("{name} cannot be used: {why}"),
                N_("Install the newer version again, or restore the last verified backup."),
                name=file.name,
                why=file.error or f"{file.version} > {file.newest}",
            )
            continue
        with closing(connect_raw(home / file.name, readonly=True)) as connection:
            try:
                verdict = str(connection.execute("PRAGMA quick_check").fetchone()[0])
            except sqlite3.DatabaseError as error:
                verdict = str(error)
        if verdict != "ok":
            yield found(
                FAIL,
                N_("{name} is damaged: {why}"),
                N_("Stop selling, keep this file, and restore the last verified backup."),
                name=file.name,
                why=verdict,
            )
        elif file.state == "old":
            yield found(
                WARN,
                N_("{name} is older than this program"),
                N_("Run `pos db upgrade` while the till is stopped."),
                name=file.name,
            )
        elif file.days[0]:
            yield found(
                OK,
                N_("{name} is whole, {megabytes} MB, closed; business days {first} to {last}")
                if file.closed
                else N_("{name} is whole, {megabytes} MB, business days {first} to {last}"),
                name=file.name,
                megabytes=round(file.bytes / 1_000_000, 1),
                first=file.days[0],
                last=file.days[1],
            )
        else:
            yield found(
                OK,
                N_("{name} is whole, {megabytes} MB"),
                name=file.name,
                megabytes=round(file.bytes / 1_000_000, 1),
            )
        if file.wal_bytes > WAL_WARN_BYTES:
            yield found(
                WARN,
                N_("{name}-wal has grown to {megabytes} MB: some program reads without an end"),
                N_("Stop other programs that have {name} open."),
                name=file.name,
                megabytes=file.wal_bytes // 1_000_000,
            )


def journal_tail(home: Path) -> Iterator[Finding]:
    """The last entries follow from each other (`pos journal verify` checks all of them)."""
    from pos.store.verification import verify_tail

    path = live_journal(home)
    if not path.is_file():
        return
    last, broken = verify_tail(path, _ENTRY_TAIL)
    if broken is not None:
        yield found(
            FAIL,
            N_("the chain breaks at entry {seq}"),
            N_("Run `pos journal verify`, keep this file, and tell head office."),
            seq=broken,
        )
    else:
        yield found(OK, N_("the chain holds up to entry {seq}"), seq=last)


def sync_time(home: Path) -> Iterator[Finding]:
    """How long this disk takes to have written something for good, and whether it is local."""
    kind = _file_system(home)
    if kind in _NETWORK_FILE_SYSTEMS:
        yield found(
            FAIL,
            N_("the home lies on a network file system ({kind})"),
            N_("Move it to a disk of this machine: a network share does not keep its promises."),
            kind=kind,
        )
    if not home.is_dir():
        return
    path = home / f".doctor-{os.getpid()}"
    times_ms: list[float] = []
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            for _number in range(_TIMED_WRITES):
                os.write(descriptor, b"x" * 4096)
                began = time.perf_counter()
                os.fdatasync(descriptor)
                times_ms.append((time.perf_counter() - began) * 1000)
        finally:
            os.close(descriptor)
    except OSError as error:
        yield found(
            FAIL,
            N_("nothing can be written: {why}"),
            N_("Check that the disk is mounted, writable and not full."),
            why=error.strerror or str(error),
        )
        return
    finally:
        path.unlink(missing_ok=True)
    median = statistics.median(times_ms)
    level = FAIL if median > SYNC_FAIL_MS else WARN if median > SYNC_WARN_MS else OK
    yield found(
        level,
        N_("a write is safe after {median} ms, at worst {worst} ms"),
        N_("Each sale waits for this: use an SSD, and no other program that writes much.")
        if level != OK
        else "",
        median=round(median, 1),
        worst=round(max(times_ms), 1),
    )


def disk(home: Path) -> Iterator[Finding]:
    """Free space where the home lies."""
    place = home if home.is_dir() else home.parent
    free = shutil.disk_usage(place).free
    level = FAIL if free < SPACE_FAIL_BYTES else WARN if free < SPACE_WARN_BYTES else OK
    yield found(
        level,
        N_("{megabytes} MB free"),
        N_("Free some space: old backups and logs first, never the journal.")
        if level != OK
        else "",
        megabytes=free // 1_000_000,
    )


def backups(home: Path) -> Iterator[Finding]:
    """In each place: how old the last full backup and the last new entries are, and what failed."""
    from pos.store.backup import list_backups
    from pos.store.backup_folder import read_manifests
    from pos.store.backup_rounds import days_behind, plan_of, read_status, rows_behind

    if not HomePaths(home).journal.is_file():
        return
    settings = load_settings(home).backup
    failures = {one.path: one for one in read_status(home) if one.error}
    for place in plan_of(settings).places(home):
        failure = failures.get(str(place))
        if failure is not None:
            yield Finding(
                level=FAIL, text=failure.error, hint=failure.hint, values={**failure.values}
            )
        for damaged in read_manifests(place)[1]:
            yield found(
                FAIL,
                N_("{place}: {why}"),
                N_("Make a new one with `pos backup`."),
                place=str(place),
                why=damaged.text(_),
            )
        chain = list_backups(place)
        if not chain:
            if failure is None:
                yield found(
                    WARN,
                    N_("{place}: no backup yet"),
                    N_("The till makes the first by itself; by hand: pos backup --due"),
                    place=str(place),
                )
            continue
        behind, days = rows_behind(home, chain), days_behind(home, chain)
        hours = [
            (time.time() - info.created_utc_ms / 1000) / 3600 for info in (chain[0], chain[-1])
        ]
        late = behind and hours[-1] > BACKUP_WARN_H
        lost = behind and hours[-1] > BACKUP_FAIL_H
        yield found(
            FAIL if lost else WARN if late or (days and settings.full_at_close) else OK,
            N_(
                "{place}: last full backup {full} h ago, last new entries {newest} h ago,"
                " {behind} entries not in it"
            ),
            N_("Make one with `pos backup --due`; the running till does it by itself.")
            if late or lost or (days and settings.full_at_close)
            else "",
            place=str(place),
            full=round(max(hours[0], 0.0), 1),
            newest=round(max(hours[1], 0.0), 1),
            behind=behind,
        )
    if not settings.directory:
        yield found(
            WARN,
            N_("all backups lie on the till's own disk"),
            N_("Set backup.directory to another disk or stick with `pos config set`."),
        )


def print_queue(home: Path) -> Iterator[Finding]:
    """Slips that wait for the printer or for somebody's word."""
    from pos.store.upkeep import waiting_print_jobs

    path = live_journal(home)
    if not path.is_file():
        return
    waiting = waiting_print_jobs(path)
    yield found(
        WARN if waiting else OK,
        N_("{count} slips wait"),
        N_("Look at the paper, then decide them on the till's device page.") if waiting else "",
        count=waiting,
    )


def _file_system(path: Path) -> str:
    """Kind of the file system that holds a path, from the longest mount point above it."""
    try:
        mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    best, kind = "", ""
    target = f"{path.absolute()}/"
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ").rstrip("/") + "/"
        if target.startswith(point) and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind
