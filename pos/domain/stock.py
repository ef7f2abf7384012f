"""Stock moves by deltas, never by absolute writes (invariant 6, R14)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.domain.cart import LineKind
from pos.domain.sale import Transaction


class MovementReason(StrEnum):
    """Why stock moved."""

    SALE = "sale"
    RETURN = "return"
    VOID = "void"
    ADJUST = "adjust"


class StockMovement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One delta of one item: positive into the store, negative out of it."""

    item_code: str
    quantity_milli: int
    reason: MovementReason
    line_no: int


_REASONS = {
    LineKind.SALE: MovementReason.SALE,
    LineKind.RETURN: MovementReason.RETURN,
    LineKind.VOID: MovementReason.VOID,
    LineKind.ADJUST: MovementReason.ADJUST,
}


def movements_of(transaction: Transaction) -> tuple[StockMovement, ...]:
    """Stock deltas of a closed transaction.

    Goods sold leave (quantity × -1), so what a return or void brings back has a negative line
    quantity and comes in; an adjust line's quantity is the delta itself. Lines without an item and
    non-merchandise lines move nothing.
    """
    adjust, other = LineKind.ADJUST, LineKind.OTHER
    return tuple(
        StockMovement(
            item_code=line.item_code,
            quantity_milli=(line.quantity_milli if line.kind is adjust else -line.quantity_milli),
            reason=_REASONS[line.kind],
            line_no=line.line_no,
        )
        for line in transaction.lines
        if line.kind is not other and line.item_code and line.quantity_milli
    )
