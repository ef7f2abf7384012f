"""The sample shop at head office: a till of it has something to receive, order and keep (SUP-05)."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from pos.domain.goods.orders import Order
from sync.head_office.feed import Feed
from sync.head_office.sample_goods import stock_sample_shop
from sync.head_office.stores import add_store

TODAY = dt.date(2026, 11, 22)


@pytest.fixture
def feed(hq):
    add_store(hq.office, "0101", name="人民路便民超市", currency="CNY")
    return Feed(hq.office)


def rows(feed, dataset, kind, scope=""):
    found = feed.dialect.query(
        "SELECT row FROM catalogue WHERE scope = ? AND dataset = ?", (scope, dataset)
    )
    return [msgspec.json.decode(bytes(row[0]), type=kind) for row in found]


def test_the_store_gets_rules_suppliers_and_orders_that_two_people_made(feed):
    done = stock_sample_shop(feed, "0101", TODAY)

    assert (done.items, done.suppliers, done.orders) == (406, 9, 4)
    orders = rows(feed, "orders", Order, "0101")
    assert sorted(order.order_kind for order in orders) == ["dispatch"] + ["purchase"] * 3
    assert all(order.state == "open" and order.lines[0].description for order in orders)
    assert feed.dialect.one("SELECT count(*) FROM catalogue WHERE dataset = 'item_rules'") == (
        406,
    )
