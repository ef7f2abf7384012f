"""The cross-code (串码) finder: one item's surplus is another's shortage (SEL-02).

Goods sold under another item's code stay in the books and the other item leaves them: after a count
the item that really went out is short, and the item that was rung up is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

NEAR_PRICE_BP = 1000
"""Prices within ten per cent of the dearer one are near."""

_SIMILAR_BP = 3000


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """An item whose count differs, with what one recognises it by."""

    item_code: str
    variance_milli: int
    name: str = ""
    item_class: str = ""
    unit_price_e4: int | None = None


class CrossCode(msgspec.Struct, frozen=True, kw_only=True):
    """A suggestion: `surplus` was rung up when `shortage` went out."""

    surplus: str
    """Item code that was rung up and not sold."""

    shortage: str
    """Item code that went out."""

    quantity_milli: int
    same_class: bool
    near_price: bool
    similar_bp: int
    """How alike the names are, in basis points."""

    @property
    def likeness(self) -> int:
        """0 (equal quantities alone) to 3."""
        return self.same_class + self.near_price + (self.similar_bp >= _SIMILAR_BP)


def cross_codes(differing: Iterable[Differing]) -> list[CrossCode]:
    """Pair surpluses with shortages of the same quantity, the most alike first.

    Each item is in one pair at most. Equal quantities alone are suggested last, and only where
    nothing else on either side has that quantity: single pieces missing prove nothing.
    """
    over: dict[int, list[Differing]] = defaultdict(list)
    under: dict[int, list[Differing]] = defaultdict(list)
    for one in differing:
        if one.variance_milli:
            side = over if one.variance_milli > 0 else under
            side[abs(one.variance_milli)].append(one)
    pairs: list[tuple[CrossCode, bool]] = []
    for quantity in over.keys() & under.keys():
        alone = len(over[quantity]) == len(under[quantity]) == 1
        pairs += [(_pair(o, u, quantity), alone) for o in over[quantity] for u in under[quantity]]
    pairs.sort(
        key=lambda pair: (
            -pair[0].likeness,
            -pair[0].similar_bp,
            -pair[0].quantity_milli,
            pair[0].surplus,
            pair[0].shortage,
        )
    )
    taken: set[str] = set()
    found = []
    for pair, alone in pairs:
        if pair.surplus in taken or pair.shortage in taken or not (pair.likeness or alone):
            continue
        taken |= {pair.surplus, pair.shortage}
        found.append(pair)
    return found


def name_likeness_bp(one: str, other: str) -> int:
    """How alike two names are: shared pairs of neighbouring characters, in basis points (Dice)."""
    left, right = _pairs_of(one), _pairs_of(other)
    whole = sum(left.values()) + sum(right.values())
    if not whole:
        return 0
    shared = sum(min(count, right.get(pair, 0)) for pair, count in left.items())
    return 20_000 * shared // whole


def _pairs_of(name: str) -> dict[str, int]:
    plain = "".join(name.casefold().split())
    found: dict[str, int] = defaultdict(int)
    for start in range(len(plain) - 1):
        found[plain[start : start + 2]] += 1
    return found


def _pair(over: Differing, under: Differing, quantity_milli: int) -> CrossCode:
    return CrossCode(
        surplus=over.item_code,
        shortage=under.item_code,
        quantity_milli=quantity_milli,
        same_class=bool(over.item_class) and over.item_class == under.item_class,
        near_price=_near(over.unit_price_e4, under.unit_price_e4),
        similar_bp=name_likeness_bp(over.name, under.name),
    )


def _near(one: int | None, other: int | None) -> bool:
    if not one or not other:
        return False
    return abs(one - other) * 10_000 <= NEAR_PRICE_BP * max(one, other)
