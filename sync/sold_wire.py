"""What a shop's other tills sold and received by day, on the wire: for what is bought next (REP-06).

A till plans for the shop, and the shop sells at all its tills. Sums of a day are absolute: a day of
a sibling that is told again replaces what was told of it before.
"""

from __future__ import annotations

from typing import Final

import msgspec

ROUTE_SOLD: Final = "/sync/v1/sold"
PAGE_SUMS: Final = 10_000


class DaySum(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One item on one day for one reason, in thousandths of its unit."""

    item_code: str
    reason: str
    """A `MovementReason`."""

    in_milli: int
    out_milli: int


class SoldDay(msgspec.Struct, frozen=True, kw_only=True):
    """One business day of one epoch of another till, as far as it is folded."""

    workstation_id: str
    epoch: str
    business_day: str
    sums: tuple[DaySum, ...] = ()


class SoldAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /sync/v1/sold?cursor= : days that changed after a position, page by page."""

    incarnation: str
    cursor: str
    """Pass it back; of the form that `sync.sibling_wire` reads."""

    server_time_ms: int
    whole: bool = False
    """The position was none of this head office's life: forget what came before."""

    more: bool = False
    days: tuple[SoldDay, ...] = ()
