"""Money back: by the way it came, or by another one within `return.other_tender`."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.domain.sale import Transaction
from pos.domain.tender import Payment, Tender, TenderState, TenderType
from pos.services.context import Authorised, Grant, NeedsApproval, Till, authorise
from pos.services.journal_reading import find_transaction


def originals(till: Till) -> tuple[Transaction, ...]:
    """The receipts of this till that the goods on the screen come back from."""
    numbers = dict.fromkeys(
        line.original.transaction_no for line in till.sale.cart.lines if line.original is not None
    )
    found = (find_transaction(till.journal.reader(), number) for number in numbers)
    return tuple(stored.transaction for stored in found if stored is not None)


def paid_by_type(till: Till) -> dict[str, int]:
    """What the goods on the screen were paid with: tender type → minor units, change taken off."""
    paid: dict[str, int] = {}
    for transaction in originals(till):
        for tender in transaction.tenders:
            if tender.state is not TenderState.FAILED:
                paid[tender.tender_type] = paid.get(tender.tender_type, 0) + tender.amount_minor
    return {name: amount for name, amount in paid.items() if amount > 0}


def way_back(till: Till) -> TenderType | None:
    """The one tender by which the money came, to offer it first; None when there were several."""
    paid = paid_by_type(till)
    return till.tender_type(next(iter(paid))) if len(paid) == 1 else None


def by_this_tender(
    till: Till,
    payment: Payment,
    tender_type: TenderType,
    amount_minor: int,
    approval: Grant | None,
) -> Authorised | Refusal | NeedsApproval:
    """Whether `amount_minor` may go back by `tender_type` (rule `return.other_tender`).

    Money that comes in is nobody's question here. Goods without a receipt of this till have no way
    that the money came: their own rule has decided already.
    """
    if payment.due_minor >= 0:
        return Authorised()
    paid = paid_by_type(till)
    if not paid:
        return Authorised()
    back = -amount_minor - sum(
        tender.amount_minor
        for tender in payment.tenders
        if tender.tender_type == tender_type.id and tender.state is not TenderState.FAILED
    )
    if back <= paid.get(tender_type.id, 0):
        return Authorised()
    return authorise(till, "return.other_tender", detail=tender_type.name, approval=approval)


def terminal_payment(till: Till, payment: Payment, tender_type_id: str) -> Tender | None:
    """The largest payment at the terminal that the goods on the screen were paid with."""
    used = {
        tender.original_reference
        for tender in payment.tenders
        if tender.state is not TenderState.FAILED
    }
    candidates = [
        tender
        for transaction in originals(till)
        for tender in transaction.tenders
        if tender.tender_type == tender_type_id
        and tender.state is TenderState.RECEIVED
        and tender.amount_minor > 0
        and tender.reference
        and tender.reference not in used
    ]
    return max(candidates, key=lambda tender: tender.amount_minor, default=None)
