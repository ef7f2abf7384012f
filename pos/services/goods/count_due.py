"""What is to be counted again: by ABC class and the days since the last count (STK-10, STK-12)."""

from __future__ import annotations

from typing import Final

import msgspec

from pos.domain.goods.orders import ItemRule
from pos.services.context import Till
from pos.services.goods import planning
from pos.store import counts, goods_reference

_DAY_MS: Final = 86_400_000
CLASSES: Final = ("A", "B", "C")


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of one ABC class that are due for a count."""

    abc: str
    every_days: int
    item_codes: tuple[str, ...]
    total: int
    """Goods of that class."""


def due(till: Till) -> list[Due]:
    """What is due of each class whose cycle is set; a class with nothing due is left out."""
    chosen = till.settings.stock
    days = {"A": chosen.cycle_days_a, "B": chosen.cycle_days_b, "C": chosen.cycle_days_c}
    rules: list[ItemRule] = till.reference.ask(goods_reference.item_rules, [])
    last = counts.last_counted(till.journal.reader())
    now = till.clock.utc_ms()
    grades = {rule.item_code: rule.abc for rule in rules if rule.abc}
    if not grades:
        # Where nobody set classes, what the shop sells says them (REP-03).
        grades = planning.abc(till)
    found = []
    for abc in CLASSES:
        of_class = [code for code, grade in grades.items() if grade == abc]
        late = tuple(code for code in of_class if now - last.get(code, 0) > days[abc] * _DAY_MS)
        if days[abc] and late:
            found.append(Due(abc=abc, every_days=days[abc], item_codes=late, total=len(of_class)))
    return found
