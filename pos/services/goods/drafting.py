"""Drafts of goods documents: begun, filled, changed, given up (RCV-01, RCV-03).

A draft lives on disk and nowhere in the books. An edit of a line takes both signatures of that
line away, an edit of the header all of them, and the journal says so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.goods import signing
from pos.domain.goods.documents import (
    SIGNED_BY_TWO,
    DocumentKind,
    GoodsDocument,
    GoodsLine,
    Signature,
)
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.store import goods_drafts
from pos.store.goods_drafts import StoredDraft as StoredDraft  # noqa: PLC0414 - screens name it too
from pos.store.journal import WriteTransaction

OPEN, HALF_SIGNED = "open", "half_signed"
"""States of a draft: nobody has signed, one person has."""


def begin(till: Till, document: GoodsDocument, working: Any = None) -> StoredDraft:
    """Start a draft of `document` (its uuid may be empty) and write it."""
    if not document.document_uuid:
        document = msgspec.structs.replace(document, document_uuid=till.new_uuid())
    draft = stored(till, document, OPEN, b"{}" if working is None else _encode(working))
    write_draft(till, draft, document.lines, ())
    return draft


def load(till: Till, draft_uuid: str) -> StoredDraft | None:
    """A draft as it is on disk, or None."""
    return goods_drafts.load_draft(till.journal.reader(), draft_uuid)


def drafts(till: Till, *kinds: DocumentKind) -> list[StoredDraft]:
    """Drafts of these kinds, or all, the one touched last first."""
    return goods_drafts.load_drafts(till.journal.reader(), *(kind.value for kind in kinds))


def half_signed(till: Till) -> list[StoredDraft]:
    """Drafts that one person has signed: they raise no stock and block the day's close (RCV-03)."""
    return [draft for draft in drafts(till) if draft.state == HALF_SIGNED]


def put_line(till: Till, draft: StoredDraft, line: GoodsLine) -> StoredDraft:
    """Add a line, or change the one of the same number; its signatures go (RCV-01)."""
    if not draft.document.signatures:
        return _put_unsigned(till, draft, line)
    lines = [one for one in draft.document.lines if one.line_no != line.line_no]
    lines.append(line)
    lines.sort(key=lambda one: one.line_no)
    return change(till, draft, msgspec.structs.replace(draft.document, lines=tuple(lines)))


def _put_unsigned(till: Till, draft: StoredDraft, line: GoodsLine) -> StoredDraft:
    """The road of every scan: nobody has signed, so nothing is compared and one row is written."""
    lines = draft.document.lines
    if not lines or lines[-1].line_no < line.line_no:
        lines = (*lines, line)
    else:
        at = bisect_left(lines, line.line_no, key=lambda one: one.line_no)
        there = lines[at].line_no == line.line_no
        lines = (*lines[:at], line, *lines[at + there :])
    document = msgspec.structs.replace(draft.document, lines=lines)
    after = stored(till, document, OPEN, draft.working)
    write_draft(till, after, (line,), (), line_alone=True)
    return after


def drop_line(till: Till, draft: StoredDraft, line_no: int) -> StoredDraft:
    """Take a line off."""
    lines = tuple(one for one in draft.document.lines if one.line_no != line_no)
    return change(till, draft, msgspec.structs.replace(draft.document, lines=lines))


def change(
    till: Till, draft: StoredDraft, document: GoodsDocument, working: Any = None
) -> StoredDraft:
    """Make the draft read as `document`; what is signed no longer holds where it reads differently.

    The signatures given with `document` are ignored: only `sign` adds one.
    """
    before = draft.document
    changed = signing.changed_lines(before.lines, document.lines)
    whole = signing.header_sha256(before) != signing.header_sha256(document)
    kept, lost = _kept(before, document, changed, whole=whole)
    document = msgspec.structs.replace(document, signatures=kept)
    after = stored(
        till,
        document,
        HALF_SIGNED if kept else OPEN,
        draft.working if working is None else _encode(working),
    )
    numbers = set(changed)
    present = {line.line_no for line in document.lines}
    write_draft(
        till,
        after,
        [line for line in document.lines if line.line_no in numbers],
        [number for number in changed if number not in present],
        notes=_cleared(before, lost),
    )
    return after


