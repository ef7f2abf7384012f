"""陈列: shelves whose facing has been sold since somebody filled them last (CAT-17).

An empty facing is a lost sale and forbidden by the shop's rules; what fills it is in the stock
room. Where nobody notes fillings, the list looks back on the last days of sales.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.goods.orders import ItemRule
from pos.domain.goods.registers import Register, RegisterNoted
from pos.services.context import Till
from pos.services.goods import documents, stock
from pos.store import goods_planning, goods_reference


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """A shelf to fill."""

    item_code: str
    shelf: str
    """陈列位置, as the shop names it."""

    facing_milli: int
    sold_milli: int
    """Since it was filled last."""


def to_fill(till: Till) -> list[Shelf]:
    """Shelves to fill, in the order of their places; goods that are out of stock are not."""
    rules: list[ItemRule] = till.reference.ask(goods_reference.item_rules, [])
    with_facing = {rule.item_code: rule for rule in rules if rule.facing_milli}
    if not with_facing:
        return []
    today = dt.date.fromisoformat(till.business_day or till.local_iso()[:10])
    since = today - dt.timedelta(days=till.settings.planning.refill_days - 1)
    reader = till.journal.reader()
    sold = goods_planning.sold_since(reader, goods_planning.refills(reader), since.isoformat())
    found = [
        Shelf(item_code=code, shelf=rule.shelf, facing_milli=rule.facing_milli, sold_milli=q)
        for code, rule in with_facing.items()
        if (q := sold.get(code, 0)) >= rule.facing_milli and stock.shop_quantity(till, code) > 0
    ]
    return sorted(found, key=lambda one: (one.shelf, one.item_code))


def filled(till: Till, shelf: Shelf) -> Future[Any]:
    """Note that a shelf was filled: what is sold from here on counts anew."""
    return documents.note(
        till,
        RegisterNoted(
            register=Register.FACING,
            subject=shelf.shelf or shelf.item_code,
            action=goods_planning.REFILLED,
            item_code=shelf.item_code,
            quantity_milli=shelf.sold_milli,
        ),
    )
