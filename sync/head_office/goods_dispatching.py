"""Dispatches from head office to a store: in transit until received, copies due back (RCV-11..13).

A dispatch note has four copies: the store keeps one, three come back to the goods department within
two days after it was signed, and two of these go on to finance.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.i18n import N_
from sync.head_office import dispatch_copies, goods_items, goods_received, rights
from sync.head_office.dispatch_copies import StoreCopies
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.order_documents import OPEN_STATES, OrderDocument, OrderState
from sync.head_office.people import Person
from sync.head_office.refusals import refused

COPIES: Final[dict[str, str]] = {
    "store": N_("Store manager's copy"),
    "goods": N_("Goods department's copy"),
    "finance_1": N_("Finance, first copy"),
    "finance_2": N_("Finance, second copy"),
}
"""店长留存, 货品部留存, 财务部一, 财务部二."""

DUE_BACK: Final = ("goods", "finance_1", "finance_2")
DUE_DAYS: Final = 2
LATE_DAYS: Final = 3
"""A dispatch that is longer under way than this is marked."""

_DAY_MS = 86_400_000


class CopiesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A received dispatch whose copies are not all back."""

    store_id: str
    order_id: str
    order_no: str
    received_utc_ms: int
    due_day: str
    """By what the store printed on them, else two days after it received the goods."""

    missing: tuple[str, ...]
    """Copies that nobody confirmed here."""

    overdue: bool
    sent_day: str = ""
    """When the store sent them, and with whom, as its own register says."""

    carrier: str = ""
    back_day: str = ""
    """When the store noted that they are back."""

    state: str = ""
    """How both sides stand (`dispatch_copies.state`)."""


