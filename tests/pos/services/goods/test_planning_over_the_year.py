"""The weeks before a new year lie in the closed file, and a plan reads them there (REP-06, R30)."""

from __future__ import annotations

from pos.domain.goods.documents import DocumentKind
from pos.services.goods import margins, planning
from pos.store import goods_planning
from pos.store.rollover import roll_over
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.goods.test_planning import trade
from tests.pos.services.shop import act_as, sell
from tests.pos.services.test_rollovers import NEW, acked, begin, close


def test_what_was_sold_in_december_is_in_januarys_plan_and_margin(shop):
    act_as(shop, "8001")
    begin(shop, "2026-12-20")
    post(shop, DocumentKind.RECEIPT, line(1, "NOOD", 60_000, 30_000))
    trade(shop, "2026-12-20", [2_000] * 11)
    before = planning.snapshot(shop)
    assert sum(before.quantities("NOOD")) == 22_000
    shop.business_day = "2026-12-20"
    close(shop)

    roll_over(shop.journal, acked(shop), "2027")
    act_as(shop, "8001")
    begin(shop, NEW)
    sell(shop, ("NOOD", 3_000))
    planning._sales.clear()

    after = planning.snapshot(shop)
    assert sum(after.quantities("NOOD")) == 22_000
    assert after.stock["NOOD"] == 35_000
    moves = goods_planning.last_moves(shop.journal.reader(), "2026-12-01")
    assert moves["NOOD"] == (NEW, "2026-12-20")
    # The average of last year's arrivals values this year's sales.
    figures = margins.by_item_and_day(shop, NEW, NEW)
    assert figures["NOOD", NEW].cost_minor == 900
