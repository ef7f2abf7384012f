"""A hold of head office reaches goods that a till made up itself (QLT-04, R28)."""

from __future__ import annotations

import pytest

from pos.domain.cart import EntryMethod, Refusal
from pos.services import catalogue, checkout
from pos.store.reference_writer import ReferenceWriter
from sync.protocol import FeedChanges, FeedHold


@pytest.mark.parametrize("batch", ["", "B1"])
def test_goods_that_this_till_made_up_are_held_as_all_others(open_shop, batch):
    shop = open_shop
    assert not catalogue.find_item(shop, "NOOD").held
    hold = FeedHold(hold_id="h1", item_code="NOOD", reason="glass", batch=batch)
    with ReferenceWriter.open(shop.home, app_version="test") as writer:
        writer.apply_version(writer.catalogue_version + 1, FeedChanges(holds=(hold,)))
    item = catalogue.find_item(shop, "NOOD")
    assert (item.held, item.pack_holds, item.hold_reason) == (not batch, bool(batch), "glass")
    assert catalogue.find(shop, ["6920000000019"]).item.held is not bool(batch)
    assert catalogue.search(shop, "NOOD")[0].item.held is not bool(batch)
    added = checkout.add_item(shop, "NOOD", 1000, entry_method=EntryMethod.KEYED)
    if batch:
        assert not isinstance(added, Refusal)  # 看批号 is asked, nothing is refused yet
    else:
        assert isinstance(added, Refusal)
        assert added.code == "item_held"
    assert not catalogue.find_item(shop, "W550").held
