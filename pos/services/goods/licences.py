"""What a shop may not sell at all: outside its scope, or with its licence run out (CAT-15)."""

from __future__ import annotations

from typing import Protocol

from pos.domain.cart import Refusal
from pos.services.context import Till
from pos.services.goods.rules import GoodsRule


class Named(Protocol):
    """An item, as far as it is named in a refusal."""

    @property
    def name(self) -> str: ...  # noqa: D102 - what it is called


def refusal(till: Till, item: Named, rule: GoodsRule) -> Refusal | None:
    """Why an item must not be traded here, or None."""
    if not rule.in_scope:
        return Refusal(
            "out_of_scope",
            f"{item.name} is outside this shop's licence; it cannot be traded here",
            {"item": item.name},
        )
    if not rule.trade:
        return None
    licence = till.settings.quality.licence_of(rule.trade)
    today = till.business_day or till.local_iso()[:10]
    if licence is not None and licence.until and licence.until < today:
        return Refusal(
            "licence_expired",
            f"the shop's licence for {item.name} ended on {licence.until}",
            {"item": item.name, "date": licence.until, "number": licence.number},
        )
    return None
