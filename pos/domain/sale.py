"""Closed transactions: sale, return, void and tender exchange, each with one constructor.

A `Transaction` is immutable and balanced: Σ line amounts = Σ tender amounts (I5), change being a
tender of negative amount and cash rounding a line of its own. The constructors return a `Refusal`
instead of an unbalanced or empty value; nothing else in the product makes a `Transaction`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec

from pos.domain.cart import (
    CartLine,
    EntryMethod,
    LineKind,
    OriginalLine,
    PriceOverride,
    Refusal,
)
from pos.domain.pricing import PricedCart, TaxTotal, tax_totals
from pos.domain.quantity import ONE
from pos.domain.tender import Tender, TenderState

_T = TypeVar("_T")


class TransactionType(StrEnum):
    """What a closed transaction is as a whole."""

    SALE = "sale"
    RETURN = "return"
    VOID = "void"
    TENDER_EXCHANGE = "tender_exchange"


class TransactionLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One closed line as it is journaled. Field meanings as in `CartLine`."""

    line_no: int
    kind: LineKind
    item_code: str
    description: str
    quantity_milli: int
    unit_price_e4: int
    amount_minor: int
    discount_minor: int = 0
    """All that was taken off: unit discount × quantity plus the allocated whole-sale discount."""

    allocated_discount_minor: int = 0
    unit_discount_e4: int = 0
    list_price_e4: int = 0
    price_version: int = 0
    label_amount_minor: int | None = None
    tax_code: str = ""
    tax_rate_bp: int = 0
    tax_minor: int = 0
    item_class: str = ""
    unit: str = ""
    spec: str = ""
    weighed: bool = False
    barcode: str = ""
    batch: str = ""
    expiry: str = ""
    unit_code: str = ""
    entry_method: EntryMethod = EntryMethod.SCANNED
    override: PriceOverride | None = None
    original: OriginalLine | None = None
    salesperson_id: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    at: str = ""


class TransactionContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a constructor needs to know beside lines and tenders: who, when, which number."""

    transaction_no: str
    """Human number: store and workstation, business day, number of the day."""

    number: int
    business_day: str
    operator_id: str
    at: str = ""
    begin_at: str = ""
    shift_no: int = 0
    original_transaction_no: str = ""
    roll_transaction: str = ""
    """The transaction's name on the roll it was replayed from."""

    approver_id: str = ""
    reason: str = ""
    member_id: str = ""
    review: tuple[str, ...] = ()
    """What head office shall look at: `undecided_tender`, `single_signature`, …"""


class Transaction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A closed, balanced, immutable transaction: the body of a `transaction` journal entry."""

    transaction_type: TransactionType
    transaction_no: str
    number: int
    operator_id: str
    lines: tuple[TransactionLine, ...] = ()
    tenders: tuple[Tender, ...] = ()
    total_minor: int = 0
    discount_minor: int = 0
    taxes: tuple[TaxTotal, ...] = ()
    at: str = ""
    """Local time of the till, ISO text; on a roll the roll's own time."""

    begin_at: str = ""
    shift_no: int = 0
    original_transaction_no: str = ""
    roll_transaction: str = ""
    approver_id: str = ""
    reason: str = ""
    member_id: str = ""
    """The member's number, whole; paper and screen show it masked."""

    review: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    """entry_uuids of the `transaction_part` entries that hold the first lines of a document too
    long for one entry (R4); empty for nearly every transaction."""

    @property
    def change_minor(self) -> int:
        """Change handed out, as a positive amount."""
        return -sum(t.amount_minor for t in self.tenders if t.change)

    @property
    def pieces_milli(self) -> int:
        """件数: a weighed line counts as one piece."""
        return sum(
            ONE if line.weighed else line.quantity_milli
            for line in self.lines
            if line.kind is not LineKind.OTHER
        )


