"""Stock moves by deltas, never by absolute writes (I3, R14); what a sale moves.

Goods documents move stock by their own table (`pos.domain.goods.documents`).
"""

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
    RECEIPT = "receipt"
    SUPPLIER_RETURN = "supplier_return"
    SCRAP = "scrap"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    LOAN = "loan"
    DISPATCH = "dispatch"
    JUDGE = "judge"
    OPENING = "opening"
    COUNT = "count"


class Place(StrEnum):
    """Where stock of a store is; each is an account of the ledger, and on hand is `SHOP` alone."""

    SHOP = ""
    RESERVED = "reserved"
    """Sold, not delivered: in the shop and not stock for sale (REG-01)."""

    LOAN = "loan"
    """Lent: outside the shop and still stock (REG-04)."""

    JUDGE = "judge"
    """Set apart until somebody judges it: mixed tags, recalled in, damaged."""


class StockMovement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One delta of one item: positive into the store, negative out of it."""

    item_code: str
    quantity_milli: int
    reason: MovementReason
    line_no: int
    place: Place = Place.SHOP
    batch: str = ""
    unit_code: str = ""
    """Serial number or trace code of the one unit that moved."""

    unit_cost_e4: int | None = None
    """Cost of one unit that came in, where a document says it."""


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
            batch=line.batch,
            unit_code=line.unit_code,
        )
        for line in transaction.lines
        if line.kind is not other and line.item_code and line.quantity_milli
    )
