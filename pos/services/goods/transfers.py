"""库存调拨 at the till: goods sent to another store, and what is on its way (STK-13).

What comes from another store is received like any delivery (`receiving`), as a TRANSFER_IN.

Head office makes an order of kind `transfer` from a posted TRANSFER_OUT, its id the document's
uuid, `fields` naming `from_store` and `to_store`, and publishes it to both stores; it is done when
the other half arrived. An open one from this store that no document of ours made asks us to send.
"""

from __future__ import annotations

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsLine
from pos.domain.goods.ledgers import days_between
from pos.domain.goods.orders import Order, OrderKind
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import leaving, stock
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers, goods_reference
from pos.store.goods_drafts import StoredDraft


class InTransit(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer out that nobody told to have arrived."""

    number: str
    store: str
    day: str
    age_days: int
    lines: int
    pieces_milli: int


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A store that goods were sent to or came from before."""

    store_id: str
    name: str


def incoming(till: Till) -> list[Order]:
    """Transfers on their way here that this till has not received."""
    return [
        order
        for order in stock.incoming(till)
        if order.order_kind == OrderKind.TRANSFER and not _received(till, order.order_id)
    ]


def to_send(till: Till) -> list[Order]:
    """Transfers that head office asks this store to send."""
    own = till.journal.identity.store_id
    orders: list[Order] = till.reference.ask(
        lambda c: goods_reference.orders(c, (OrderKind.TRANSFER,)), []
    )
    sent = {
        name
        for one in goods_ledgers.of_kind(till.journal.reader(), DocumentKind.TRANSFER_OUT)
        for name in (one.document.document_uuid, one.document.reference)
    }
    return [
        order
        for order in orders
        if order.fields.get("from_store", "") == own
        and order.order_id not in sent
        and not order.fields.get("document_no")  # another till of the store has sent it
    ]


def in_transit(till: Till) -> list[InTransit]:
    """What this till sent and nobody received yet, the oldest first."""
    today = stock_day(till)
    found = [
        InTransit(
            number=one.document.document_no,
            store=one.document.counterparty_name or one.document.counterparty_id,
            day=one.business_day,
            age_days=max(0, days_between(one.business_day, today)),
            lines=len(one.document.lines),
            pieces_milli=sum(line.quantity_milli for line in one.document.lines),
        )
        for one in goods_ledgers.of_kind(till.journal.reader(), DocumentKind.TRANSFER_OUT)
        if not stock.has_arrived(till, one.document.document_no, one.document.document_uuid)
    ]
    return sorted(found, key=lambda one: (one.day, one.number))


def stores(till: Till) -> list[Store]:
    """Other stores known here: by head office's orders and by earlier transfers."""
    names: dict[str, str] = {}
    for kind in (DocumentKind.TRANSFER_IN, DocumentKind.TRANSFER_OUT):
        for one in reversed(goods_ledgers.of_kind(till.journal.reader(), kind)):
            names[one.document.counterparty_id] = one.document.counterparty_name
    for order in (*to_send(till), *incoming(till)):
        names[order.counterparty_id] = order.counterparty_name or order.counterparty_id
    names.pop("", None)
    return [Store(store_id=code, name=name) for code, name in sorted(names.items())]


def begin_out(
    till: Till,
    *,
    store_id: str,
    store_name: str = "",
    reason: str = "",
    driver: str = "",
    order: Order | None = None,
) -> StoredDraft | Refusal:
    """Start the sending half; head office's order brings its lines."""
    if order is None:
        return leaving.begin(
            till,
            DocumentKind.TRANSFER_OUT,
            partner_id=store_id,
            partner_name=store_name,
            reason=reason,
            driver=driver,
        )
    lines = [
        msgspec.structs.replace(line, expected_milli=line.quantity_milli, reason="order")
        for line in _lines_of(till, order)
    ]
    return leaving.begin(
        till,
        DocumentKind.TRANSFER_OUT,
        partner_id=order.counterparty_id or order.fields.get("to_store", ""),
        partner_name=order.counterparty_name,
        reference=order.order_id,
        reference_no=order.order_no,
        reason=reason or "order",
        driver=driver,
        source="order",
        lines=lines,
    )


def _received(till: Till, order_id: str) -> bool:
    return bool(
        goods_ledgers.by_reference(till.journal.reader(), order_id, DocumentKind.TRANSFER_IN)
    )


def _lines_of(till: Till, order: Order) -> list[GoodsLine]:
    lines = []
    for number, line in enumerate(order.lines, start=1):
        item = catalogue.find_item(till, line.item_code)
        lines.append(
            GoodsLine(
                line_no=number,
                item_code=line.item_code,
                quantity_milli=max(0, line.quantity_milli - line.done_milli),
                description=line.description or (item.name if item is not None else ""),
                spec=item.spec if item is not None else "",
                unit=line.unit or (item.unit if item is not None else ""),
                item_class=item.item_class if item is not None else "",
                unit_cost_e4=line.unit_cost_e4,
                batch=line.batch,
                production_day=line.production_day,
                expiry=line.expiry,
                unit_codes=line.unit_codes,
                order_line=line.line_no,
            )
        )
    return lines
