"""ABC by sales value, which says how often goods are counted; how long stock lasts (REP-03, REP-11)."""

from __future__ import annotations

from collections.abc import Mapping

from pos.domain.money import divide_half_away

A_BP, B_BP = 8_000, 9_500
"""The goods that bring the first 80 % of sales are A, up to 95 % B, the others C."""


def abc(values: Mapping[str, int], *, a_bp: int = A_BP, b_bp: int = B_BP) -> dict[str, str]:
    """Class of each item by its share of sales value, the largest first; equal ones by code.

    The item with which a limit is reached still belongs to the class: one item that brings
    everything is A. Goods that brought nothing, or less, are C.
    """
    total = sum(value for value in values.values() if value > 0)
    found: dict[str, str] = {}
    before = 0
    for code, value in sorted(values.items(), key=lambda pair: (-pair[1], pair[0])):
        if value <= 0:
            found[code] = "C"
        elif before * 10_000 < a_bp * total:
            found[code] = "A"
        elif before * 10_000 < b_bp * total:
            found[code] = "B"
        else:
            found[code] = "C"
        before += max(value, 0)
    return found


def turnover_days(stock: int, sold: int, days: int) -> int | None:
    """Days for which `stock` lasts when `sold` was sold in `days`; None when nothing was.

    Both in the same measure: quantities of an item, or values at cost of a class.
    """
    if sold <= 0:
        return None
    return divide_half_away(max(stock, 0) * days, sold)