def close_sale(
    priced: PricedCart,
    tenders: Sequence[Tender],
    context: TransactionContext,
    *,
    rounding_minor: int = 0,
) -> Transaction | Refusal:
    """Close a sale. It may hold lines of any kind (an exchange is one document, RET-05)."""
    lines = _close_lines(priced)
    if rounding_minor:
        lines = (*lines, _rounding_line(lines, rounding_minor, context.at))
    if not lines:
        return Refusal("no_lines", "a sale needs at least one line")
    return _close(TransactionType.SALE, lines, tenders, context)


def close_return(
    priced: PricedCart,
    tenders: Sequence[Tender],
    context: TransactionContext,
    *,
    rounding_minor: int = 0,
) -> Transaction | Refusal:
    """Close a return: only lines that bring goods back (quantity below 0), money goes out."""
    lines = _close_lines(priced)
    if not lines:
        return Refusal("no_lines", "a return needs at least one line")
    wrong = _first(lines, lambda line: line.kind is not LineKind.RETURN)
    if wrong is not None:
        return Refusal(
            "not_a_return", f"line {wrong.line_no} is no return line; close it as a sale"
        )
    if rounding_minor:
        lines = (*lines, _rounding_line(lines, rounding_minor, context.at))
    return _close(TransactionType.RETURN, lines, tenders, context)


def close_void(
    original: Transaction,
    context: TransactionContext,
    refunds: Mapping[int, Tender] | None = None,
) -> Transaction | Refusal:
    """Reverse a whole earlier transaction (冲销): its lines and tenders with the sign turned.

    `refunds` are those that a payment terminal has paid back already, by the number of the tender
    that they give back; every other tender is turned round by its type.
    """
    if original.transaction_type in (TransactionType.VOID, TransactionType.TENDER_EXCHANGE):
        return Refusal("cannot_void", "only a sale or a return can be voided")
    lines = tuple(
        msgspec.structs.replace(
            line,
            kind=LineKind.OTHER if line.kind is LineKind.OTHER else LineKind.VOID,
            quantity_milli=-line.quantity_milli,
            amount_minor=-line.amount_minor,
            discount_minor=-line.discount_minor,
            allocated_discount_minor=-line.allocated_discount_minor,
            label_amount_minor=(
                None if line.label_amount_minor is None else -line.label_amount_minor
            ),
            tax_minor=-line.tax_minor,
            original=OriginalLine(transaction_no=original.transaction_no, line_no=line.line_no),
            at=context.at,
        )
        for line in original.lines
    )
    net: dict[str, int] = {}
    paid_back = dict(refunds or {})
    for tender in original.tenders:
        if tender.state is not TenderState.FAILED and tender.tender_no not in paid_back:
            net[tender.tender_type] = net.get(tender.tender_type, 0) + tender.amount_minor
    tenders = tuple(
        Tender(tender_no=number, tender_type=name, amount_minor=-amount, at=context.at)
        for number, (name, amount) in enumerate(net.items(), start=1)
    )
    tenders += tuple(
        msgspec.structs.replace(refund, tender_no=number, at=context.at)
        for number, refund in enumerate(paid_back.values(), start=len(tenders) + 1)
    )
    return _close(TransactionType.VOID, lines, tenders, context)


def close_void_lines(
    priced: PricedCart, tenders: Sequence[Tender], context: TransactionContext
) -> Transaction | Refusal:
    """Close a document that holds only void lines, each cancelling some earlier line."""
    lines = _close_lines(priced)
    wrong = _first(lines, lambda line: line.kind is not LineKind.VOID)
    if not lines or wrong is not None:
        return Refusal("not_a_void", "a void holds at least one line, and void lines only")
    return _close(TransactionType.VOID, lines, tenders, context)


def close_tender_exchange(
    tenders: Sequence[Tender], context: TransactionContext
) -> Transaction | Refusal:
    """Close a tender exchange: no lines, tenders that cancel each other out (cash for card)."""
    if not tenders:
        return Refusal("no_tenders", "a tender exchange needs tenders")
    return _close(TransactionType.TENDER_EXCHANGE, (), tenders, context)


