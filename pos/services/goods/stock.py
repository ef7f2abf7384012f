"""Stock as a till knows it: on hand, set apart, on the way, batches, cost, history (STK-15..18).

What is on hand is head office's figure of the store, plus what this till's own journal moved above
the sequence that the figure includes (R14); a sibling's sales that head office does not have yet
are not in it, and the figure's age is told. Where no figure ever came, the till's own movements
are all there is. Nothing is edited: every number here is a sum of the ledger, or a view of the
documents that go with it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import msgspec

from pos.domain.batches import left_by_batch
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order, OrderKind
from pos.domain.stock import Place
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.goods.stock_figures import Figures, figures_of, is_enrolled
from pos.store import goods_reference, stock_ledger, units
from pos.store.goods_reference import StockFigure
from pos.store.journal_files import shop_files_of
from pos.store.stock_ledger import Key, Movement
from pos.store.units import Unit

__all__ = [
    "BatchStock",
    "Figures",
    "Movement",
    "OnHand",
    "Unit",
    "batches",
    "figures_of",
    "history",
    "is_enrolled",
    "on_hand",
    "unit_cost_e4",
    "unit_named",
]

_SENT_DAYS = 60
"""Goods sent longer ago are not on their way, whatever became of head office's order."""


class OnHand(msgspec.Struct, frozen=True, kw_only=True):
    """Every view of one item's stock, in thousandths of its unit."""

    item_code: str
    shop_milli: int = 0
    """In the shop, held and expired goods among them."""

    reserved_milli: int = 0
    """Sold, not delivered: no longer the shop's (REG-01)."""

    loan_milli: int = 0
    """Lent: outside the shop and still its stock (REG-04)."""

    judge_milli: int = 0
    """Set apart until somebody judges it."""

    held_milli: int = 0
    """Of what is in the shop: under a hold of head office."""

    expired_milli: int = 0
    """Of what is in the shop, held goods left out: past its date."""

    saleable_milli: int = 0
    """In the shop and neither held nor expired."""

    transit_milli: int = 0
    """On the way to this shop: dispatches and transfers not received yet."""

    sent_milli: int = 0
    """Sent to another shop, and not known to have arrived."""

    as_of_utc_ms: int | None = None
    """When head office made the figures this rests on; None where it rests on this till alone."""

    own_only: bool = False
    """A shop with a head office whose figures never came: only this till's movements are known."""


class BatchStock(msgspec.Struct, frozen=True, gc=False):
    """What is in the shop of one batch."""

    batch: str
    expiry: str
    production_day: str
    quantity_milli: int


# ---------------------------------------------------------------------------------- on hand


def on_hand(till: Till, item_code: str) -> OnHand:
    """Every view of one item."""
    with till.reference.at_one_moment():
        return _on_hand(till, item_code)


def _on_hand(till: Till, item_code: str) -> OnHand:
    figures = figures_of(till)
    sums = sums_of(till, item_code, figures)
    by_place: dict[str, int] = defaultdict(int)
    for (place, _batch), quantity in sums.items():
        by_place[place] += quantity
    stock = _batches(till, item_code, sums)
    held, expired = _not_for_sale(till, item_code, stock, by_place[Place.SHOP.value])
    return OnHand(
        item_code=item_code,
        shop_milli=by_place[Place.SHOP.value],
        reserved_milli=by_place[Place.RESERVED.value],
        loan_milli=by_place[Place.LOAN.value],
        judge_milli=by_place[Place.JUDGE.value],
        held_milli=held,
        expired_milli=expired,
        saleable_milli=by_place[Place.SHOP.value] - held - expired,
        transit_milli=_coming(till, item_code),
        sent_milli=_sent(till, item_code),
        as_of_utc_ms=figures.as_of_utc_ms if figures is not None else None,
        own_only=figures is None and is_enrolled(till),
    )


def shop_quantity(till: Till, item_code: str) -> int:
    """What is in the shop of an item, in thousandths: the figure alone, for lists and rules."""
    with till.reference.at_one_moment():
        figures = figures_of(till)
        if figures is None:
            return stock_ledger.shop_milli(till.journal.reader(), item_code)
        sums = sums_of(till, item_code, figures)
    shop = Place.SHOP.value
    return sum(quantity for (place, _batch), quantity in sums.items() if place == shop)


