"""A shop without head office receives against what it asked for itself (RCV-15, SUP-03).

Nobody answers such a requisition with an order: it is the order, its lines are what is expected,
and its open quantities fall as they are received.
"""

from __future__ import annotations

from datetime import date, timedelta

from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.services.context import Till
from pos.services.goods import orders_due
from pos.services.goods.days import stock_day
from pos.services.goods.orders_due import DueOrder
from pos.services.goods.stock_figures import is_enrolled
from pos.store import goods_ledgers

SHOWN_DAYS = 60
"""A requisition older than this is received against no more: nobody delivers it now."""


def due(till: Till) -> list[DueOrder]:
    """Requisitions of a lone shop of which something is still to come, the latest first."""
    if is_enrolled(till):
        return []
    today = date.fromisoformat(stock_day(till))
    since = (today - timedelta(days=SHOWN_DAYS)).isoformat()
    stored = goods_ledgers.of_kind(
        till.journal.reader(), DocumentKind.REQUISITION, since_day=since
    )
    found = []
    for one in stored:
        order = as_order(one.document, one.business_day)
        left = sum(quantity for _row, quantity in orders_due.open_lines(till, order))
        if left > 0:
            late = (today - date.fromisoformat(order.due_day)).days if order.due_day else 0
            found.append(DueOrder(order=order, open_milli=left, overdue_days=max(0, late)))
    return found


def as_order(document: GoodsDocument, sent_day: str) -> Order:
    """A requisition read as the order that it is where nobody stands between shop and supplier."""
    return Order(
        order_id=document.document_uuid,
        order_kind=OrderKind.REQUISITION,
        order_no=document.document_no,
        counterparty_id=document.counterparty_id,
        counterparty_name=document.counterparty_name,
        due_day=document.due_day,
        sent_day=sent_day,
        lines=tuple(
            OrderLine(
                line_no=line.line_no,
                item_code=line.item_code,
                quantity_milli=line.quantity_milli,
                description=line.description,
                unit=line.unit,
                unit_cost_e4=line.unit_cost_e4,
            )
            for line in document.lines
        ),
        note=document.note,
    )
