"""The one machine of every goods document: two signatures, then posted (RCV-01..03, RET-03).

What is signed is a draft (`drafting`). Posting is one transaction: the entry, its slips, what goes
with it, and the draft is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Final

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods import signing
from pos.domain.goods.documents import (
    DocumentKind,
    GoodsDocument,
    Signature,
)
from pos.domain.goods.registers import RegisterNoted
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services import people, printing
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.goods.drafting import HALF_SIGNED, stored, write_draft
from pos.services.operators import Credentials
from pos.store import goods_drafts, goods_ledgers, goods_reference
from pos.store.goods_drafts import StoredDraft
from pos.store.journal import WriteTransaction

PREFIXES: Final[dict[DocumentKind, str]] = {
    DocumentKind.RECEIPT: "YS",
    DocumentKind.SUPPLIER_RETURN: "TG",
    DocumentKind.SCRAP: "BS",
    DocumentKind.TRANSFER_OUT: "DC",
    DocumentKind.TRANSFER_IN: "DR",
    DocumentKind.LOAN_OUT: "WJ",
    DocumentKind.LOAN_RETURN: "GH",
    DocumentKind.DISPATCH_HOLD: "FH",
    DocumentKind.DISPATCH_DONE: "XZ",
    DocumentKind.TO_JUDGE: "DP",
    DocumentKind.JUDGED: "PD",
    DocumentKind.JUDGED_OUT: "PC",
    DocumentKind.OPENING: "JZ",
    DocumentKind.ADJUSTMENT: "PK",
    DocumentKind.DISCREPANCY: "CY",
    DocumentKind.REQUISITION: "YH",
}
"""First letters of a document's number: 验收 YS, 退供 TG, 报损 BS, 调出 DC, 调入 DR, 外借 WJ …"""

RIGHTS: Final[dict[DocumentKind, tuple[str, str]]] = {
    DocumentKind.OPENING: ("stock.count", "stock.receive_second"),
    DocumentKind.ADJUSTMENT: ("stock.count_open", "stock.adjust"),
    DocumentKind.SCRAP: ("stock.receive", "stock.adjust"),
    DocumentKind.JUDGED: ("stock.receive", "stock.adjust"),
    DocumentKind.JUDGED_OUT: ("stock.receive", "stock.adjust"),
    DocumentKind.LOAN_OUT: ("loan.consent", "loan.approve"),
}
"""Rights of the first and second signature where they are not those of receiving (RCV-02)."""

_MAX_SLIPS = 8
_RECEIVING = ("stock.receive", "stock.receive_second")
_RECEIVED = frozenset({DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN})


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A document on its way into the journal; `saved` gives it as it is on disk, with its number."""

    document_uuid: str
    saved: Future[GoodsDocument]


class DocumentPosted(msgspec.Struct, frozen=True):
    """Event: a goods document is on disk; stock has changed."""

    document: GoodsDocument


Slips = Callable[[GoodsDocument], Sequence[Document]]
"""What to print of a document once it has its number."""


# -------------------------------------------------------------------------------- signatures


def rights_of(kind: DocumentKind, source: str = "") -> tuple[str, str]:
    """Rights of the two signatures; head office's own order needs no judge here (STK-06)."""
    if source == "order" and kind in (DocumentKind.JUDGED, DocumentKind.JUDGED_OUT):
        return _RECEIVING
    return RIGHTS.get(kind, _RECEIVING)


def roles_of(till: Till, document: GoodsDocument, slot: int) -> tuple[str, ...]:
    """Roles that alone may give a signature of goods received; empty where the right is enough.

    A counter in a department store has its counter head inspect, and its bookkeeper or an
    acceptance clerk check (RCV-02).
    """
    if document.document_kind not in _RECEIVED:
        return ()
    asked = till.settings.receiving
    strict = asked.signed_by == "role" or (
        asked.signed_by == "preset" and till.rules.preset == "counter"
    )
    if not strict:
        return ()
    return asked.first_roles if slot == 1 else asked.second_roles


def next_slot(document: GoodsDocument) -> int:
    """Whose signature is missing: 1, 2, or 0 when both are there."""
    for slot in signing.SLOTS:
        if not document.lines or signing.unsigned_lines(document, slot):
            return slot
    return 0


def sign(till: Till, draft: StoredDraft, signer: Credentials) -> StoredDraft | Refusal:
    """Sign the lines that still lack the next signature; `signer` has just typed their PIN.

    The two of a line are two people, whatever their rights (RCV-01, CTL-05).
    """
    document, person = draft.document, signer.person
    slot = next_slot(document)
    if not document.lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    if slot == 0:
        return Refusal("signed", N_("both have signed already"))
    role = people.role_of(till, person)
    right = rights_of(document.document_kind, document.source)[slot - 1]
    if role is None or not role.may(right):
        return Refusal(
            "no_right",
            N_("this person may not give this signature"),
            {"right": right, "name": person.name},
        )
    roles = roles_of(till, document, slot)
    if roles and person.role not in roles:
        return Refusal(
            "wrong_role",
            N_("this person may not give this signature"),
            {"roles": " ".join(roles), "name": person.name, "slot": slot},
        )
    if till.reference.ask(
        lambda c: goods_reference.ordered_by(c, document, person.operator_id), absent=False
    ):
        return Refusal("ordered_it", N_("whoever ordered these goods does not sign for them"))
    numbers = signing.unsigned_lines(document, slot)
    other = {
        signature.operator_id
        for signature in document.signatures
        if signature.slot != slot and set(signature.lines) & set(numbers)
    }
    if person.operator_id in other:
        return Refusal(
            "same_person",
            N_("the same person has inspected these goods; somebody else must check them"),
            {"name": person.name},
        )
    signature = Signature(
        slot=slot,
        operator_id=person.operator_id,
        name=person.name,
        role=person.role,
        at_utc_ms=till.clock.utc_ms(),
        lines=numbers,
        sha256=signing.digest(document, numbers),
        workstation_id=till.journal.identity.workstation_id,
    )
    signed = msgspec.structs.replace(document, signatures=(*document.signatures, signature))
    after = stored(till, signed, HALF_SIGNED, draft.working)
    write_draft(till, after, (), ())
    return after


