"""Cards ticked off by scanning the shelf; imported goods; big prices; shelves to fill.

CAT-05, CAT-07, CAT-16, CAT-17, PRC-03.
"""

from __future__ import annotations

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ItemRule
from pos.domain.goods.registers import Register
from pos.domain.item import Item
from pos.domain.journal import EntryKind
from pos.receipt.price_card import price_card
from pos.services import catalogue, labels
from pos.services.goods import shelf_check, shelves
from pos.services.goods.shelf_check import State
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from sync.protocol import FeedBarcode, FeedItem, FeedPrice
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.goods.test_planning import tell
from tests.pos.services.shop import entries, sell

FACTS = {"spec": "550ml", "origin": "浙江", "grade": "合格品", "unit": "瓶"}


def set_item(till, price_e4, code="S1", **facts):
    """Head office's item at a price from the day before on."""
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.add_local(
            Changes(
                items=[FeedItem(item_code=code, name="山泉水", **(FACTS | facts))],
                barcodes=[FeedBarcode(code="06925303721121", item_code=code)],
                prices=[
                    FeedPrice(item_code=code, effective_day="2026-11-20", unit_price_e4=price_e4)
                ],
            )
        )
    till.overlays = None


def ticks(till):
    return [
        (body.item_code, body.fields["price_e4"])
        for body in entries(till, EntryKind.REGISTER_NOTED)
        if body.register is Register.CARD_TICKED
    ]


@pytest.fixture
def water(open_shop):
    """A card at 2.00 hangs; the price is 2.20 now."""
    set_item(open_shop, 20_000)
    labels.tick(open_shop, [catalogue.find_item(open_shop, "S1")])
    set_item(open_shop, 22_000)
    return open_shop


def test_prc_03_a_wrong_card_is_told_and_a_new_one_is_done_when_it_was_seen(water):
    walk = shelf_check.begin(water)
    looked = shelf_check.look(water, walk, "6925303721121")
    assert (looked.state, looked.shown_e4) == (State.OUTDATED, 20_000)
    assert ticks(water) == []

    labels.print_labels(water, [looked.item])
    shelf_check.printed(walk, looked.item)
    assert walk.unseen == {"S1"}
    assert shelf_check.look(water, walk, "6925303721121").state is State.TICKED
    assert ticks(water) == [("S1", "22000")]
    assert (walk.due, walk.unseen, walk.seen) == ({}, set(), 1)


def test_a_right_card_is_ticked_once_for_each_price(water):
    labels.tick(water, [catalogue.find_item(water, "S1")])
    for _ in range(2):
        walk = shelf_check.begin(water)
        assert shelf_check.look(water, walk, "S1").state is State.TICKED
        assert shelf_check.look(water, walk, b"6925303721121", "]E0").state is State.TICKED
        water.write(lambda _: None).result(5)
    assert ticks(water) == [("S1", "22000")]

    set_item(water, 25_000)
    assert shelf_check.look(water, shelf_check.begin(water), "S1").state is State.OUTDATED


def test_cat_05_goods_that_lack_a_mark_are_named_and_listed(open_shop):
    set_item(open_shop, 20_000, origin="")
    post(open_shop, DocumentKind.OPENING, line(1, "S1", 5_000))

    looked = shelf_check.look(open_shop, shelf_check.begin(open_shop), "S1")
    assert (looked.state, looked.missing) == (State.INCOMPLETE, ("origin",))
    assert [(i.item_code, m) for i, m in shelf_check.incomplete(open_shop)] == [
        ("S1", ("origin",))
    ]
    assert shelf_check.look(open_shop, shelf_check.begin(open_shop), "nobody's") is None
    set_item(open_shop, 20_000)
    assert shelf_check.incomplete(open_shop) == []


def test_cat_07_imported_goods_show_where_they_were_really_made(open_shop):
    set_item(open_shop, 20_000, origin="法国品牌")
    item = catalogue.find_item(open_shop, "S1")
    assert labels.as_carded(open_shop, item).origin == "法国品牌"

    tell(open_shop, ItemRule(item_code="S1", imported=True, actual_origin="摩洛哥 卡萨布兰卡"))
    open_shop.goods_rules = None
    document = labels.label_document(open_shop, [item])
    assert "摩洛哥" in str(document)
    assert "法国品牌" not in str(document)

    tell(open_shop, ItemRule(item_code="S1", imported=True))
    open_shop.goods_rules = None
    refused = labels.label_document(open_shop, [item])
    assert isinstance(refused, labels.CardIncomplete)
    assert refused.missing == {item.name: ("origin",)}


@pytest.mark.parametrize(
    ("price", "width", "height", "size"),
    [(20_000, 60, 40, 4), (12_990_000, 60, 40, 3), (20_000, 30, 20, 2)],
)
def test_cat_16_a_burst_label_has_the_largest_price_that_fits(price, width, height, size):
    item = Item(item_code="A", name="山泉水", unit="瓶", unit_price_e4=price)
    made = price_card(item, "", kind="burst", width_mm=width, height_mm=height)

    name, big = made.fields
    assert (name.text, big.size) == ("山泉水", size)
    assert big.text.startswith("¥")
    assert big.y_dmm + big.size * 30 <= height * 10
    plain = price_card(item, "", kind="shelf", width_mm=width, height_mm=height)
    assert max(field.size for field in plain.fields) <= size


def test_cat_17_a_shelf_is_to_be_filled_once_its_facing_was_sold(open_shop):
    post(open_shop, DocumentKind.OPENING, line(1, "NOOD", 40_000))
    tell(open_shop, ItemRule(item_code="NOOD", shelf="B03-2", facing_milli=6_000))
    sell(open_shop, ("NOOD", 5_000))
    assert shelves.to_fill(open_shop) == []
    sell(open_shop, ("NOOD", 1_000))
    (shelf,) = shelves.to_fill(open_shop)
    assert (shelf.shelf, shelf.sold_milli) == ("B03-2", 6_000)

    shelves.filled(open_shop, shelf).result(5)
    assert shelves.to_fill(open_shop) == []
    sell(open_shop, ("NOOD", 6_000))
    assert [one.sold_milli for one in shelves.to_fill(open_shop)] == [6_000]
    # What is not there cannot fill anything.
    sell(open_shop, ("NOOD", 28_000))
    assert shelves.to_fill(open_shop) == []
