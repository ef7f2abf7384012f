"""Acting on what head office and the uploader ask of this till (R27), above all on a fork (R17).

A fork: head office holds another entry under the same epoch and sequence, because this disk was
restored or cloned, or this journal lies behind head office's. Between sales the till opens a new
epoch and appends every entry above the last agreed one again, with its own entry_uuid. Head office
takes each uuid once, so nothing is lost and nothing counts twice; this till's own figures counted
them when they were first appended and do not count them again.

Every directive that was acted on is journaled, in the transaction that acted; doing it again after
a crash changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import cast

import msgspec

from pos.domain.journal import (
    MAX_ENTRY_BYTES,
    EntryKind,
    Envelope,
    Unreadable,
    decode_entry,
)
from pos.domain.journal.bodies import DirectiveDone, EpochOpen, Note
from pos.store.journal import JournalStore, WriteTransaction
from pos.store.journal_files import files_of
from pos.store.number_gaps import after_loss
from pos.store.reference_values import Directive

_CHUNK = 500
_ORIGIN_BYTES = 256
_KINDS = frozenset(EntryKind)
_MARGIN_MS = 86_400_000
_NOTED = ("revoked", "clone", "clock", "message")
"""Kinds that the screens show; noting them is all that the journal has to do."""


class Action(StrEnum):
    """What the till did."""

    NEW_EPOCH = "new_epoch"
    NOTHING_TO_DO = "nothing_to_do"
    NOTED = "noted"


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """One directive that was acted on now."""

    directive_id: str
    kind: str
    action: Action
    reappended: int = 0


class _Fork(msgspec.Struct, frozen=True):
    epoch: str
    agreed_seq: int


def act_on_directives(journal: JournalStore, directives: Iterable[Directive]) -> list[Acted]:
    """Act on what was not acted on yet; call it at start and between sales, never within one.

    Kinds that this version does not know are left for one that does. Raises StoreError when the
    journal cannot be written: nothing was done then.
    """
    acted = []
    for directive in directives:
        if directive.kind == "fork":
            fork = _fork_of(directive)
            if fork is None:
                continue
            done = journal.run(lambda txn, d=directive, f=fork: _open_epoch(txn, d, f))  # type: ignore[misc]
        elif directive.kind in _NOTED:
            done = journal.run(lambda txn, d=directive: _note(txn, d))  # type: ignore[misc]
        else:
            continue
        if done is not None:
            acted.append(done)
    return acted


def _fork_of(directive: Directive) -> _Fork | None:
    try:
        fork = msgspec.json.decode(directive.body, type=_Fork)
    except msgspec.MsgspecError:
        return None  # not ours to guess; the uploader writes another when it sees the fork again
    return fork if fork.agreed_seq >= 0 else None


def _note(txn: WriteTransaction, directive: Directive) -> Acted | None:
    if _is_done(txn.connection, directive):
        return None
    _journal(txn, directive, Action.NOTED, directive.body[:2000])
    return Acted(directive_id=directive.directive_id, kind=directive.kind, action=Action.NOTED)


def _open_epoch(txn: WriteTransaction, directive: Directive, fork: _Fork) -> Acted | None:
    """Open an epoch for the entries of `fork.epoch` above the agreed one; None when it was done."""
    connection = txn.connection
    source, epoch_no = _epoch(connection, fork.epoch)
    if not epoch_no or _agreed_before(connection, fork.epoch) <= fork.agreed_seq:
        if _is_done(connection, directive):
            return None
        _journal(txn, directive, Action.NOTHING_TO_DO, "")
        return Acted(
            directive_id=directive.directive_id,
            kind=directive.kind,
            action=Action.NOTHING_TO_DO,
        )
    txn.open_epoch(
        EpochOpen(
            reason="fork",
            previous_epoch=fork.epoch,
            previous_seq=fork.agreed_seq,
            final_seq=fork.agreed_seq,
            next_number=after_loss(connection),
        )
    )
    count = 0
    for seq, entry_bytes, digest in _entries_above(source, epoch_no, fork.agreed_seq):
        entry = decode_entry(entry_bytes)
        if isinstance(entry, Unreadable) or entry.kind not in _KINDS:
            _note_lost(txn, f"{fork.epoch}/{seq}", "cannot be read", digest)
        elif len(entry_bytes) + _ORIGIN_BYTES > MAX_ENTRY_BYTES:
            _note_lost(txn, f"{fork.epoch}/{seq}", "is too long to name its origin", digest)
        elif entry.kind != EntryKind.EPOCH_OPEN:
            _append_again(txn, entry.envelope, f"{fork.epoch}/{seq}")
            count += 1
    detail = f"{fork.epoch} from {fork.agreed_seq + 1}: {count} entries"
    _journal(txn, directive, Action.NEW_EPOCH, detail)
    return Acted(
        directive_id=directive.directive_id,
        kind=directive.kind,
        action=Action.NEW_EPOCH,
        reappended=count,
    )


def _epoch(connection: sqlite3.Connection, epoch: str) -> tuple[sqlite3.Connection, int]:
    """File and number of an epoch; number 0 when no file of the journal has it (R30)."""
    for file in files_of(connection):
        row = file.execute("SELECT epoch_no FROM epoch WHERE epoch_id = ?", (epoch,)).fetchone()
        if row is not None:
            return file, int(row[0])
    return connection, 0


def _append_again(txn: WriteTransaction, envelope: Envelope, origin: str) -> None:
    """The same event under a new sequence: its body byte for byte, its uuid, its business day."""
    txn.append(
        EntryKind(envelope.kind),
        cast("msgspec.Struct", envelope.body),  # raw, so that no field of a newer version is lost
        operator_id=envelope.operator_id,
        business_day=envelope.business_day,
        flags=("reappended",),
        entry_uuid=envelope.entry_uuid,
        reappended_from=origin,
    )


def _note_lost(txn: WriteTransaction, origin: str, why: str, digest: bytes) -> None:
    """Head office has the bytes among the fork's; here only their place can be named."""
    text = f"entry {origin} {why}; its hash is {digest.hex()}"
    txn.append(EntryKind.NOTE, Note(text=text))