class Dispatching:
    """Dispatches of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect

    def send(
        self,
        person: Person,
        *,
        store_id: str,
        lines: Sequence[OrderLine],
        due_day: str = "",
        sender: str = "",
        carrier: str = "",
        note: str = "",
        requisitions: Sequence[str] = (),
    ) -> OrderDocument:
        """Send goods: the store sees them in transit at once. Raises NotAllowed, ValueError."""
        rights.require(person.name, person.role, rights.DISPATCH)
        try:
            due_day = dt.date.fromisoformat(due_day).isoformat() if due_day else ""
        except ValueError:
            raise refused(
                "due_day",
                N_("Expected a day such as 2026-11-23, got %(typed)s."),
                typed=due_day[:40],
            ) from None
        with self.dialect.transaction():
            number = self.orders.new_number(store_id, OrderKind.DISPATCH)
            order = Order(
                order_id=number,
                order_no=number,
                order_kind=OrderKind.DISPATCH.value,
                counterparty_id="HQ",
                counterparty_name=sender.strip()[:100] or "HQ",
                due_day=due_day,
                sent_day=self.office.today().isoformat(),
                lines=goods_items.named(self.dialect, store_id, lines),
                fields={
                    "sent_by": person.name,
                    **({"carrier": carrier.strip()[:100]} if carrier.strip() else {}),
                    **({"requisitions": " ".join(requisitions)} if requisitions else {}),
                },
                note=note.strip()[:200],
            )
            self.orders.enter(store_id, order, by=person.name, state=OrderState.PLACED)
            self.orders.publish_order(store_id, order, by=person.name)
            return self.orders.get(store_id, number)

    def recall_back(self, person: Person, store_id: str, order_id: str, note: str) -> None:
        """Cancel a dispatch of which nothing was received, or close one for good."""
        rights.require(person.name, person.role, rights.DISPATCH)
        if not note.strip():
            raise refused("note", N_("Expected a reason."))
        with self.dialect.transaction():
            kept = self.orders.get(store_id, order_id)
            if kept.order.order_kind != OrderKind.DISPATCH or kept.state not in OPEN_STATES:
                raise WrongState(f"{order_id} is no dispatch under way: it is {kept.state}")
            part = kept.state is OrderState.PART_RECEIVED
            state = OrderState.CLOSED if part else OrderState.CANCELLED
            self.orders.move(kept, state, action=state.value, by=person.name, note=note)

    def copy_back(self, person: Person, store_id: str, order_id: str, copy: str) -> None:
        """Note that a copy of a dispatch note came back, and tell the store; twice is once."""
        rights.require(person.name, person.role, rights.DISPATCH)
        if copy not in DUE_BACK:
            raise ValueError(f"expected one of {', '.join(DUE_BACK)}, got {copy[:40]!r}")
        with self.dialect.transaction():
            kept = self.orders.get(store_id, order_id)
            if kept.order.order_kind != OrderKind.DISPATCH:
                raise WrongState(f"{order_id} is no dispatch")
            self.dialect.insert_missing(
                "copy_back",
                ("store_id", "order_id", "copy", "back_utc_ms", "by_name"),
                [(store_id, order_id, copy, self.office.clock_ms(), person.name)],
            )
            back = " ".join(sorted(self.copies(store_id, order_id)))
            fields = kept.order.fields | {dispatch_copies.BACK: back}
            if fields != kept.order.fields:
                told = msgspec.structs.replace(kept.order, fields=fields)
                self.orders.publish_order(store_id, told, by=person.name)

    def copies(self, store_id: str, order_id: str) -> dict[str, tuple[int, str]]:
        """Copies that came back: when, and who noted it."""
        rows = self.dialect.query(
            "SELECT copy, back_utc_ms, by_name FROM copy_back WHERE store_id = ? AND order_id = ?",
            (store_id, order_id),
        )
        return {str(row[0]): (int(row[1]), str(row[2])) for row in rows}

    def copies_out(self) -> list[CopiesOut]:
        """Received dispatches whose copies are due back, the longest due first (RCV-13)."""
        rows = self.dialect.query(
            "SELECT o.store_id, o.order_id, o.order_no, MIN(d.at_utc_ms) FROM order_document o "
            "JOIN goods_document d ON d.store_id = o.store_id AND d.reference = o.order_id "
            "AND d.document_kind = 'receipt' AND d.state = 'posted' "
            "WHERE o.order_kind = 'dispatch' AND (SELECT COUNT(*) FROM copy_back c "
            "WHERE c.store_id = o.store_id AND c.order_id = o.order_id) < ? "
            "GROUP BY o.store_id, o.order_id, o.order_no ORDER BY 4 LIMIT 500",
            (len(DUE_BACK),),
        )
        today = self.office.today().isoformat()
        found: list[CopiesOut] = []
        stores: dict[str, dict[str, StoreCopies]] = {}
        for store_id, order_id, order_no, at_ms in rows:
            back = self.copies(str(store_id), str(order_id))
            if store_id not in stores:
                stores[store_id] = dispatch_copies.of_store(self.dialect, str(store_id))
            told = stores[store_id].get(str(order_id), StoreCopies())
            missing = tuple(copy for copy in DUE_BACK if copy not in back)
            due = told.due_day or _day_of(int(at_ms) + DUE_DAYS * _DAY_MS)
            found.append(
                CopiesOut(
                    store_id=str(store_id),
                    order_id=str(order_id),
                    order_no=str(order_no),
                    received_utc_ms=int(at_ms),
                    due_day=due,
                    missing=missing,
                    overdue=today > due,
                    sent_day=told.sent_day,
                    carrier=told.carrier,
                    back_day=told.back_day,
                    state=dispatch_copies.state(told, missing),
                )
            )
        return found

    def receipts(self, store_id: str, order_id: str) -> list[goods_received.GoodsPaper]:
        """Posted receipts of an order, the latest first."""
        return goods_received.papers(
            self.dialect, ("receipt",), store_id=store_id, reference=order_id
        )


def _day_of(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, tz=dt.UTC).astimezone().date().isoformat()
