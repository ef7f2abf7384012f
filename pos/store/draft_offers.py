"""Half-signed documents that one till offers to the shop's others, as lines of a register (RCV-01).

The draft lies in the note that offers it, so it goes up with the journal and comes down to the
siblings like every register; no stock moves and nothing is posted by it. Whoever takes it notes
that; what was posted is offered no more.
"""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.goods.documents import GoodsDocument
from pos.domain.goods.registers import Register
from pos.store import goods_ledgers
from pos.store.journal_files import FIRST_SIBLING_ENTRY

OFFERED = "offered"
TAKEN = "taken"


class OfferedDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What the note carries in its field `draft`."""

    format: int
    document: GoodsDocument
    working: bytes


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that nobody has taken."""

    document_uuid: str
    workstation_id: str
    """The till that offers it."""

    own: bool
    at_utc_ms: int
    draft: OfferedDraft | None
    """None where it cannot be read: a newer program wrote it."""


def waiting(connection: sqlite3.Connection) -> list[Offer]:
    """Offers of every till of the shop that are neither taken nor posted, the oldest first."""
    latest: dict[str, goods_ledgers.Note] = {}
    for note in goods_ledgers.notes(connection, Register.DRAFT.value):
        latest.pop(note.subject, None)
        latest[note.subject] = note
    return [
        Offer(
            document_uuid=note.subject,
            workstation_id=note.fields.get("from", ""),
            own=note.entry_id < FIRST_SIBLING_ENTRY,
            at_utc_ms=note.at_utc_ms,
            draft=_read(note.fields.get("draft", "")),
        )
        for note in latest.values()
        if note.action == OFFERED and not goods_ledgers.number_of(connection, note.subject)
    ]


def _read(text: str) -> OfferedDraft | None:
    try:
        return msgspec.json.decode(text, type=OfferedDraft)
    except msgspec.DecodeError:
        return None
