"""Receipts signed and posted: the second signature's time, the claim, what head office is told."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods import receiving as judging
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import OrderKind
from pos.domain.goods.receiving import Difference
from pos.domain.goods.registers import Register, RegisterNoted
from pos.i18n import N_
from pos.receipt.goods_receiving import claim_slip, dispatch_copies, receipt_slip
from pos.services import reporting
from pos.services.context import Till
from pos.services.goods import copies, documents
from pos.services.goods.days import stock_day
from pos.services.goods.documents import Posted
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.receiving import Gap, Receiving
from pos.store import goods_ledgers
from pos.store.errors import CorruptStore
from pos.store.journal import WriteTransaction

_HOUR_MS = 3_600_000
_DAMAGED = (
    Difference.DAMAGED,
    Difference.CHECKLIST,
    Difference.EXPIRED,
    Difference.TEMPERATURE,
)


def missing(receiving: Receiving) -> list[Gap]:
    """Everything that keeps the receipt a draft: gaps of the lines, then of the note (RCV-07)."""
    found = receiving.gaps()
    document = receiving.document
    if not document.reference_no:
        found.append(Gap("note"))
    if not document.deliverer_name:
        found.append(Gap("deliverer"))
    if receiving.needs_seal and not document.sealed:
        found.append(Gap("seal"))
    return found


def signable(receiving: Receiving) -> Refusal | None:
    """Why nobody can sign now, or None."""
    gaps = missing(receiving)
    if gaps:
        return Refusal(f"missing_{gaps[0].code}", N_("something is missing"), {})
    if not receiving.working.counted:
        return Refusal("not_counted", N_("finish counting first"))
    return None


def lapsed(till: Till, draft: StoredDraft) -> bool:
    """Whether the first signature is older than the shop allows the second one to be late."""
    if not draft.document.signatures:
        return False
    first = min(signature.at_utc_ms for signature in draft.document.signatures)
    hours = till.settings.receiving.second_signature_hours
    return till.clock.utc_ms() - first > hours * _HOUR_MS


def sign_anew(receiving: Receiving) -> None:
    """A first signature that waited too long goes: inspected and signed again (RCV-03)."""
    fields = {**receiving.document.fields}
    fields["signed_anew"] = str(int(fields.get("signed_anew", "0")) + 1)
    receiving.set_header(msgspec.structs.replace(receiving.document, fields=fields))


def claims_of(receiving: Receiving) -> tuple[GoodsLine, ...]:
    """What goes on the discrepancy document."""
    over = {int(number): share for number, share in receiving.working.over.items()}
    sums: dict[tuple[str, str], int] = {}
    for scan in receiving.working.nameless:
        key = (scan.code, scan.note)
        sums[key] = sums.get(key, 0) + scan.quantity_milli
    nameless = [judging.nameless(code, quantity, note) for (code, note), quantity in sums.items()]
    return judging.differences(receiving.lines, over, nameless)


def post(receiving: Receiving) -> Posted | Refusal:
    """Post the receipt, and with it the claim, the arrival and the copies; then the papers print.

    The good lines post now; what differs is on the discrepancy document alone (RCV-06).
    """
    refusal = signable(receiving)
    if refusal is not None:
        return refusal
    till, document = receiving.till, receiving.document
    claims = claims_of(receiving)
    also = [judging.discrepancy(document, claims)] if claims else []
    with_copies = is_dispatch(document) and till.settings.receiving.copies
    notes: list[RegisterNoted] = []
    if document.reference and on_the_way(document):
        notes.append(_arrival(document, claims))
    if with_copies:
        order_no = document.fields.get("order_no", "")
        notes.append(copies.printed_note(till, order_no, document.counterparty_name))
    facts, at = reporting.facts_of(till), till.local_iso()
    due = copies.due_of(till, stock_day(till))

    def slips(one: GoodsDocument) -> Sequence[Document]:
        if one.document_kind is DocumentKind.DISCREPANCY:
            return [claim_slip(one, facts, at)]
        papers = [receipt_slip(one, facts, at)]
        return [*papers, *dispatch_copies(one, facts, at, due)] if with_copies else papers

    def once(txn: WriteTransaction, posted: GoodsDocument) -> None:
        if goods_ledgers.times_posted(txn.connection, posted.document_uuid) > 1:
            raise CorruptStore(
                N_("Receipt {number} is posted already."), number=posted.document_no
            )

    reviewed = msgspec.structs.replace(document, review=_review(receiving))
    draft = msgspec.structs.replace(receiving.draft, document=reviewed)
    return documents.post(till, draft, slips=slips, also=also, notes=notes, step=once)


def is_dispatch(document: GoodsDocument) -> bool:
    """Whether it came with a dispatch note of head office."""
    return document.fields.get("order_kind") == OrderKind.DISPATCH


def on_the_way(document: GoodsDocument) -> bool:
    """Whether head office had it in transit: a dispatch or a transfer."""
    return document.fields.get("order_kind") in (OrderKind.DISPATCH, OrderKind.TRANSFER)


def _arrival(document: GoodsDocument, claims: Sequence[GoodsLine]) -> RegisterNoted:
    """到货确认: what came, what is short, what is damaged, in pieces (RCV-11)."""
    short = sum(line.quantity_milli for line in claims if line.reason == Difference.SHORT)
    damaged = sum(line.quantity_milli for line in claims if line.reason in _DAMAGED)
    received = sum(line.received_milli for line in document.lines)
    return RegisterNoted(
        register=Register.ARRIVAL,
        subject=document.reference,
        action="confirmed",
        quantity_milli=received,
        fields={
            "order_no": document.fields.get("order_no", ""),
            "received_milli": str(received),
            "short_milli": str(short),
            "damaged_milli": str(damaged),
        },
    )


def _review(receiving: Receiving) -> tuple[str, ...]:
    """Findings that travel with the document."""
    found: list[str] = []
    for line in receiving.lines:
        left = judging.days_left(line.expiry, receiving.today)
        wanted = receiving.rule_of(line).min_remaining_days
        if line.quantity_milli and left is not None and wanted and left < wanted:
            found.append("short_life")
    if receiving.working.over:
        found.append("over_delivered")
    if _sold_before(receiving):
        found.append("sold_before_signed")
    return tuple(dict.fromkeys(found))


def _sold_before(receiving: Receiving) -> bool:
    """Whether goods of this receipt were sold below nothing while it waited for its signatures."""
    from pos.services.goods import stock

    return any(
        line.quantity_milli and stock.shop_quantity(receiving.till, line.item_code) < 0
        for line in receiving.lines
    )
