"""Stock that somebody has to do something about: low, over, near its date, dead (REP-04, STK-15).

Pure: facts of one item and of its batches in, warnings out, each with the figures that its
sentence needs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec


class Kind(StrEnum):
    """Kinds of warnings, the most urgent first."""

    NEGATIVE = "negative"
    EXPIRED = "expired"
    OUT = "out"
    LOW = "low"
    NEAR_EXPIRY = "near_expiry"
    OVER = "over"
    DEAD = "dead"
    SLOW = "slow"
    UNMOVED = "unmoved"
    NO_PRICE = "no_price"
    NEVER_COUNTED = "never_counted"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When stock is slow or dead (REP-12)."""

    slow_days: int = 90
    """Slow: lasts longer than this at what is sold."""

    dead_days: int = 60
    """Dead: neither sold nor received for this long, and still here."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is known of an item's stock."""

    item_code: str
    on_hand_milli: int
    coming_milli: int = 0
    """On order and in transit."""

    min_milli: int = 0
    max_milli: int = 0
    per_day_milli: int = 0
    last_sold: str = ""
    """ISO day of the last sale within the days looked at; empty is none."""

    last_received: str = ""
    counted: bool = True
    unpriced: bool = False
    """It has no price, or one of nothing, and is not sold by typing the amount (STK-15)."""

    sold_elsewhere_milli: int = 0
    """Sold lately in other stores, of goods that this one sold none of (STK-15)."""


class Batch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is left of a batch with a date."""

    item_code: str
    batch: str
    expiry: str
    quantity_milli: int
    near_days: tuple[int, ...] = (90, 60, 30)


class Warned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of the warning list."""

    kind: Kind
    item_code: str
    quantity_milli: int
    """What is there, or left of the batch."""

    limit_milli: int = 0
    """Minimum or maximum that it was held against; what others sold of what is unmoved here."""

    days: int = 0
    """Until the date (below zero: past it), since it moved, or that it will last."""

    batch: str = ""
    expiry: str = ""


def of_item(facts: Facts, today: dt.date, limits: Limits) -> list[Warned]:
    """Warnings about one item; at most one of how much there is and one of how it moves."""
    found: list[Warned] = []
    have, code = facts.on_hand_milli, facts.item_code
    total = have + facts.coming_milli

    def warn(kind: Kind, limit_milli: int = 0, days: int = 0) -> None:
        found.append(
            Warned(
                kind=kind,
                item_code=code,
                quantity_milli=have,
                limit_milli=limit_milli,
                days=days,
            )
        )

    if have < 0:
        warn(Kind.NEGATIVE)
    elif have == 0 and (facts.min_milli or facts.per_day_milli) and total <= facts.min_milli:
        warn(Kind.OUT, facts.min_milli)
    elif facts.min_milli and total <= facts.min_milli:
        warn(Kind.LOW, facts.min_milli)
    elif facts.max_milli and have > facts.max_milli:
        warn(Kind.OVER, facts.max_milli)
    if have > 0:
        since = max(facts.last_sold, facts.last_received)
        idle = (today - dt.date.fromisoformat(since)).days if since else limits.dead_days
        if idle >= limits.dead_days:
            warn(Kind.DEAD, days=idle)
        elif facts.per_day_milli > 0 and have // facts.per_day_milli > limits.slow_days:
            warn(Kind.SLOW, days=have // facts.per_day_milli)
        if facts.sold_elsewhere_milli > 0:
            warn(Kind.UNMOVED, facts.sold_elsewhere_milli)
        if facts.unpriced:
            warn(Kind.NO_PRICE)
        if not facts.counted:
            warn(Kind.NEVER_COUNTED)
    return found


def of_batches(batches: Iterable[Batch], today: dt.date) -> list[Warned]:
    """Batches past their date, or within the widest of their bands."""
    found = []
    for one in batches:
        if one.quantity_milli <= 0 or not one.expiry:
            continue
        left = (dt.date.fromisoformat(one.expiry) - today).days
        near = left <= max(one.near_days, default=0)
        if left < 0 or near:
            found.append(
                Warned(
                    kind=Kind.EXPIRED if left < 0 else Kind.NEAR_EXPIRY,
                    item_code=one.item_code,
                    quantity_milli=one.quantity_milli,
                    days=left,
                    batch=one.batch,
                    expiry=one.expiry,
                )
            )
    return found


def ordered(warnings: Sequence[Warned]) -> list[Warned]:
    """The most urgent kind first, then what is nearest or lowest, then by item."""
    rank = {kind: place for place, kind in enumerate(Kind)}
    return sorted(
        warnings,
        key=lambda one: (
            rank[one.kind],
            one.days if one.kind in (Kind.EXPIRED, Kind.NEAR_EXPIRY) else -one.days,
            one.item_code,
            one.batch,
        ),
    )
