"""The sample shop at head office: items, classes, suppliers, rules, and goods on their way.

For demonstrations alone. Everything takes the road of a real shop: a supplier is entered by one
person and approved by another, a purchase order is drafted, audited by somebody else and placed.
"""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path
from typing import Final

import msgspec

from pos.config import load_sample_shop
from pos.config.goods_list import read_goods_list
from pos.config.sample_goods import goods_lists, sample_orders
from pos.domain.goods.orders import Order, OrderKind, Supplier, SupplierState
from sync.head_office import catalogue
from sync.head_office import goods_lists as lists
from sync.head_office.feed import Feed
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_purchasing import Purchasing
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.people import Person
from sync.protocol import FeedChanges, FeedClass

CLERK: Final = Person(name="采购员(演示)", role="goods")
AUDITOR: Final = Person(name="审核员(演示)", role="admin")
"""Two people of the demonstration; neither can sign in."""

EFFECTIVE_DAY: Final = "2020-01-01"


class Stocked(msgspec.Struct, frozen=True, kw_only=True):
    """What was published."""

    items: int
    suppliers: int
    rules: int
    orders: int


def stock_sample_shop(feed: Feed, store_id: str, today: dt.date) -> Stocked:
    """Publish the sample shop to a store that has nothing yet."""
    sample = load_sample_shop()
    items = catalogue.import_items(
        feed, sample.items_path, effective_day=EFFECTIVE_DAY, by=CLERK.name
    )
    feed.publish(FeedChanges(classes=_classes(sample.classes_path)), by=CLERK.name)
    suppliers = rules = 0
    for path in goods_lists():
        found = read_goods_list(path, _refuse)
        if found.dataset == "suppliers":
            for supplier in found.rows:
                _enter(Suppliers(feed), supplier)
                suppliers += 1
        else:
            rules += lists.set_rules(feed, CLERK, found.dataset, found.rows)
    orders = sample_orders(today)
    for order in orders:
        _order(GoodsOrders(feed), store_id, order)
    return Stocked(items=items.rows, suppliers=suppliers, rules=rules, orders=len(orders))


def _enter(keeper: Suppliers, supplier: Supplier) -> None:
    keeper.enter(CLERK, msgspec.structs.replace(supplier, state=SupplierState.ACTIVE.value))
    keeper.approve(AUDITOR, supplier.supplier_id)
    if supplier.state != SupplierState.ACTIVE:
        keeper.set_state(
            AUDITOR, supplier.supplier_id, SupplierState(supplier.state), note="演示数据"
        )


def _order(orders: GoodsOrders, store_id: str, order: Order) -> None:
    if order.order_kind == OrderKind.DISPATCH:
        Dispatching(orders).send(
            CLERK,
            store_id=store_id,
            lines=order.lines,
            due_day=order.due_day,
            sender="总部配送中心",
        )
        return
    purchasing = Purchasing(orders)
    made = purchasing.draft(
        CLERK,
        store_id=store_id,
        supplier_id=order.counterparty_id,
        due_day=order.due_day,
        lines=order.lines,
    )
    purchasing.audit(AUDITOR, store_id, made.order_id)
    purchasing.place(CLERK, store_id, made.order_id)


def _classes(path: Path) -> tuple[FeedClass, ...]:
    with path.open(newline="", encoding="utf-8") as stream:
        return tuple(
            FeedClass(
                item_class=row["class_code"],
                name=row["name"],
                name_en=row["name_en"],
                parent=row["parent"],
            )
            for row in csv.DictReader(stream)
        )


def _refuse(problem: object) -> None:
    msg = f"the sample shop's own lists are wrong: {problem}"
    raise ValueError(msg)
