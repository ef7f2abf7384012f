"""Order documents as values: states, an order with who wrote and audited it, its history."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from pos.domain.canonical import encode_canonical
from pos.domain.goods.orders import Order, OrderKind


class OrderState(StrEnum):
    """Life of an order at head office; a till sees only open, done and cancelled."""

    DRAFT = "draft"
    AUDITED = "audited"
    PLACED = "placed"
    PART_RECEIVED = "part_received"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"


AT_TILLS: Final[dict[OrderState, str]] = {
    OrderState.PLACED: "open",
    OrderState.PART_RECEIVED: "open",
    OrderState.RECEIVED: "done",
    OrderState.CLOSED: "done",
    OrderState.CANCELLED: "cancelled",
}
"""What tills are told of a state; states that are not here are head office's own affair."""

OPEN_STATES: Final = (OrderState.PLACED, OrderState.PART_RECEIVED)
ENDED_STATES: Final = (OrderState.RECEIVED, OrderState.CLOSED, OrderState.CANCELLED)

PREFIXES: Final[dict[str, str]] = {
    OrderKind.PURCHASE: "PO",
    OrderKind.DISPATCH: "DN",
    OrderKind.TRANSFER: "TR",
    OrderKind.COUNT: "CT",
    OrderKind.COUNT_RESULT: "CR",
    OrderKind.REQUISITION: "RQ",
    OrderKind.RECALL: "RC",
    OrderKind.JUDGEMENT: "JD",
}


BOOKED: Final = "booked"
"""Field of an order: numbers of the receipts whose quantities its `done_milli` holds (R14)."""


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order's history; never changed."""

    event_no: int
    at_utc_ms: int
    by_name: str
    action: str
    state: str
    """After it."""

    note: str


class OrderDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An order as head office keeps it."""

    store_id: str
    state: OrderState
    entered_by: str
    entered_utc_ms: int
    audited_by: str
    audited_utc_ms: int
    audited_sha256: str
    placed_utc_ms: int
    ended_utc_ms: int
    changed_utc_ms: int
    order: Order

    @property
    def order_id(self) -> str:
        """Its key within the store."""
        return self.order.order_id

    @property
    def amount_e4(self) -> int:
        """Sum of quantity times price in 1/10,000 of the currency unit, lines without price left out."""
        return sum(
            line.quantity_milli * line.unit_cost_e4 // 1000
            for line in self.order.lines
            if line.unit_cost_e4 is not None
        )

    @property
    def done_percent(self) -> int:
        """How much of the ordered quantity was received, whole per cent, at most 100 a line."""
        wanted = sum(line.quantity_milli for line in self.order.lines)
        done = sum(min(line.done_milli, line.quantity_milli) for line in self.order.lines)
        return done * 100 // wanted if wanted else 0


def digest(order: Order) -> str:
    """What an audit signs: the order without what receiving changes, as a hash in hex."""
    bare = msgspec.structs.replace(
        order,
        state="open",
        sent_day="",
        fields={name: text for name, text in order.fields.items() if name != BOOKED},
        lines=tuple(msgspec.structs.replace(line, done_milli=0) for line in order.lines),
    )
    return hashlib.sha256(encode_canonical(bare)).hexdigest()


WRITING: Final = frozenset({"entered", "edited", "line_set", "line_dropped", "merged"})
"""Actions of an order's history that write it: whoever did one does not audit it."""

COLUMNS = (
    "store_id, state, entered_by, entered_utc_ms, audited_by, audited_utc_ms, audited_sha256, "
    "placed_utc_ms, ended_utc_ms, changed_utc_ms, body"
)


def document_of(row: Sequence[Any]) -> OrderDocument:
    """A document of a row with `COLUMNS`."""
    return OrderDocument(
        store_id=str(row[0]),
        state=OrderState(str(row[1])),
        entered_by=str(row[2]),
        entered_utc_ms=int(row[3]),
        audited_by=str(row[4]),
        audited_utc_ms=int(row[5]),
        audited_sha256=str(row[6]),
        placed_utc_ms=int(row[7]),
        ended_utc_ms=int(row[8]),
        changed_utc_ms=int(row[9]),
        order=msgspec.json.decode(str(row[10]), type=Order),
    )


def order_json(order: Order) -> str:
    """An order as the database keeps it."""
    return encode_canonical(order).decode()
