"""The second signature at another till, through the real screens (RCV-01)."""

from __future__ import annotations

import pytest

from pos.services.goods import draft_offers, drafting
from pos.store.reference_writer import ReferenceWriter
from tests.pos.ui.shop import trading
from tests.pos.ui.test_goods_receive import COLA, choose, go_receiving, goods_home, note, sign

__all__ = ["goods_home"]


@pytest.mark.parametrize("enrolled", [True, False])
async def test_a_half_signed_receipt_goes_to_the_other_tills_and_comes_back(goods_home, enrolled):
    if enrolled:
        with ReferenceWriter.open(goods_home, app_version="test") as writer:
            writer.set_metas({"workstation_uuid": "till-1"})
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA)
        await till.press("enter")
        await choose(till, "All is counted")
        await note(till)
        await choose(till, "says so too")
        await till.press("1", "enter")
        await sign(till, "8001", "852741")
        if not enrolled:
            assert "another till" not in till.text()
            return
        await choose(till, "another till signs second")
        assert "the others have it from head" in till.text()
        await choose(till, "Hand it over")
        assert drafting.drafts(till.till) == []
        (offer,) = draft_offers.waiting(till.till)
        assert offer.draft.document.lines[0].received_milli == 1_000
        await go_receiving(till)
        await choose(till, "A receipt from another till")
        await choose(till, "from till")
        assert draft_offers.waiting(till.till) == []
        assert len(drafting.drafts(till.till)) == 1