def _journal(txn: WriteTransaction, directive: Directive, action: Action, detail: str) -> None:
    body = DirectiveDone(directive_id=directive.directive_id, action=action, detail=detail)
    txn.append(EntryKind.DIRECTIVE_DONE, body)


def _agreed_before(connection: sqlite3.Connection, epoch: str) -> int:
    """Lowest sequence from which this epoch's entries were appended again; 2^63 when never."""
    lowest = 2**63
    rows = [
        row
        for file in files_of(connection)
        for row in file.execute(
            "SELECT j.bytes FROM epoch e JOIN journal_entry j "
            "ON j.epoch_no = e.epoch_no AND j.seq = 1 WHERE e.reason = 'fork'"
        )
    ]
    for (entry_bytes,) in rows:
        entry = decode_entry(entry_bytes)
        if isinstance(entry, Unreadable) or not isinstance(entry.body, EpochOpen):
            continue
        if entry.body.previous_epoch == epoch:
            lowest = min(lowest, entry.body.previous_seq)
    return lowest


def _entries_above(
    connection: sqlite3.Connection, epoch_no: int, seq: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """(seq, bytes, hash) above a sequence, a few hundred at a time: the table grows meanwhile."""
    while True:
        rows = connection.execute(
            "SELECT seq, bytes, hash FROM journal_entry "
            "WHERE epoch_no = ? AND seq > ? ORDER BY seq LIMIT ?",
            (epoch_no, seq, _CHUNK),
        ).fetchall()
        if not rows:
            return
        yield from rows
        seq = rows[-1][0]


def _is_done(connection: sqlite3.Connection, directive: Directive) -> bool:
    """Whether the journal already says so; looks back only as far as the directive is old."""
    since = directive.created_utc_ms - _MARGIN_MS
    for kind, at_utc_ms, entry_bytes in _backwards(connection):
        if at_utc_ms < since:
            break
        if kind != EntryKind.DIRECTIVE_DONE:
            continue
        entry = decode_entry(entry_bytes)
        if isinstance(entry, Unreadable) or not isinstance(entry.body, DirectiveDone):
            continue
        if entry.body.directive_id == directive.directive_id:
            return True
    return False


def _backwards(connection: sqlite3.Connection) -> Iterator[tuple[str, int, bytes]]:
    """Kind, time and bytes of every entry, the newest first, over all files."""
    for file in files_of(connection):
        yield from file.execute(
            "SELECT kind, at_utc_ms, bytes FROM journal_entry ORDER BY entry_id DESC"
        )
