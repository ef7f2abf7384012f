"""Checking a journal, and reading it for people: every entry, every hash, every figure beside it.

The live file is only read (`mode=ro`), so a till may trade on meanwhile. What is checked is a copy
made in one read transaction: one moment of the journal with the projections of that moment, in
which the projections are then made again and compared.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from pos.domain.journal import (
    GENESIS_HASH,
    Entry,
    EntryKind,
    Envelope,
    Unreadable,
    chain_hash,
    decode_entry,
    first_break,
)
from pos.store import projections
from pos.store.connection import connect_raw
from pos.store.errors import N_, StoreError
from pos.store.journal_files import journal_files

Progress = Callable[[int], None]


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Where a chain breaks first."""

    epoch_no: int
    seq: int
    reason: str
    """English sentence to be translated."""


class EpochChain(msgspec.Struct, frozen=True, kw_only=True):
    """One epoch as far as its chain holds."""

    epoch_no: int
    epoch_id: str
    reason: str
    last_seq: int
    head_hash: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What a check of the journal found."""

    entries: int = 0
    epochs: tuple[EpochChain, ...] = ()
    kinds: dict[str, int] = {}
    head_hash: str = ""
    """Of the last entry, in hex."""

    broken: Broken | None = None
    damage: str = ""
    """What SQLite says of the file; empty when it says nothing."""

    projections_checked: bool = False
    differing: tuple[str, ...] = ()
    """Projections that are not what the journal says."""

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return self.broken is None and not self.damage and not self.differing


class ShownEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry for a person."""

    epoch_no: int
    seq: int
    kind: str
    business_day: str
    at_local: str
    operator_id: str
    summary: str
    hash: str
    entry: Any
    """The whole entry as it was written, or None when it cannot be read."""


