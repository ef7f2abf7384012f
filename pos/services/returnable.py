"""Receipts of this till, and what of each line can still come back (RET-02, R33)."""

from __future__ import annotations

from datetime import date

import msgspec

from pos.domain.cart import LineKind, Refusal
from pos.domain.sale import TransactionLine, TransactionType
from pos.domain.tender import TenderState
from pos.i18n import N_
from pos.services import training
from pos.services.context import NeedsApproval, Till
from pos.services.journal_reading import find_transaction
from pos.services.numbering import transaction_no as number_of
from pos.store.returns_guard import Left, left_of


class ReturnableLine(msgspec.Struct, frozen=True, kw_only=True):
    """One sold line and what of it can still come back."""

    line_no: int
    item_code: str
    description: str
    unit: str
    weighed: bool
    quantity_milli: int
    remaining_milli: int
    unit_price_e4: int
    """As charged."""

    amount_minor: int
    remaining_minor: int
    """What would be paid back for all that remains."""


class ReceiptForReturn(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt of this till, ready to choose from."""

    transaction_no: str
    business_day: str
    at: str
    operator_id: str
    total_minor: int
    tender_types: tuple[str, ...]
    undecided: bool
    """A payment of it has never been verified (待核)."""

    late: bool
    """The last day for returns has passed."""

    lines: tuple[ReturnableLine, ...]


def find_receipt(till: Till, transaction_no: str) -> ReceiptForReturn | Refusal | NeedsApproval:
    """A receipt by its number, as scanned or typed.

    Another till's receipt cannot be checked here: it needs an approval, and then
    `return_without_receipt` with its number (R33).
    """
    stored = find_transaction(till.journal.reader(), transaction_no)
    if stored is None:
        if _of_this_till(till, transaction_no):
            return Refusal("no_such_receipt", N_("this till has no such receipt"))
        if not till.training and _of_practice(till, transaction_no):
            return Refusal("practice_receipt", N_("this is a practice slip: nothing was sold"))
        return NeedsApproval(
            right="sale.return_other_till",
            rule="return.other_till",
            detail=transaction_no,
            limit_name="sale.return_no_receipt.limit_minor",
        )
    sold = stored.transaction
    if sold.transaction_type is not TransactionType.SALE:
        return Refusal("not_a_sale", N_("this receipt is no sale; nothing of it can come back"))
    return ReceiptForReturn(
        transaction_no=transaction_no,
        business_day=stored.business_day,
        at=sold.at,
        operator_id=sold.operator_id,
        total_minor=sold.total_minor,
        tender_types=tuple(dict.fromkeys(t.tender_type for t in sold.tenders)),
        undecided=any(t.state is TenderState.UNDECIDED for t in sold.tenders),
        late=is_late(till, stored.business_day),
        lines=tuple(
            _returnable(line, left)
            for line in sold.lines
            if line.kind is LineKind.SALE
            for left in [_left(till, transaction_no, line.line_no)]
        ),
    )


def _left(till: Till, transaction_no: str, line_no: int) -> Left:
    left = left_of(till.journal.reader(), transaction_no, line_no)
    if left is None:
        return Left(sold_milli=0, sold_minor=0, back_milli=0, back_minor=0, corrected_milli=0)
    return left


def left_now(till: Till, transaction_no: str, line_no: int) -> Left:
    """What is left when the lines on the screen are counted as well."""
    left = _left(till, transaction_no, line_no)
    quantity = amount = corrected = 0
    for line in till.sale.cart.lines:
        original = line.original
        if original is None or (original.transaction_no, original.line_no) != (
            transaction_no,
            line_no,
        ):
            continue
        amount -= line.amount_minor
        if line.kind is LineKind.OTHER:
            corrected += line.quantity_milli
        else:
            quantity -= line.quantity_milli
    return msgspec.structs.replace(
        left,
        back_milli=left.back_milli + quantity,
        back_minor=left.back_minor + amount,
        corrected_milli=left.corrected_milli + corrected,
    )


def _returnable(line: TransactionLine, left: Left) -> ReturnableLine:
    return ReturnableLine(
        line_no=line.line_no,
        item_code=line.item_code,
        description=line.description,
        unit=line.unit,
        weighed=line.weighed,
        quantity_milli=line.quantity_milli,
        remaining_milli=max(0, left.left_milli),
        unit_price_e4=line.unit_price_e4,
        amount_minor=line.amount_minor,
        remaining_minor=max(0, left.left_minor) if left.left_milli > 0 else 0,
    )


def is_late(till: Till, business_day: str) -> bool:
    """Whether the last day for returns of goods sold on `business_day` has passed."""
    if not till.business_day or not business_day:
        return False
    days = date.fromisoformat(till.business_day) - date.fromisoformat(business_day)
    return days.days > till.settings.returns.receipt_days


def _of_this_till(till: Till, transaction_no: str) -> bool:
    own = number_of(till.journal.identity, "2000-01-01", 1).rsplit("-", 2)[0]
    return transaction_no.rsplit("-", 2)[0] == own


def _of_practice(till: Till, transaction_no: str) -> bool:
    identity = till.journal.identity
    practice = f"{identity.store_id}{training.PREFIX}{identity.workstation_id}-"
    return transaction_no.startswith(practice)