def shop_quantities(till: Till) -> dict[str, int]:
    """Item → what is in the shop, in thousandths, of every item that ever moved or is figured."""
    reader = till.journal.reader()
    shop = Place.SHOP.value
    result: dict[str, int] = defaultdict(int)
    known: list[StockFigure] = []
    with till.reference.at_one_moment():
        figures = figures_of(till)
        if figures is not None:
            known = till.reference.ask(goods_reference.all_figures, known)
    if figures is None:
        own = stock_ledger.all_balances(reader)
    else:
        own = stock_ledger.items_moved_in(reader, figures.above)
    for row in known:
        if row.place == shop:
            result[row.item_code] += row.quantity_milli
    for code, sums in own.items():
        result[code] += sum(q for (place, _batch), q in sums.items() if place == shop)
    return dict(result)


def batches(till: Till, item_code: str) -> list[BatchStock]:
    """What is in the shop by batch, the one to be sold first in front (FEFO).

    A sale of goods whose code names no batch is taken off the batch that expires first: that is
    how the shelf is to be emptied. What remains without a batch comes last.
    """
    with till.reference.at_one_moment():
        sums = sums_of(till, item_code, figures_of(till))
    return _batches(till, item_code, sums)


def unit_cost_e4(till: Till, item_code: str) -> int | None:
    """Moving-average cost of one unit: head office's, else this till's own; None if nobody knows."""
    told = till.reference.ask(lambda c: goods_reference.unit_cost_e4(c, item_code), None)
    if told is not None:
        return told
    own = stock_ledger.average(till.journal.reader(), item_code).unit_cost_e4
    if own is not None:
        return own
    rule = till.reference.ask(lambda c: goods_reference.item_rule(c, item_code), None)
    return None if rule is None else rule.cost_e4


def history(
    till: Till,
    item_code: str,
    before: tuple[int, int] | None = None,
    limit: int = 20,
    *,
    batch: str | None = None,
    unit_code: str = "",
) -> list[Movement]:
    """A page of this till's movements of an item, the latest first; `before` is a line's cursor."""
    return stock_ledger.history(
        till.journal.reader(),
        item_code,
        before=before,
        limit=limit,
        batch=batch,
        unit_code=unit_code,
    )


def item_of_unit(till: Till, unit_code: str) -> str:
    """The item that a serial number or trace code belongs to; empty where no till ever saw it."""
    return units.item_of(till.journal.reader(), unit_code)


def unit_named(till: Till, text: str) -> tuple[str, Unit | None]:
    """(item, unit) that a code or a serial number names, and where any till of the shop left it."""
    reader = till.journal.reader()
    item_code, unit_code = units.named(reader, text)
    return item_code, units.unit(reader, item_code, (unit_code,)) if item_code else None


# ---------------------------------------------------------------------------- what is behind it


def sums_of(till: Till, item_code: str, figures: Figures | None) -> dict[Key, int]:
    """(place, batch) → quantity, from the figures and what lies above them; nothing if unknown."""
    reader = till.journal.reader()
    if figures is None:
        return stock_ledger.balances(reader, item_code)
    sums: dict[Key, int] = defaultdict(int)
    known: list[StockFigure] = till.reference.ask(
        lambda c: goods_reference.figures(c, item_code), []
    )
    for row in known:
        sums[row.place, row.batch] += row.quantity_milli
    for key, quantity in stock_ledger.moved_in(reader, item_code, figures.above).items():
        sums[key] += quantity
    return dict(sums)


def _batches(till: Till, item_code: str, sums: dict[Key, int]) -> list[BatchStock]:
    shop = Place.SHOP.value
    stock = {batch: quantity for (place, batch), quantity in sums.items() if place == shop}
    dates = {
        batch: (facts.expiry, facts.production_day)
        for batch, facts in units.batches_of(till.journal.reader(), item_code).items()
    }
    left = left_by_batch(stock, {batch: expiry for batch, (expiry, _made) in dates.items()})
    return [
        BatchStock(batch, *dates.get(batch, ("", "")), quantity)
        for batch, quantity in left.items()
        if quantity
    ]


