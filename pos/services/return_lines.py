"""Lines that bring something of a sold line back."""

from __future__ import annotations

from pos.domain.cart import CartLine, EntryMethod, LineKind, OriginalLine, Refusal
from pos.domain.money import divide_half_away
from pos.domain.quantity import ONE
from pos.domain.sale import TransactionLine
from pos.i18n import N_
from pos.services.journal_reading import StoredTransaction

_E4_MILLI = 100 * ONE


def back_line(
    stored: StoredTransaction,
    line: TransactionLine,
    quantity_milli: int,
    amount_minor: int,
    at: str,
    reason: str,
    kind: LineKind = LineKind.RETURN,
) -> CartLine:
    """A line that brings something of a sold line back; its amount stands and is not recomputed."""
    discount_e4 = 0
    if kind is LineKind.RETURN and line.quantity_milli:
        discount_e4 = divide_half_away(line.discount_minor * _E4_MILLI, abs(line.quantity_milli))
    return CartLine(
        line_no=0,
        kind=kind,
        item_code=line.item_code,
        description=line.description,
        spec=line.spec,
        unit=line.unit,
        item_class=line.item_class,
        barcode=line.barcode,
        batch=line.batch,
        expiry=line.expiry,
        unit_code=line.unit_code if kind is LineKind.RETURN else "",
        entry_method=EntryMethod.RECEIPT,
        quantity_milli=quantity_milli,
        weighed=line.weighed,
        list_price_e4=line.list_price_e4,
        price_version=line.price_version,
        unit_price_e4=unit_price(amount_minor, quantity_milli),
        unit_discount_e4=discount_e4,
        label_amount_minor=amount_minor,
        tax_code=line.tax_code,
        tax_rate_bp=line.tax_rate_bp,
        original=OriginalLine(
            transaction_no=stored.transaction.transaction_no,
            line_no=line.line_no,
            business_day=stored.business_day,
        ),
        salesperson_id=line.salesperson_id,
        reason=reason,
        at=at,
    )


def unit_price(amount_minor: int, quantity_milli: int) -> int:
    """Unit price that comes nearest to the amount."""
    sign = -1 if quantity_milli < 0 else 1
    return divide_half_away(sign * amount_minor * _E4_MILLI, abs(quantity_milli))


def sold_line(stored: StoredTransaction | None, line_no: int) -> TransactionLine | None:
    """The sold line of that number, or None."""
    if stored is None:
        return None
    return next(
        (
            line
            for line in stored.transaction.lines
            if line.line_no == line_no and line.kind is LineKind.SALE
        ),
        None,
    )


def nothing_left(line: TransactionLine, left_milli: int) -> Refusal:
    """The refusal of more than can still come back."""
    return Refusal(
        "nothing_left",
        N_("less than that can still come back"),
        {"item": line.description, "left_milli": max(0, left_milli)},
    )
