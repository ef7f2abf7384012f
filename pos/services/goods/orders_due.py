"""What is to be received: open orders and dispatches, and what of them is still open here."""

from __future__ import annotations

from datetime import date

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine, Supplier
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers, goods_reference

RECEIVED = (OrderKind.PURCHASE, OrderKind.DISPATCH, OrderKind.TRANSFER)


class DueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that goods are expected by."""

    order: Order
    open_milli: int
    overdue_days: int = 0
    """Days beyond what the shop allows goods to be on their way; 0 while in time."""


def due_orders(till: Till) -> list[DueOrder]:
    """Orders for this till's store of which something is still to come, most urgent first."""
    none: list[Order] = []
    found = till.reference.ask(
        lambda c: goods_reference.orders(c, [kind.value for kind in RECEIVED]), none
    )
    mine = till.journal.identity.workstation_uuid
    due = []
    for order in found:
        if order.to_workstation_uuid and order.to_workstation_uuid != mine:
            continue
        if order.order_kind == OrderKind.TRANSFER and not _comes_in(till, order):
            continue
        left = sum(quantity for _row, quantity in open_lines(till, order))
        if left > 0:
            due.append(DueOrder(order=order, open_milli=left, overdue_days=overdue(till, order)))
    return due


def overdue(till: Till, order: Order) -> int:
    """How many days late a purchase order is, or goods are too long on their way (RCV-15)."""
    today = date.fromisoformat(stock_day(till))
    if order.order_kind == OrderKind.PURCHASE:
        due = order.due_day
        return max(0, (today - date.fromisoformat(due)).days) if due else 0
    if not order.sent_day:
        return 0
    days = today - date.fromisoformat(order.sent_day)
    return max(0, days.days - till.settings.receiving.transit_days)


def order_of(till: Till, order_id: str) -> Order | None:
    """One order, or None."""
    if not order_id:
        return None
    return till.reference.ask(lambda c: goods_reference.order(c, order_id), None)


def open_lines(till: Till, order: Order) -> list[tuple[OrderLine, int]]:
    """Lines of which something is open, with how much (RCV-15).

    Head office's `done_milli` may or may not hold this till's latest receipts. Its field `booked`
    names the documents that it holds; without it the larger of the two figures counts.
    """
    booked = set(order.fields.get("booked", "").split())
    own, new = own_receipts(till, order.order_id, booked)
    found = []
    for row in order.lines:
        if booked:
            done = row.done_milli + new.get(row.line_no, 0)
        else:
            done = max(row.done_milli, own.get(row.line_no, 0))
        left = row.quantity_milli - done
        if left > 0:
            found.append((row, left))
    return found


def own_receipts(
    till: Till, order_id: str, booked: set[str]
) -> tuple[dict[int, int], dict[int, int]]:
    """Order line → accepted here: in all posted receipts, and in those head office lacks."""
    rows = goods_ledgers.received_of(till.journal.reader(), order_id)
    own: dict[int, int] = {}
    new: dict[int, int] = {}
    for number, order_line, quantity in rows:
        own[order_line] = own.get(order_line, 0) + quantity
        if number not in booked:
            new[order_line] = new.get(order_line, 0) + quantity
    return own, new


def supplier_of(till: Till, supplier_id: str) -> Supplier | None:
    """A supplier of the list, or None."""
    if not supplier_id:
        return None
    return till.reference.ask(lambda c: goods_reference.supplier(c, supplier_id), None)


def suppliers(till: Till) -> list[Supplier]:
    """All suppliers, by name."""
    return till.reference.ask(goods_reference.suppliers, [])


def _comes_in(till: Till, order: Order) -> bool:
    """Whether a transfer comes to this store; one to be sent names it as where it comes from."""
    return order.fields.get("from_store", "") != till.journal.identity.store_id
