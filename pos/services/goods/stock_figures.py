"""How far head office's stock figures include this till's own journal (R14).

The figures name, for every workstation, the epoch and the sequence up to which its entries are in
them. What this till wrote above its own is added to them here; nobody knows a sibling's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import msgspec

from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import EpochOpen
from pos.services.context import Till
from pos.store import goods_reference
from pos.store.goods_reference import StockIncluded
from pos.store.journal_files import files_of
from pos.store.stock_ledger import Interval

_EVER = 2**62
_FIRST = (
    "SELECT entry_id FROM journal_entry WHERE epoch_no = ? AND seq > ? AND seq <= ? "
    "ORDER BY seq LIMIT 1"
)
_LAST = _FIRST.replace("ORDER BY seq", "ORDER BY seq DESC")
_AMONG = (EntryKind.EPOCH_OPEN.value, EntryKind.NOTE.value)
"""Kinds that stand among what a fork's epoch says again."""


class Figures(msgspec.Struct, frozen=True):
    """How far head office's figures go: what of this till's journal is above them."""

    as_of_utc_ms: int
    above: tuple[Interval, ...]
    """Entry ids of this till's journal that the figures do not include."""

    included: dict[str, int] = msgspec.field(default_factory=dict)
    """Epoch of this till → the sequence that the figures include."""


def is_enrolled(till: Till) -> bool:
    """Whether this till has a head office."""
    return bool(till.reference.meta("workstation_uuid"))


def figures_of(till: Till, known: Figures | None = None) -> Figures | None:
    """How far head office's figures include this till's journal; None where none ever came.

    `known` is given back while the figures include no more of this till's journal than it says.
    """
    rows: list[StockIncluded] = till.reference.ask(goods_reference.included, [])
    if not rows:
        return None
    own = till.reference.meta("workstation_uuid") or ""
    included = {row.epoch: row.seq for row in rows if row.workstation_uuid == own}
    if known is not None and known.included == included:
        return known
    above = tuple(_above(till.journal.reader(), included))
    return Figures(max(row.at_utc_ms for row in rows), above, included)


def _above(reader: sqlite3.Connection, included: dict[str, int]) -> Iterable[Interval]:
    """Entries whose movements are in none of the figures, newest file first.

    What was appended again after a fork counts where it was first appended (R17), so it is judged
    by its second place and found at its first.
    """
    agreed: dict[str, int] = {}
    live = True
    for file in files_of(reader):
        epochs = file.execute(
            "SELECT epoch_no, epoch_id, reason FROM epoch ORDER BY epoch_no DESC"
        ).fetchall()
        for epoch_no, epoch, reason in epochs:
            reached = included.get(epoch, 0)
            last = agreed.get(epoch, 2**62)
            first = _edge(file, _FIRST, epoch_no, reached, last)
            if live:  # and whatever this till writes from now on
                yield first or _edge(file, _LAST, epoch_no, 0, reached) + 1, _EVER
                live = False
            elif first:
                yield first, _edge(file, _LAST, epoch_no, reached, last)
            if reason == "fork":
                yield from _origins(reader, file, epoch_no, reached, agreed)


def _edge(file: sqlite3.Connection, sql: str, epoch_no: int, above: int, last: int) -> int:
    """The first (or last) entry of an epoch above a sequence, up to another; 0 without one.

    Entry ids rise with the sequence, so it is one look into the index however long the journal.
    """
    row = file.execute(sql, (epoch_no, above, last)).fetchone()
    return int(row[0]) if row else 0


def _origins(
    reader: sqlite3.Connection,
    file: sqlite3.Connection,
    epoch_no: int,
    reached: int,
    agreed: dict[str, int],
) -> Iterable[Interval]:
    """First places of what a fork's epoch says again above `reached`; notes where the fork began."""
    first = file.execute(
        "SELECT bytes FROM journal_entry WHERE epoch_no = ? AND seq = 1", (epoch_no,)
    ).fetchone()
    opening = decode_entry(first[0]) if first else Unreadable("missing")
    if not isinstance(opening, Unreadable) and isinstance(opening.body, EpochOpen):
        body = opening.body
        agreed[body.previous_epoch] = min(
            agreed.get(body.previous_epoch, body.previous_seq), body.previous_seq
        )
    said_again = file.execute(
        "SELECT kind, bytes FROM journal_entry WHERE epoch_no = ? AND seq > ? ORDER BY seq",
        (epoch_no, reached),
    )
    for kind, entry_bytes in said_again:
        entry = decode_entry(entry_bytes)
        if isinstance(entry, Unreadable) or not entry.envelope.reappended_from:
            if kind in _AMONG:
                continue
            break  # they come first, in one transaction
        epoch, _, seq = entry.envelope.reappended_from.rpartition("/")
        for place in files_of(reader):
            row = place.execute(
                "SELECT j.entry_id FROM epoch e JOIN journal_entry j ON j.epoch_no = e.epoch_no "
                "WHERE e.epoch_id = ? AND j.seq = ?",
                (epoch, int(seq)),
            ).fetchone()
            if row is not None:
                yield int(row[0]), int(row[0])
                break
