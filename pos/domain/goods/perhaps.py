"""Which sales may hold goods of a batch although their slips name none (QLT-05).

An EAN carries no batch. Whoever bought such goods while any of a recalled batch was in the shop may
have it: those buyers are told as well, and counted apart from those whose slips name the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

COUNTED = frozenset({"opening", "count"})
"""Reasons after which the books are what somebody saw on the shelf."""

BACK = frozenset({"return", "void"})


class Moved(NamedTuple):
    """A movement of the item in the shop, in the ledger's order."""

    quantity_milli: int
    reason: str
    named: bool
    """It names the batch or unit that is asked about."""

    unnamed: bool
    """It names no batch and no unit at all."""


def perhaps(moves: Iterable[Moved], *, before_milli: int = 0, counted: bool = False) -> list[int]:
    """Places in `moves` of the sales that may be of the batch.

    `before_milli` is what was in the shop before the first movement, `counted` whether it was ever
    counted until then. Of the batch at most so much is there as came under its name and did not
    leave under it. Where the shop was counted, nothing of it is left either once the books say
    that nothing is there; books that nobody ever counted rule no buyer out.
    """
    found: list[int] = []
    there, whole, ever = 0, before_milli, False
    for place, move in enumerate(moves):
        if move.reason == "sale" and move.unnamed and there > 0:
            found.append(place)
        whole += move.quantity_milli
        counted = counted or move.reason in COUNTED
        if move.named:
            there += move.quantity_milli
            ever = ever or move.quantity_milli > 0
        elif move.unnamed and move.reason in BACK and ever:
            there += move.quantity_milli  # what comes back may be of it
        there = max(min(there, whole) if counted else there, 0)
    return found