def cancel(till: Till, draft: StoredDraft, reason: str = "") -> Future[None]:
    """Give a draft up; a signed one leaves a note of it."""
    note = RegisterNoted(
        register=Register.SIGNATURE_CLEARED,
        subject=draft.draft_uuid,
        action="draft_given_up",
        fields=_plain(kind=draft.document_kind, reason=reason),
    )
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        if draft.document.signatures:
            txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        goods_drafts.drop_draft(txn.connection, draft.draft_uuid)

    return till.write(job)


def _kept(
    before: GoodsDocument, after: GoodsDocument, changed: Sequence[int], *, whole: bool
) -> tuple[tuple[Signature, ...], tuple[tuple[Signature, tuple[int, ...]], ...]]:
    """Signatures that stand for the lines not touched, and what each loses."""
    kept: list[Signature] = []
    lost: list[tuple[Signature, tuple[int, ...]]] = []
    gone = set(changed)
    for signature in before.signatures:
        standing = () if whole else tuple(n for n in signature.lines if n not in gone)
        if standing != signature.lines:
            lost.append((signature, tuple(n for n in signature.lines if n not in standing)))
        if standing == signature.lines:
            kept.append(signature)
        elif standing:
            kept.append(
                msgspec.structs.replace(
                    signature, lines=standing, sha256=signing.digest(after, standing)
                )
            )
    return tuple(kept), tuple(lost)


def _cleared(
    before: GoodsDocument, lost: Iterable[tuple[Signature, tuple[int, ...]]]
) -> list[RegisterNoted]:
    return [
        RegisterNoted(
            register=Register.SIGNATURE_CLEARED,
            subject=before.document_uuid,
            action="line_changed",
            person_id=signature.operator_id,
            fields=_plain(
                slot=str(signature.slot),
                lines=",".join(map(str, numbers[:50])),
                kind=before.document_kind.value,
            ),
        )
        for signature, numbers in lost
    ]


def stored(till: Till, document: GoodsDocument, state: str, working: bytes) -> StoredDraft:
    """The draft that is to stand on disk; only what two people sign can be half signed."""
    return StoredDraft(
        draft_uuid=document.document_uuid,
        document_kind=document.document_kind.value,
        state=state if document.document_kind in SIGNED_BY_TWO else OPEN,
        operator_id=till.operator_id,
        updated_utc_ms=till.clock.utc_ms(),
        document=document,
        working=working,
    )


def write_draft(
    till: Till,
    draft: StoredDraft,
    lines: Iterable[GoodsLine],
    dropped: Sequence[int],
    notes: Sequence[RegisterNoted] = (),
    *,
    line_alone: bool = False,
) -> None:
    """Write a draft: header, the lines that changed, those that go; `notes` into the journal.

    `line_alone`: the header reads as before but for its time, which the first line of a burst
    tells for all that share its transaction.
    """
    written = tuple(lines)
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        for one in notes:
            txn.append(EntryKind.REGISTER_NOTED, one, operator_id=operator_id, business_day=day)
        header = ("draft", draft.draft_uuid)
        if not (line_alone and header in txn.once):
            txn.once.add(header)
            goods_drafts.put_draft(
                txn.connection,
                draft.document,
                state=draft.state,
                operator_id=draft.operator_id,
                updated_utc_ms=draft.updated_utc_ms,
                working=draft.working,
            )
        if dropped:
            goods_drafts.drop_lines(txn.connection, draft.draft_uuid, dropped)
        goods_drafts.put_lines(txn.connection, draft.draft_uuid, written)

    till.write(job, together=not notes)


def _encode(working: Any) -> bytes:
    return msgspec.json.encode(working)


def _plain(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
