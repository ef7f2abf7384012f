"""The one machine of every goods document: draft, two signatures, posted (RCV-01..03, RET-03).

A draft lives on disk and nowhere in the books. An edit of a line takes both signatures of that
line away, an edit of the header all of them, and the journal says so. Posting is one transaction:
the entry, its slips, what goes with it, and the draft is gone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any, Final

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
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
from pos.i18n import N_
from pos.services import people, printing
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.operators import Credentials
from pos.store import goods_drafts, goods_ledgers, goods_reference
from pos.store.goods_drafts import StoredDraft as StoredDraft  # noqa: PLC0414 - screens name it too
from pos.store.journal import WriteTransaction

OPEN, HALF_SIGNED = "open", "half_signed"

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


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A document on its way into the journal; `saved` gives it as it is on disk, with its number."""

    document_uuid: str
    saved: Future[GoodsDocument]


class DocumentPosted(msgspec.Struct, frozen=True):
    """Event: a goods document is on disk; stock has changed."""

    document: GoodsDocument


Slips = Callable[[GoodsDocument], Sequence[Document]]
"""What to print of a document once it has its number."""


# ------------------------------------------------------------------------------------ drafts


def begin(till: Till, document: GoodsDocument, working: Any = None) -> StoredDraft:
    """Start a draft of `document` (its uuid may be empty) and write it."""
    if not document.document_uuid:
        document = msgspec.structs.replace(document, document_uuid=till.new_uuid())
    draft = _stored(till, document, OPEN, b"{}" if working is None else _encode(working))
    _write(till, draft, document.lines, ())
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
    after = _stored(till, document, OPEN, draft.working)
    _write(till, after, (line,), ())
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
    after = _stored(
        till,
        document,
        HALF_SIGNED if kept else OPEN,
        draft.working if working is None else _encode(working),
    )
    numbers = set(changed)
    present = {line.line_no for line in document.lines}
    _write(
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


# -------------------------------------------------------------------------------- signatures


def rights_of(kind: DocumentKind, source: str = "") -> tuple[str, str]:
    """Rights of the two signatures; head office's own order needs no judge here (STK-06)."""
    if source == "order" and kind in (DocumentKind.JUDGED, DocumentKind.JUDGED_OUT):
        return _RECEIVING
    return RIGHTS.get(kind, _RECEIVING)


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
    after = _stored(till, signed, HALF_SIGNED, draft.working)
    _write(till, after, (), ())
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


# ----------------------------------------------------------------------------------- helpers


def _with_uuid(till: Till, document: GoodsDocument) -> GoodsDocument:
    if document.document_uuid:
        return document
    return msgspec.structs.replace(document, document_uuid=till.new_uuid())


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


def _stored(till: Till, document: GoodsDocument, state: str, working: bytes) -> StoredDraft:
    return StoredDraft(
        draft_uuid=document.document_uuid,
        document_kind=document.document_kind.value,
        state=state if document.document_kind in SIGNED_BY_TWO else OPEN,
        operator_id=till.operator_id,
        updated_utc_ms=till.clock.utc_ms(),
        document=document,
        working=working,
    )


def _write(
    till: Till,
    draft: StoredDraft,
    lines: Iterable[GoodsLine],
    dropped: Sequence[int],
    notes: Sequence[RegisterNoted] = (),
) -> None:
    written = tuple(lines)
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        for one in notes:
            txn.append(EntryKind.REGISTER_NOTED, one, operator_id=operator_id, business_day=day)
        goods_drafts.put_draft(
            txn.connection,
            draft.document,
            state=draft.state,
            operator_id=draft.operator_id,
            updated_utc_ms=draft.updated_utc_ms,
            working=draft.working,
        )
        goods_drafts.drop_lines(txn.connection, draft.draft_uuid, dropped)
        goods_drafts.put_lines(txn.connection, draft.draft_uuid, written)

    till.write(job, together=not notes)


def _encode(working: Any) -> bytes:
    return msgspec.json.encode(working)


def _plain(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}
