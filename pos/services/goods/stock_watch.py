"""Goods sold below zero: warned and recorded, or refused, as the shop's rule says (STK-15).

Only where stock is known: the shop was counted, or head office told figures, and the item has
some. A scan then costs one look at the item's balance; where nothing is known, one comparison.
How far head office's figures go is looked up between sales, and anew only at a scan that finds
other figures since: else what those include would be taken off twice.
"""

from __future__ import annotations

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.item import Item
from pos.domain.journal import EntryKind
from pos.domain.stock import Place
from pos.services.context import ROLL, Authorised, NeedsApproval, OpenSale, Till, authorise
from pos.services.goods import stock
from pos.services.goods.days import stock_day
from pos.store.writing import WriteTransaction

RULE = "sale.negative_stock"
RECORDED = "sold_below_zero"


class Watch(msgspec.Struct):
    """What a scan may consult; made anew between sales."""

    figures: stock.Figures | None
    sale: OpenSale | None = None
    told: set[str] = msgspec.field(default_factory=set)
    """Items that were recorded for `sale` already."""


def refresh(till: Till) -> None:
    """Between sales: whether stock is known here at all, and from which figures."""
    if till.operator is None or till.rules.mode_for(RULE, till.operator.role) == "off":
        till.stock_watch = None
        return
    from pos.services.goods import books  # nobody is signed on at a start

    figures = stock.figures_of(till)
    if figures is None and books.books(till).state is not books.State.BOOKED:
        till.stock_watch = None
        return
    till.stock_watch = Watch(figures)


def check(till: Till, item: Item, quantity_milli: int) -> str | Refusal | NeedsApproval:
    """What selling so many more of an item meets: a rule to be shown, nothing, or why not.

    Ask only while `till.stock_watch` is there.
    """
    left = _left(till, item.item_code)
    if left is None or left - quantity_milli >= 0:
        return ""
    allowed = authorise(till, RULE, detail=item.name)
    if not isinstance(allowed, Authorised):
        return allowed
    if allowed.warning:
        _record(till, item.item_code, left)
    return allowed.warning


def _left(till: Till, item_code: str) -> int | None:
    """What is in the shop less what this sale has already; None where nobody knows."""
    watch = till.stock_watch
    if watch is None or till.authority == ROLL or till.sale.return_mode or till.training:
        return None
    with till.reference.at_one_moment():
        if watch.figures is not None:
            watch.figures = stock.figures_of(till, watch.figures)
        sums = stock.sums_of(till, item_code, watch.figures)
    if not sums:
        return None
    shop = Place.SHOP.value
    in_shop = sum(quantity for (place, _batch), quantity in sums.items() if place == shop)
    return in_shop - sum(
        line.quantity_milli for line in till.sale.cart.lines if line.item_code == item_code
    )


def _record(till: Till, item_code: str, left_milli: int) -> None:
    watch = till.stock_watch
    if watch is None:
        return
    if watch.sale is not till.sale:
        watch.sale, watch.told = till.sale, set()
    if item_code in watch.told:
        return
    watch.told.add(item_code)
    note = RegisterNoted(
        register=Register.BOOKS,
        subject=item_code,
        action=RECORDED,
        item_code=item_code,
        quantity_milli=left_milli,
        fields={"sale_uuid": till.sale.sale_uuid} if till.sale.sale_uuid else {},
    )
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)

    till.write(job, together=True)
