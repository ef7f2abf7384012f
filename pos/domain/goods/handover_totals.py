"""日盘总数 as values: pieces of chosen classes, counted at a handover by two people (CSH-03)."""

from __future__ import annotations

import msgspec


class ClassTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One class at one handover. Quantities are thousandths of a piece."""

    item_class: str
    outgoing_milli: int
    incoming_milli: int | None = None
    """None when nobody who comes has counted."""

    book_milli: int = 0
    reason: str = ""

    @property
    def counted_milli(self) -> int:
        """What stands: the incoming count where there is one."""
        return self.outgoing_milli if self.incoming_milli is None else self.incoming_milli

    @property
    def difference_milli(self) -> int:
        """Counted less books."""
        return self.counted_milli - self.book_milli


class HandoverTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What was counted at one handover and who stands for it."""

    totals: tuple[ClassTotal, ...] = ()
    uncounted: tuple[str, ...] = ()
    """Classes that were to be counted and were not."""

    receiver_id: str = ""
    """Who takes over: as signed, else as typed; empty when nobody was named."""

    outgoing_signed_by: str = ""
    """Who goes, when number and PIN were given; else empty."""

    incoming_signed_by: str = ""
    """Who comes, when number and PIN were given; else empty."""
