"""Rules of classes at head office: the nearest parent's holds where a class has none, as at tills."""

from __future__ import annotations

from pos.domain.goods.orders import ClassRule
from sync.head_office import goods_items
from sync.head_office.feed import Feed, FeedChanges
from sync.protocol import FeedClass


def test_a_class_without_a_rule_has_that_of_its_nearest_parent(hq):
    """QLT-06, QLT-07: bands and cycles at head office are the till's."""
    Feed(hq.office).publish(
        FeedChanges(
            classes=(
                FeedClass(item_class="medicine"),
                FeedClass(item_class="cold", parent="medicine"),
                FeedClass(item_class="syrup", parent="cold"),
                FeedClass(item_class="own", parent="medicine"),
                FeedClass(item_class="round", parent="about"),
                FeedClass(item_class="about", parent="round"),
                FeedClass(item_class="food"),
            ),
            class_rules=(
                ClassRule(item_class="medicine", maintenance_days=30),
                ClassRule(item_class="own", maintenance_days=7),
            ),
        ),
        by="test",
    )
    found = goods_items.rules_in_force(hq.office.dialect)
    assert {name: rule.maintenance_days for name, rule in found.items()} == {
        "medicine": 30, "cold": 30, "syrup": 30, "own": 7,
    }  # fmt: skip
