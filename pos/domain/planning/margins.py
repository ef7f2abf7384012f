"""Bought, sold, lost and earned per item and day: 进销差价 from the ledger and the sales (REP-10).

One pass over an item's movements in the order of time. Goods go out at the moving-average cost of
that moment (`pos.domain.stock_cost`). Rounding: the average is rounded half up to 1/10,000 of the
currency unit after each costed arrival; the value of one movement is rounded once, half away from
zero, to the minor unit; everything else is sums of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import msgspec

from pos.domain.stock import MovementReason
from pos.domain.stock_cost import Average, moved, value_minor

SOLD: Final = frozenset({MovementReason.SALE, MovementReason.RETURN, MovementReason.VOID})
BOUGHT: Final = frozenset(
    {MovementReason.RECEIPT, MovementReason.TRANSFER_IN, MovementReason.SUPPLIER_RETURN}
)
LOST: Final = frozenset({MovementReason.SCRAP, MovementReason.COUNT, MovementReason.ADJUST})
"""Scrapped, and what counts found missing; a surplus found is a loss below zero."""


class Move(NamedTuple):
    """One movement of the ledger."""

    item_code: str
    business_day: str
    quantity_milli: int
    reason: str
    place: str
    unit_cost_e4: int | None


class DayFigures(msgspec.Struct, kw_only=True):
    """What one item did on one day. Quantities in thousandths, money in minor units."""

    bought_milli: int = 0
    bought_minor: int = 0
    sold_milli: int = 0
    revenue_minor: int = 0
    """As charged, tax included."""

    cost_minor: int = 0
    """Of what was sold."""

    lost_milli: int = 0
    lost_minor: int = 0
    uncosted_milli: int = 0
    """Sold or lost before anybody said a cost: in no figure of money."""

    @property
    def margin_minor(self) -> int:
        """Sales less the cost of what was sold and of what was lost."""
        return self.revenue_minor - self.cost_minor - self.lost_minor

    def add(self, other: DayFigures) -> None:
        """Take another's figures in."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


def margins(
    moves: Iterable[Move],
    revenue: Mapping[tuple[str, str], int],
    first: str = "",
    last: str = "9999-12-31",
    averages: dict[str, Average] | None = None,
) -> dict[tuple[str, str], DayFigures]:
    """(item, day) → figures, for the days from `first` to `last`.

    `moves` are in the order of time within each item and begin with its first one, for the
    average's sake; `revenue` gives what was charged by item and day. `averages` is filled with what
    each item's stock has cost after its last movement.
    """
    averages = {} if averages is None else averages
    found: dict[tuple[str, str], DayFigures] = {}
    for move in moves:
        before = averages.get(move.item_code) or Average()
        averages[move.item_code] = moved(
            before, move.quantity_milli, move.reason, move.place, move.unit_cost_e4
        )
        if first <= move.business_day <= last:
            key = (move.item_code, move.business_day)
            book(found.setdefault(key, DayFigures()), move, before.unit_cost_e4)
    for key, amount in revenue.items():
        if first <= key[1] <= last:
            found.setdefault(key, DayFigures()).revenue_minor += amount
    return found


def book(figures: DayFigures, move: Move, unit_cost_e4: int | None) -> None:
    """Add a movement, at what a unit had cost before it, to the figures of its item and day."""
    # What is reserved for a customer left the shop with its sale; loans are the shop's still.
    if move.place:
        return
    quantity = move.quantity_milli
    if move.reason in BOUGHT:
        cost = move.unit_cost_e4 if quantity > 0 else unit_cost_e4
        figures.bought_milli += quantity
        figures.bought_minor += value_minor(quantity, cost) or 0
        return
    out = value_minor(-quantity, unit_cost_e4)
    if move.reason in SOLD:
        figures.sold_milli -= quantity
        figures.cost_minor += out or 0
    elif move.reason in LOST:
        figures.lost_milli -= quantity
        figures.lost_minor += out or 0
    else:
        return
    if out is None:
        figures.uncosted_milli += abs(quantity)
