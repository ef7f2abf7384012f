"""What is on its way to the shop: orders, dispatches, transfers, and what was asked for (REP-01)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind
from pos.services.context import Till
from pos.store import goods_planning, goods_reference

ASKED_DAYS = 10
"""A requisition that nobody answered counts as on its way for so long (SUP-03)."""

_SEEN_DAYS: Final = 84
_STATES: Final = ("open", "done", "cancelled")


class Coming(msgspec.Struct, kw_only=True):
    """What is on its way of one item, thousandths."""

    on_order_milli: int = 0
    in_transit_milli: int = 0
    asked_milli: int = 0
    """Asked for by requisitions that nobody has answered yet."""


def coming(till: Till, today: dt.date) -> tuple[dict[str, Coming], dict[str, dt.date]]:
    """What is on its way, and when each item was last asked for."""
    found: dict[str, Coming] = defaultdict(Coming)
    reader = till.journal.reader()
    received = goods_planning.received_by_order(reader)
    kinds = (OrderKind.PURCHASE, OrderKind.DISPATCH, OrderKind.TRANSFER)
    orders: list[Order] = till.reference.ask(lambda c: goods_reference.orders(c, kinds), [])
    own_store = till.journal.identity.store_id
    for order in orders:
        if order.fields.get("from_store") == own_store:
            continue
        taken = dict(received.get(order.order_id, {}))
        for line in order.lines:
            here = min(taken.get(line.item_code, 0), line.quantity_milli)
            taken[line.item_code] = taken.get(line.item_code, 0) - here
            left = max(line.quantity_milli - max(line.done_milli, here), 0)
            if order.order_kind == OrderKind.PURCHASE:
                found[line.item_code].on_order_milli += left
            else:
                found[line.item_code].in_transit_milli += left
    answers = answers_of(till)
    known = set(_ids(till, kinds))
    asked: dict[str, dt.date] = {}
    since = today - dt.timedelta(days=_SEEN_DAYS)
    waiting = (today - dt.timedelta(days=ASKED_DAYS)).isoformat()
    for one in goods_planning.asked_for(reader, since.isoformat()):
        asked[one.item_code] = dt.date.fromisoformat(one.business_day)
        if one.business_day >= waiting:
            # A lone shop receives against the requisition itself.
            here = received.get(one.document_uuid, {}).get(one.item_code, 0)
            left = _still_asked(one, answers, known) - here
            found[one.item_code].asked_milli += max(0, left)
    return dict(found), asked


def answers_of(till: Till) -> dict[str, Order]:
    """Requisition's document_uuid → head office's answer to it (HO-02)."""
    found: dict[str, Order] = {}
    for state in _STATES:
        orders: list[Order] = till.reference.ask(
            partial(goods_reference.orders, kinds=(OrderKind.REQUISITION,), state=state), []
        )
        found |= {order.order_id: order for order in orders}
    return found


def _ids(till: Till, kinds: tuple[str, ...]) -> Iterable[str]:
    for state in _STATES:
        orders: list[Order] = till.reference.ask(
            partial(goods_reference.orders, kinds=kinds, state=state), []
        )
        yield from (order.order_id for order in orders)


def _still_asked(
    line: goods_planning.AskedLine, answers: dict[str, Order], known: set[str]
) -> int:
    """What a requisition's line still brings.

    All of it until it is answered, then what was granted, until the order that it went into is
    here and counts itself.
    """
    answer = answers.get(line.document_uuid)
    if answer is None:
        return line.quantity_milli
    if answer.state != "open" or answer.fields.get("order_id", "") in known:
        return 0
    return sum(one.done_milli for one in answer.lines if one.line_no == line.line_no)