def verify_journal(
    path: Path, *, with_projections: bool = True, progress: Progress | None = None
) -> Verification:
    """Check the journal at `path`; StoreUnavailable when it cannot be opened.

    What is wrong with its content is in the answer, never raised.
    """
    with tempfile.TemporaryDirectory(prefix="guitai-verify-") as folder:
        copy = Path(folder) / "journal.db"
        with closing(connect_raw(path, readonly=True)) as source:
            damage = _damage(source)
            try:
                # VACUUM INTO writes to the copy only, but counts as a write to the connection.
                source.execute("PRAGMA query_only = OFF")
                source.execute("VACUUM INTO ?", (str(copy),))
            except sqlite3.Error as error:
                return _chain(source, damage or str(error), progress)
        with closing(connect_raw(copy)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # a copy that nobody keeps
            found = _chain(connection, damage, progress)
            if not with_projections or found.broken is not None:
                return found
            differing = differing_projections(connection, progress)
        return msgspec.structs.replace(found, projections_checked=True, differing=differing)


def verify_journals(
    home: Path, *, with_projections: bool = True, progress: Progress | None = None
) -> Verification:
    """Check every file of a home's journal and the seams between them (R30); as `verify_journal`.

    The first break of all is told; figures that differ are those of any file.
    """
    files = journal_files(home)
    found = [
        verify_journal(path, with_projections=with_projections, progress=progress)
        for path in files
    ]
    broken = next((one.broken for one in found if one.broken is not None), None)
    for path, before in zip(files[1:], found, strict=False):
        broken = broken or _seam(path, before)
    kinds = sum((Counter(one.kinds) for one in found), Counter[str]())
    return Verification(
        entries=sum(one.entries for one in found),
        epochs=tuple(epoch for one in found for epoch in one.epochs),
        kinds=dict(sorted(kinds.items())),
        head_hash=found[-1].head_hash,
        broken=broken,
        damage=next((one.damage for one in found if one.damage), ""),
        projections_checked=all(one.projections_checked for one in found),
        differing=tuple(dict.fromkeys(name for one in found for name in one.differing)),
    )


def _seam(path: Path, before: Verification) -> Broken | None:
    """Whether a file begins by naming the last hash of the file before it."""
    with closing(connect_raw(path, readonly=True)) as connection:
        row = connection.execute(
            "SELECT epoch_no, bytes FROM journal_entry ORDER BY entry_id LIMIT 1"
        ).fetchone()
    entry = Unreadable("missing") if row is None else decode_entry(row[1])
    named = "" if isinstance(entry, Unreadable) else getattr(entry.body, "previous_hash", "")
    if named == before.head_hash:
        return None
    return Broken(
        epoch_no=row[0] if row else 0, seq=1, reason=N_("it does not follow the file before it")
    )


def verify_tail(path: Path, entries: int) -> tuple[int, int | None]:
    """Follow the last so many hashes of the latest epoch: its last number, and where it breaks."""
    with closing(connect_raw(path, readonly=True)) as connection:
        rows = connection.execute(
            "SELECT seq, bytes, hash FROM journal_entry "
            "WHERE epoch_no = (SELECT max(epoch_no) FROM epoch) ORDER BY seq DESC LIMIT ?",
            (entries + 1,),
        ).fetchall()[::-1]
    if not rows:
        return 0, None
    start = GENESIS_HASH
    if rows[0][0] > 1:
        start, rows = rows[0][2], rows[1:]
    return rows[-1][0] if rows else 0, first_break(start, rows)


def differing_projections(
    connection: sqlite3.Connection, progress: Progress | None = None
) -> tuple[str, ...]:
    """Make the projections again in one transaction; names of those that came out different."""
    before = projections.fingerprint(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        projections.rebuild(connection, progress)
        after = projections.fingerprint(connection)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    return tuple(name for name, digest in after.items() if before[name] != digest)


def _damage(connection: sqlite3.Connection) -> str:
    try:
        verdict = str(connection.execute("PRAGMA quick_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    return "" if verdict == "ok" else verdict


def _chain(connection: sqlite3.Connection, damage: str, progress: Progress | None) -> Verification:
    """Follow every epoch from genesis, as far as it holds."""
    walk = _Walk(progress)
    try:
        epochs = connection.execute(
            "SELECT epoch_no, epoch_id, reason FROM epoch ORDER BY epoch_no"
        ).fetchall()
        for epoch in epochs:
            walk.epoch(connection, *epoch)
        strays = connection.execute(
            "SELECT epoch_no, seq FROM journal_entry WHERE epoch_no NOT IN "
            "(SELECT epoch_no FROM epoch) ORDER BY entry_id LIMIT 1"
        ).fetchone()
        if strays is not None and walk.broken is None:
            walk.broken = Broken(
                epoch_no=strays[0], seq=strays[1], reason=N_("its epoch is not known")
            )
    except sqlite3.DatabaseError as error:
        damage = damage or str(error)
    return Verification(
        entries=walk.entries,
        epochs=tuple(walk.epochs),
        kinds=dict(sorted(walk.kinds.items())),
        head_hash=walk.epochs[-1].head_hash if walk.epochs else "",
        broken=walk.broken,
        damage=damage,
    )


class _Walk:
    """Counts and findings while entries go by."""

    def __init__(self, progress: Progress | None) -> None:
        self.entries = 0
        self.kinds: Counter[str] = Counter()
        self.epochs: list[EpochChain] = []
        self.broken: Broken | None = None
        self._progress = progress

    def epoch(
        self, connection: sqlite3.Connection, epoch_no: int, epoch_id: str, reason: str
    ) -> None:
        """Follow one epoch; the first break of all is kept."""
        head, last = GENESIS_HASH, 0
        rows = connection.execute(
            "SELECT seq, kind, entry_uuid, business_day, hash, bytes FROM journal_entry "
            "WHERE epoch_no = ? ORDER BY seq",
            (epoch_no,),
        )
        for seq, kind, uuid, day, stated, entry_bytes in rows:
            follows = chain_hash(head, entry_bytes) == stated
            wrong = ""
            if seq != last + 1:
                wrong = N_("an entry before it is missing")
            elif not follows:
                wrong = N_("its bytes do not give its hash")
            else:
                wrong = _mismatch(decode_entry(entry_bytes), (epoch_id, seq), (kind, uuid, day))
            if wrong:
                if self.broken is None:
                    number = last + 1 if seq != last + 1 else seq
                    self.broken = Broken(epoch_no=epoch_no, seq=number, reason=wrong)
                break
            head, last = stated, seq
            self.entries += 1
            self.kinds[kind] += 1
            if self._progress is not None and self.entries % 1000 == 0:
                self._progress(self.entries)
        self.epochs.append(
            EpochChain(
                epoch_no=epoch_no,
                epoch_id=epoch_id,
                reason=reason,
                last_seq=last,
                head_hash=head.hex(),
            )
        )


def _mismatch(entry: Entry | Unreadable, place: tuple[str, int], row: tuple[str, str, str]) -> str:
    """What a row says differently from its entry, or nothing."""
    if isinstance(entry, Unreadable):
        return N_("it cannot be read")
    envelope = entry.envelope
    if (envelope.epoch, envelope.seq) != place:
        return N_("it belongs to another place")
    if (envelope.kind, envelope.entry_uuid, envelope.business_day) != row:
        return N_("its row says something else than the entry itself")
    return ""


# ------------------------------------------------------------------------------------- reading


def read_entries(
    path: Path,
    *,
    kind: str = "",
    business_day: str = "",
    seq: int | None = None,
    epoch_no: int | None = None,
    all_epochs: bool = False,
    limit: int = 20,
    earlier: tuple[Path, ...] = (),
) -> list[ShownEntry]:
    """The last `limit` entries that fit, oldest first; of the latest epoch unless told.

    `earlier` are closed files, oldest first: in each its own latest epoch counts (R30).
    """
    shown: list[ShownEntry] = []
    for file in (path, *reversed(earlier)):
        if len(shown) < limit:
            shown = [
                *_read_file(
                    file, kind, business_day, seq, epoch_no, all_epochs, limit - len(shown)
                ),
                *shown,
            ]
    return shown


def _read_file(
    path: Path,
    kind: str,
    business_day: str,
    seq: int | None,
    epoch_no: int | None,
    all_epochs: bool,  # noqa: FBT001 - as it was told
    limit: int,
) -> list[ShownEntry]:
    conditions = {"kind = ?": kind, "business_day = ?": business_day, "seq = ?": seq}
    where = [text for text, value in conditions.items() if value not in ("", None)]
    values: list[Any] = [value for value in conditions.values() if value not in ("", None)]
    with closing(connect_raw(path, readonly=True)) as connection:
        if not all_epochs:
            where.append("epoch_no = coalesce(?, (SELECT max(epoch_no) FROM epoch))")
            values.append(epoch_no)
        condition = f"WHERE {' AND '.join(where)}" if where else ""
        try:
            rows = connection.execute(
                f"SELECT epoch_no, seq, kind, business_day, hash, bytes FROM journal_entry "
                f"{condition} ORDER BY entry_id DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        except sqlite3.Error as error:
            raise StoreError(
                N_("{path} cannot be read: {reason}."), path=path, reason=error
            ) from error
    return list(_shown(rows))[::-1]


def _shown(rows: list[tuple[Any, ...]]) -> Iterator[ShownEntry]:
    for epoch_no, seq, kind, business_day, digest, entry_bytes in rows:
        decoded = decode_entry(entry_bytes)
        if isinstance(decoded, Unreadable):
            at, operator, summary, whole = "", "", decoded.reason, None
        else:
            envelope = decoded.envelope
            at, operator = _local(envelope), envelope.operator_id
            flags = "".join(f" [{flag}]" for flag in envelope.flags)
            summary = f"{_summary(decoded)}{flags}".strip()
            whole = msgspec.json.decode(entry_bytes)
        yield ShownEntry(
            epoch_no=epoch_no,
            seq=seq,
            kind=kind,
            business_day=business_day,
            at_local=at,
            operator_id=operator,
            summary=summary,
            hash=bytes(digest).hex(),
            entry=whole,
        )


def _local(envelope: Envelope) -> str:
    moment = datetime.fromtimestamp(envelope.at_utc_ms / 1000, UTC)
    shifted = moment + timedelta(minutes=envelope.utc_offset_minutes)
    return shifted.strftime("%Y-%m-%d %H:%M:%S")


_TOLD = (
    "transaction_no", "transaction_type", "total_minor", "shift_no", "z_no", "operator_tried",
    "reason", "right", "approver_id", "item_code", "code", "action", "movement", "amount_minor",
    "version", "key", "old", "new", "outcome", "name", "role", "text",
)  # fmt: skip


def _summary(entry: Entry) -> str:
    """The short facts of a body: enough to find the entry one looks for."""
    body = entry.body if isinstance(entry.body, dict) else msgspec.to_builtins(entry.body)
    if entry.kind == EntryKind.TRANSACTION:
        body["lines"] = len(body.get("lines", ()))
    told = [f"{name}={body[name]}" for name in (*_TOLD, "lines") if _is_short(body.get(name))]
    return " ".join(told)[:120]


def _is_short(value: object) -> bool:
    return isinstance(value, str | int) and value != ""
