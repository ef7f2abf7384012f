"""How much to order of an item, and why, as facts that can be said in words (REP-01, REP-06, REP-08).

A proposal brings the stock to its maximum when it is at or below its minimum or its cycle is over;
otherwise it covers what the forecast and customers' orders need until the delivery after next.
It comes in whole cases.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

import msgspec

from pos.domain.planning.deliveries import Cover


class Why(StrEnum):
    """What made the proposal."""

    OUT = "out"
    """Nothing is left."""

    MINIMUM = "minimum"
    CYCLE = "cycle"
    FORECAST = "forecast"
    CUSTOMER = "customer"
    """Customers have ordered more than there is."""


class Limit(StrEnum):
    """What cut or rounded the quantity."""

    CASES = "cases"
    MAXIMUM = "maximum"


class Available(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Stock as the plan sees it, thousandths."""

    on_hand_milli: int = 0
    on_order_milli: int = 0
    in_transit_milli: int = 0
    customer_milli: int = 0
    """Ordered by customers and not delivered."""

    @property
    def total_milli(self) -> int:
        """On hand, on order and on its way, less what customers have ordered."""
        coming = self.on_order_milli + self.in_transit_milli
        return self.on_hand_milli + coming - self.customer_milli


class Policy(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How an item is replenished (REP-01)."""

    min_milli: int = 0
    max_milli: int = 0
    case_milli: int = 0
    safety_milli: int = 0
    """Set by people; what the forecast's error asks for is shown beside it (REP-02)."""


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Order this much, because."""

    item_code: str
    quantity_milli: int
    why: Why
    cover: Cover
    available: Available
    policy: Policy
    per_day_milli: int
    """Sold a day lately."""

    needed_milli: int
    """Expected to be sold until the delivery after next."""

    safety_milli: int
    """Added against bad luck: what was set, or what the forecast's error asks for."""

    limits: tuple[Limit, ...] = ()

    @property
    def cases(self) -> int:
        """Whole cases, 0 where no case is known."""
        case = self.policy.case_milli
        return self.quantity_milli // case if case else 0


def propose(
    item_code: str,
    available: Available,
    policy: Policy,
    cover: Cover,
    *,
    per_day_milli: int,
    needed_milli: int,
    error_safety_milli: int = 0,
    at_cycle: bool = False,
) -> Proposal | None:
    """The proposal for one item, or None when it needs nothing.

    An item that neither sells nor has a minimum, a cycle or a customer is left alone.
    """
    have = available.total_milli
    safety = policy.safety_milli or error_safety_milli
    wanted = needed_milli + safety - have if needed_milli > 0 else 0
    by_rule = policy.max_milli > 0 and (at_cycle or have <= policy.min_milli)
    reason: Why | None = Why.FORECAST if wanted > 0 else None
    if by_rule and policy.max_milli - have > 0:
        wanted = max(policy.max_milli - have, 0)
        reason = Why.MINIMUM if have <= policy.min_milli else Why.CYCLE
    limits: list[Limit] = []
    if policy.max_milli > 0 and wanted > policy.max_milli - have:
        wanted = policy.max_milli - have
        limits.append(Limit.MAXIMUM)
    short = available.customer_milli - available.on_hand_milli
    short -= available.on_order_milli + available.in_transit_milli
    if available.customer_milli > 0 and short > 0:
        reason = Why.CUSTOMER
        wanted = max(wanted, short)
    elif reason is not None and have <= 0:
        reason = Why.OUT
    if reason is None or wanted <= 0:
        return None
    quantity, rounded = _in_cases(wanted, have, policy)
    if rounded:
        limits.append(Limit.CASES)
    return Proposal(
        item_code=item_code,
        quantity_milli=quantity,
        why=reason,
        cover=cover,
        available=available,
        policy=policy,
        per_day_milli=per_day_milli,
        needed_milli=needed_milli,
        safety_milli=safety,
        limits=tuple(limits),
    )


def _in_cases(wanted: int, have: int, policy: Policy) -> tuple[int, bool]:
    """Whole cases: one more rather than too few, unless that is over the maximum and not needed."""
    case = policy.case_milli
    if case <= 0:
        # Pieces are whole; goods by weight are rounded to a whole unit as well: nobody orders grams.
        return -(-wanted // 1000) * 1000, False
    up = -(-wanted // case) * case
    down = wanted // case * case
    over = policy.max_milli > 0 and have + up > policy.max_milli
    enough = down > 0 and have + down > policy.min_milli
    quantity = down if over and enough else up
    return quantity, quantity != wanted


def days_left(available_milli: int, per_day_milli: int) -> int | None:
    """Whole days that a stock lasts at what is sold a day; None when nothing is sold."""
    if per_day_milli <= 0:
        return None
    return max(available_milli, 0) // per_day_milli


def last_day(today: dt.date, available_milli: int, per_day_milli: int) -> dt.date | None:
    """Day on which the stock is gone, at what is sold a day."""
    left = days_left(available_milli, per_day_milli)
    return None if left is None or left > 3650 else today + dt.timedelta(days=left)
