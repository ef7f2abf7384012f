"""One rule out of a class's and an item's own (CAT-01): kept per catalogue version."""

from __future__ import annotations

import pytest

from pos.domain.goods.orders import ClassRule, ItemRule
from pos.domain.item import Item
from pos.services.goods.rules import PLAIN, GoodsRule, merge, rule_for, rule_in_sale
from pos.store.reference_values import Changes, ItemClass
from pos.store.reference_writer import ReferenceWriter

ITEM = Item(item_code="MED1", name="阿莫西林胶囊", item_class="otc")


@pytest.fixture
def publish(open_shop):
    """Put rows into the shop's reference.db as the next catalogue version."""
    writer = ReferenceWriter.open(open_shop.home, app_version="test")
    yield lambda **rows: writer.add_local(Changes(**rows))
    writer.close()


def test_goods_without_rules_are_plain(open_shop):
    assert rule_for(open_shop, ITEM) is PLAIN
    assert not PLAIN.at_sale


def test_a_class_takes_the_rule_of_its_nearest_parent(open_shop, publish):
    publish(
        classes=[
            ItemClass(item_class="otc", parent="medicine"),
            ItemClass(item_class="medicine", parent="all"),
        ],
        class_rules=[
            ClassRule(item_class="all", large=True),
            ClassRule(item_class="medicine", trade="medicine", batch_tracked=True),
        ],
    )
    rule = rule_for(open_shop, ITEM)
    assert (rule.trade, rule.batch_tracked, rule.large) == ("medicine", True, False)


def test_an_item_sharpens_the_rule_of_its_class(open_shop, publish):
    publish(
        class_rules=[ClassRule(item_class="otc", shelf_life_days=700, papers=("a", "b"))],
        item_rules=[
            ItemRule(item_code="MED1", serial_tracked=True, shelf_life_days=30, papers=("b",))
        ],
    )
    rule = rule_for(open_shop, ITEM)
    assert rule.serial_tracked
    assert rule.at_sale
    assert rule.shelf_life_days == 30
    assert rule.missing == ("a",)


def test_rules_are_kept_until_the_catalogue_changes(open_shop, publish):
    publish(class_rules=[ClassRule(item_class="otc", batch_tracked=True)])
    first = rule_for(open_shop, ITEM)
    assert rule_for(open_shop, ITEM) is first
    publish(class_rules=[ClassRule(item_class="otc")])
    assert rule_in_sale(open_shop, ITEM) is first, "an open sale goes on under its rules"
    assert not rule_for(open_shop, ITEM).batch_tracked


def test_a_ring_of_parents_ends(open_shop, publish):
    publish(
        classes=[
            ItemClass(item_class="otc", parent="b"),
            ItemClass(item_class="b", parent="otc"),
        ]
    )
    assert rule_for(open_shop, ITEM) is PLAIN


def test_expiry_follows_from_production_day_and_shelf_life():
    """QLT-06: expiry = production date + shelf life when not given."""
    assert GoodsRule(shelf_life_days=1).expiry_of("2026-11-21") == "2026-11-22"
    assert GoodsRule(shelf_life_days=30).expiry_of("2026-11-21") == "2026-12-21"
    assert GoodsRule().expiry_of("2026-11-21") == ""


def test_a_class_alone_or_an_item_alone_is_enough():
    assert merge("X", None, ItemRule(item_code="X", batch_tracked=True)).batch_tracked
    assert merge("X", ClassRule(item_class="c", near_days=(30, 90)), None).near_days == (90, 30)
