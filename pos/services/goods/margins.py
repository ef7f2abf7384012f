"""Bought, sold, lost and earned per item and day, by this till's books (REP-10)."""

from __future__ import annotations

from pos.domain.planning.margins import DayFigures, margins
from pos.services.context import Till
from pos.store import goods_planning


def by_item_and_day(till: Till, first: str, last: str) -> dict[tuple[str, str], DayFigures]:
    """(item, business day) → figures. Reads the whole ledger of what moved: call it off the loop."""
    reader = till.journal.reader()
    return margins(
        goods_planning.all_moves(reader),
        goods_planning.charged(reader, first, last),
        first,
        last,
    )