def _not_for_sale(
    till: Till, item_code: str, stock: list[BatchStock], shop_milli: int
) -> tuple[int, int]:
    """How much of what is in the shop is held, and how much of the rest is expired."""
    holds: list[tuple[str, str]] = till.reference.ask(
        lambda c: goods_reference.holds(c, item_code), []
    )
    if ("", "") in holds:
        return max(shop_milli, 0), 0
    today = till.business_day or till.local_iso()[:10]
    in_batches = {batch for batch, serial in holds if batch and not serial}
    held = sum(max(one.quantity_milli, 0) for one in stock if one.batch in in_batches)
    reader = till.journal.reader()
    for batch, serial in holds:
        if not serial or (batch and batch in in_batches):
            continue
        found = units.unit(reader, item_code, (serial,))
        held += 1000 if found is not None and found.in_shop else 0
    expired = sum(
        max(one.quantity_milli, 0)
        for one in stock
        if one.expiry and one.expiry < today and one.batch not in in_batches
    )
    return held, expired


def _coming(till: Till, item_code: str) -> int:
    """On the way to this shop: what open dispatches and transfers name and nobody received."""
    total = 0
    for order in incoming(till):
        expected = sum(
            max(line.quantity_milli - line.done_milli, 0)
            for line in order.lines
            if line.item_code == item_code
        )
        if expected:
            total += max(expected - _received(till, order, item_code), 0)
    return total


def incoming(till: Till) -> list[Order]:
    """Open dispatches and transfers that are on their way to this shop."""
    orders: list[Order] = till.reference.ask(
        lambda c: goods_reference.orders(c, (OrderKind.DISPATCH, OrderKind.TRANSFER)), []
    )
    own_store = till.journal.identity.store_id
    return [
        order
        for order in orders
        if order.order_kind == OrderKind.DISPATCH
        or order.fields.get("from_store", "") != own_store
    ]


def _received(till: Till, order: Order, item_code: str) -> int:
    """What the shop received of an order and head office does not count as done yet."""
    if any(line.done_milli for line in order.lines):
        return 0
    rows = [
        file.execute(
            "SELECT coalesce(sum(l.quantity_milli), 0) FROM goods_document d "
            "JOIN goods_line l ON l.entry_id = d.entry_id "
            "WHERE d.reference = ? AND d.document_kind IN (?, ?) AND l.item_code = ?",
            (order.order_id, DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN, item_code),
        ).fetchone()
        for file in shop_files_of(till.journal.reader())
    ]
    return sum(int(row[0]) for row in rows)


def _sent(till: Till, item_code: str) -> int:
    """What the shop sent to others lately and nobody told to have arrived."""
    since = dt.date.fromisoformat(stock_day(till)) - dt.timedelta(days=_SENT_DAYS)
    rows = [
        row
        for file in shop_files_of(till.journal.reader())
        for row in file.execute(
            "SELECT d.document_no, d.document_uuid, sum(l.quantity_milli) "
            "FROM goods_document d JOIN goods_line l ON l.entry_id = d.entry_id "
            "WHERE d.document_kind = ? AND l.item_code = ? AND d.business_day >= ? "
            "GROUP BY d.entry_id",
            (DocumentKind.TRANSFER_OUT, item_code, since.isoformat()),
        )
    ]
    return sum(milli for number, uuid, milli in rows if not has_arrived(till, number, uuid))


def order_of(till: Till, order_id: str) -> Order | None:
    """An order of head office, or None."""
    return till.reference.ask(lambda c: goods_reference.order(c, order_id), None)


def has_arrived(till: Till, document_no: str, document_uuid: str) -> bool:
    """Whether a transfer out is known to have arrived: by head office's order or a note of ours."""
    for file in shop_files_of(till.journal.reader()):
        noted = file.execute(
            "SELECT 1 FROM register_note WHERE register = 'arrival' AND subject IN (?, ?) LIMIT 1",
            (document_no, document_uuid),
        )
        if noted.fetchone() is not None:
            return True
    found = order_of(till, document_uuid)
    return found is not None and found.state == "done"
