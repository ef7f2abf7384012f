"""Whether anything can be entered at the till now."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.services.context import Till


def ready_to_sell(till: Till) -> Refusal | None:
    """Say why nothing can be entered now, or None."""
    if till.operator is None and not till.authority:
        return Refusal("not_signed_on", "sign on first")
    if till.locked:
        return Refusal("locked", "the till is locked")
    if till.journal.undecided:
        return Refusal(
            "sale_undecided", "the last sale is not decided yet; wait until the disk answers"
        )
    if not till.business_day:
        return Refusal("day_not_open", "no business day is open; open one first")
    if till.unbooked and _still_unbooked(till):
        return Refusal("unbooked", "the opening count is not posted; count the shop first")
    if till.sale.phase == "closing":
        return Refusal("closing", "the last sale is being written; scan again in a moment")
    return None


def _still_unbooked(till: Till) -> bool:
    from pos.services.goods.books import still_unbooked  # most tills need not load it

    return still_unbooked(till)
