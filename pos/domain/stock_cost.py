"""Moving-average cost: what one unit in stock has cost, movement by movement (STK-16).

Goods that come in with a cost change the average; everything else goes out, or comes back, at the
average there is. The one order is time: the till folds its journal as it was written, head office
all journals of a store by the time of their entries. Goods that are sold and not yet delivered are
no longer the shop's; goods lent and goods to be judged are.

Below nothing an average has no meaning: what was sold before it came in went out at the average of
then, and that is not corrected afterwards. So a delivery that finds nothing, or less than nothing,
in stock sets the average to its own cost; the first unit of it that is really there is worth that.
A correction of cost without goods does not exist.
"""

from __future__ import annotations

import msgspec

from pos.domain.stock import MovementReason, Place

COSTED: frozenset[str] = frozenset(
    {
        MovementReason.RECEIPT,
        MovementReason.TRANSFER_IN,
        MovementReason.OPENING,
    }
)
"""Reasons whose goods bring a cost of their own, where the document says one."""


class Average(msgspec.Struct, frozen=True, gc=False):
    """Stock of one item as cost sees it."""

    quantity_milli: int = 0
    unit_cost_e4: int | None = None
    """Cost of one unit in 1/10,000 of the currency unit; None while nobody ever said one."""


def moved(
    before: Average, quantity_milli: int, reason: str, place: str, unit_cost_e4: int | None
) -> Average:
    """Return the average after one movement of the ledger, rounded half up once."""
    if place == Place.RESERVED.value:
        return before
    quantity = before.quantity_milli + quantity_milli
    cost = before.unit_cost_e4
    if unit_cost_e4 is not None and quantity_milli > 0 and reason in COSTED:
        if cost is None or before.quantity_milli <= 0:
            cost = unit_cost_e4
        else:
            value = before.quantity_milli * cost + quantity_milli * unit_cost_e4
            cost = (2 * value + quantity) // (2 * quantity)
    return Average(quantity, cost)


def value_minor(
    quantity_milli: int, unit_cost_e4: int | None, minor_digits: int = 2
) -> int | None:
    """What a quantity is worth at a cost, in minor units, rounded half up away from nothing."""
    if unit_cost_e4 is None:
        return None
    scale: int = 10 ** (7 - minor_digits)
    worth = abs(quantity_milli) * unit_cost_e4
    rounded = (2 * worth + scale) // (2 * scale)
    return rounded if quantity_milli >= 0 else -rounded