def _close(
    transaction_type: TransactionType,
    lines: tuple[TransactionLine, ...],
    tenders: Sequence[Tender],
    context: TransactionContext,
) -> Transaction | Refusal:
    counted = tuple(t for t in tenders if t.state is not TenderState.FAILED)
    waiting = _first(counted, lambda tender: tender.state is TenderState.PENDING)
    if waiting is not None:
        return Refusal(
            "tender_pending", f"tender {waiting.tender_no} is not decided; say whether it arrived"
        )
    total = sum(line.amount_minor for line in lines)
    paid = sum(tender.amount_minor for tender in counted)
    if total != paid:
        return Refusal(
            "unbalanced",
            f"lines come to {total} and tenders to {paid} minor units; they must be equal",
            {"total_minor": total, "paid_minor": paid},
        )
    review = context.review
    if any(t.state is TenderState.UNDECIDED for t in counted):
        review = (*review, "undecided_tender")
    return Transaction(
        transaction_type=transaction_type,
        transaction_no=context.transaction_no,
        number=context.number,
        operator_id=context.operator_id,
        lines=lines,
        tenders=counted,
        total_minor=total,
        discount_minor=sum(line.discount_minor for line in lines),
        taxes=tax_totals([(x.tax_rate_bp, x.amount_minor, x.tax_minor) for x in lines]),
        at=context.at,
        begin_at=context.begin_at,
        shift_no=context.shift_no,
        original_transaction_no=context.original_transaction_no,
        roll_transaction=context.roll_transaction,
        approver_id=context.approver_id,
        reason=context.reason,
        member_id=context.member_id,
        review=review,
    )


def _close_lines(priced: PricedCart) -> tuple[TransactionLine, ...]:
    return tuple(
        _close_line(
            p.line, p.allocated_discount_minor, p.amount_minor, p.discount_minor, p.tax_minor
        )
        for p in priced.lines
    )


def _close_line(
    line: CartLine, allocated: int, amount: int, discount: int, tax: int
) -> TransactionLine:
    return TransactionLine(
        line_no=line.line_no,
        kind=line.kind,
        item_code=line.item_code,
        description=line.description,
        quantity_milli=line.quantity_milli,
        unit_price_e4=line.unit_price_e4,
        amount_minor=amount,
        discount_minor=discount,
        allocated_discount_minor=allocated,
        unit_discount_e4=line.unit_discount_e4,
        list_price_e4=line.list_price_e4,
        price_version=line.price_version,
        label_amount_minor=line.label_amount_minor,
        tax_code=line.tax_code,
        tax_rate_bp=line.tax_rate_bp,
        tax_minor=tax,
        item_class=line.item_class,
        unit=line.unit,
        spec=line.spec,
        weighed=line.weighed,
        barcode=line.barcode,
        batch=line.batch,
        expiry=line.expiry,
        unit_code=line.unit_code,
        entry_method=line.entry_method,
        override=line.override,
        original=line.original,
        salesperson_id=line.salesperson_id,
        reason=line.reason,
        flags=line.flags,
        at=line.at,
    )


def _rounding_line(
    lines: tuple[TransactionLine, ...], rounding_minor: int, at: str
) -> TransactionLine:
    return TransactionLine(
        line_no=max((line.line_no for line in lines), default=0) + 1,
        kind=LineKind.OTHER,
        item_code="",
        description="cash rounding",
        quantity_milli=ONE,
        unit_price_e4=rounding_minor * 100,
        amount_minor=rounding_minor,
        entry_method=EntryMethod.SYSTEM,
        reason="cash_rounding",
        at=at,
    )


def _first(values: Iterable[_T], test: Callable[[_T], bool]) -> _T | None:
    return next((value for value in values if test(value)), None)