# ----------------------------------------------------------------------------------- posting


def post(
    till: Till,
    draft: StoredDraft | GoodsDocument,
    *,
    slips: Slips | None = None,
    also: Sequence[GoodsDocument] = (),
    notes: Iterable[RegisterNoted] = (),
    step: Callable[[WriteTransaction, GoodsDocument], None] | None = None,
) -> Posted | Refusal:
    """Post a document: entry, slips and draft in one transaction.

    `also` are documents without signatures that go with it (a discrepancy) and refer to it; an
    empty `reference` becomes its number. `step` does more in the same transaction. Refused while
    a signature is missing or a line cannot be.
    """
    document = _with_uuid(till, draft.document if isinstance(draft, StoredDraft) else draft)
    with_it = [_with_uuid(till, one) for one in also]
    refusal = next((found for one in (document, *with_it) if (found := check(one))), None)
    if refusal is not None:
        return refusal
    all_notes = tuple(notes)
    operator_id, day, created = till.operator_id, stock_day(till), till.clock.utc_ms()
    job_ids = [till.new_uuid() for _ in range(_MAX_SLIPS)] if slips is not None else []
    used: list[str] = []

    def print_all(txn: WriteTransaction, ours: Sequence[GoodsDocument]) -> None:
        used.clear()
        papers = [paper for one in ours for paper in (slips(one) if slips else ())]
        for job_id, paper in zip(job_ids, papers, strict=False):
            printing.insert_job(txn, job_id, one_kind(ours[0]), paper, created)
            used.append(job_id)

    def job(txn: WriteTransaction) -> GoodsDocument:
        first = append(till, txn, document, operator_id, day)
        number = first.document_no
        ours = [first]
        for one in with_it:
            named = msgspec.structs.replace(one, reference=one.reference or number)
            ours.append(append(till, txn, named, operator_id, day))
        for note in all_notes:
            named_note = note if note.document_no else _of(note, number)
            txn.append(
                EntryKind.REGISTER_NOTED, named_note, operator_id=operator_id, business_day=day
            )
        print_all(txn, ours)
        if step is not None:
            step(txn, first)
        goods_drafts.drop_draft(txn.connection, document.document_uuid)
        return first

    saved = till.write(job)

    def tell(done: Future[GoodsDocument]) -> None:
        if done.exception() is None:
            for job_id in used:
                printing.submit(till, job_id)
            if document.document_kind is DocumentKind.OPENING:
                till.unbooked = False
            till.tell(DocumentPosted(done.result()))

    saved.add_done_callback(tell)
    return Posted(document_uuid=document.document_uuid, saved=saved)


def append(
    till: Till, txn: WriteTransaction, document: GoodsDocument, operator_id: str, day: str
) -> GoodsDocument:
    """Number a checked document and journal it in somebody else's transaction (a sale's)."""
    numbered = _numbered(till, txn, document, day)
    txn.append(EntryKind.GOODS_DOCUMENT, numbered, operator_id=operator_id, business_day=day)
    return numbered


def check(document: GoodsDocument) -> Refusal | None:
    """Why a document cannot be posted, or None: head office books by the same rule."""
    for problem in (*signing.signature_problems(document), *signing.line_problems(document)):
        return Refusal(problem, _WORDS[problem], {"kind": document.document_kind.value})
    return None


def note(till: Till, *notes: RegisterNoted) -> Future[None]:
    """Journal lines of registers."""
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        for one in notes:
            txn.append(EntryKind.REGISTER_NOTED, one, operator_id=operator_id, business_day=day)

    return till.write(job)


def one_kind(document: GoodsDocument) -> str:
    """Job kind of a document's slips in the print queue."""
    return f"goods_{document.document_kind.value}"


_WORDS: Final[dict[str, str]] = {
    "no_lines": N_("nothing is on this document yet"),
    "single_signature": N_("two people must sign; one signature is no acceptance"),
    "same_person": N_("both signatures are one person's"),
    "signature_mismatch": N_("something was changed after it was signed; sign again"),
    "negative_quantity": N_("a quantity below zero"),
    "double_line": N_("a line is there twice"),
    "unit_count": N_("as many serial numbers as pieces are needed, each once"),
    "over_accepted": N_("more accepted than received"),
}


def _with_uuid(till: Till, document: GoodsDocument) -> GoodsDocument:
    if document.document_uuid:
        return document
    return msgspec.structs.replace(document, document_uuid=till.new_uuid())


def _numbered(
    till: Till, txn: WriteTransaction, document: GoodsDocument, day: str
) -> GoodsDocument:
    if document.document_no:
        return document
    prefix = PREFIXES[document.document_kind]
    identity = till.journal.identity
    stem = f"{prefix}{identity.store_id}{identity.workstation_id}-{day.replace('-', '')}-"
    given = goods_ledgers.numbers_given(txn.connection, stem)
    return msgspec.structs.replace(document, document_no=f"{stem}{given + 1:03d}")


def _of(one: RegisterNoted, document_no: str) -> RegisterNoted:
    return msgspec.structs.replace(
        one, document_no=document_no, subject=one.subject or document_no
    )
