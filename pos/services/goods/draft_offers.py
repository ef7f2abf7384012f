"""The second signature at another till, by way of head office (RCV-01).

A half-signed draft is offered to the shop's other tills in a line of a register: it leaves this
till, goes up with the journal and comes down at the others within a minute or so. The entry is
signed by this till as all its journal is, and every signature in the draft still covers its lines.
Without a head office, or a line to it, a file does the same (`draft_files`).
"""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods import signing
from pos.domain.goods.documents import GoodsDocument
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import MAX_ENTRY_BYTES, EntryKind
from pos.i18n import N_
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.goods.drafting import HALF_SIGNED, StoredDraft
from pos.services.goods.stock_figures import is_enrolled
from pos.store import draft_offers, goods_drafts, goods_ledgers
from pos.store.draft_offers import OFFERED, TAKEN, Offer, OfferedDraft
from pos.store.journal import WriteTransaction

__all__ = ["Offer", "is_possible", "offer", "problem", "take", "waiting"]

_FORMAT = 1
_MOST_BYTES = MAX_ENTRY_BYTES // 2
"""Of the draft as text; in its note it is quoted once more, with the note's own facts."""


def is_possible(till: Till) -> bool:
    """Whether this till has a head office that hands offers on."""
    return is_enrolled(till)


def offer(till: Till, draft: StoredDraft) -> Future[None] | Refusal:
    """Offer a half-signed draft to the shop's other tills and forget it here."""
    if draft.state != HALF_SIGNED:
        return Refusal("not_signed", N_("sign first; the second signature comes elsewhere"))
    whole = OfferedDraft(format=_FORMAT, document=draft.document, working=draft.working)
    text = msgspec.json.encode(whole).decode()
    if len(msgspec.json.encode(text)) > _MOST_BYTES:
        return Refusal(
            "too_long",
            N_("this receipt is too long to be sent; hand it over by the shared folder"),
        )
    note = _note(
        draft.document, OFFERED, {"draft": text, "from": till.journal.identity.workstation_id}
    )
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        goods_drafts.drop_draft(txn.connection, draft.draft_uuid)

    return till.write(job)


def waiting(till: Till) -> list[Offer]:
    """Offers of the shop's tills, this one's among them, that nobody has taken."""
    return draft_offers.waiting(till.journal.reader())


def problem(till: Till, found: Offer) -> Refusal | None:
    """Why an offer cannot be taken, or None."""
    if found.draft is None or found.draft.format > _FORMAT:
        return Refusal("not_readable", N_("a newer program wrote this; update this till first"))
    document = found.draft.document
    sound = document.document_uuid == found.document_uuid and all(
        signing.holds(document, signature) for signature in document.signatures
    )
    if not sound:
        return Refusal("file_changed", N_("the file was damaged or changed on its way"))
    posted = goods_ledgers.number_of(till.journal.reader(), found.document_uuid)
    if posted:
        return Refusal("posted", N_("this receipt is posted already"), {"number": posted})
    return None


def take(till: Till, found: Offer) -> Future[StoredDraft] | Refusal:
    """Make an offered draft this till's own.

    Whoever takes it elsewhere before hearing of it posts the same document: head office books one
    of them and tells of the other.
    """
    refusal = problem(till, found)
    if refusal is not None:
        return refusal
    assert found.draft is not None  # noqa: S101 - no problem
    document, working = found.draft.document, found.draft.working
    draft = StoredDraft(
        draft_uuid=document.document_uuid,
        document_kind=document.document_kind.value,
        state=HALF_SIGNED,
        operator_id=till.operator_id,
        updated_utc_ms=till.clock.utc_ms(),
        document=document,
        working=working,
    )
    note = _note(document, TAKEN, {"from": found.workstation_id})
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> StoredDraft:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        goods_drafts.put_whole(txn.connection, draft)
        return draft

    return till.write(job)


def _note(document: GoodsDocument, action: str, fields: dict[str, str]) -> RegisterNoted:
    return RegisterNoted(
        register=Register.DRAFT,
        subject=document.document_uuid,
        action=action,
        person_id=document.signatures[0].operator_id if document.signatures else "",
        fields={"kind": document.document_kind.value, **fields},
    )
