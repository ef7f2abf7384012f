"""Orders: what head office wants done with goods, kept with their history and published to a store.

`GoodsOrders` is the one place that publishes orders (dataset `orders`, R11). A purchase order goes
down only as it was audited by somebody who did not write it (SUP-05): that is checked here, at the
door, whatever the caller did before. The caller is the writer thread or a command of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind
from sync.head_office.feed import Feed
from sync.head_office.order_documents import (
    AT_TILLS,
    COLUMNS,
    ENDED_STATES,
    OPEN_STATES,
    PREFIXES,
    WRITING,
    OrderDocument,
    OrderEvent,
    OrderState,
    digest,
    document_of,
    order_json,
)
from sync.protocol import FeedChanges

KEEP_DAYS: Final = 60
"""Ended orders stay at the tills for so long, so that a late paper still finds its order."""

_DAY_MS = 86_400_000
_FORGET_AT_ONCE = 200


class NotAudited(ValueError):
    """A purchase order that nobody else audited, or that was changed since, is not published."""

    code = "not_audited"


class WrongState(ValueError):
    """An act that the order's state does not allow; the text says what was expected."""

    code = "wrong_state"


class GoodsOrders:
    """Order documents of one head office."""

    def __init__(self, feed: Feed) -> None:
        """Work on an open head office through its feed."""
        self.feed = feed
        self.office = feed.office
        self.dialect = feed.dialect

    # ------------------------------------------------------------------ publishing

    def publish_order(self, store_id: str, order: Order, *, by: str = "") -> int:
        """Publish an order to one store and keep it; returns the publication number.

        A purchase order must be placed: kept already, audited by another person and unchanged
        since. Raises NotAudited, WrongState, LookupError for an unknown store.
        """
        if not self._store_is_known(store_id):
            raise LookupError(f"store {store_id!r} is unknown: run `hq add-store` first")
        with self.dialect.transaction():
            kept = self.find(store_id, order.order_id)
            if order.order_kind == OrderKind.PURCHASE:
                self._check_audited(kept, order)
            if kept is None:
                kept = self.enter(store_id, order, by=by, state=_state_of(order))
            elif kept.order != order:
                self.save(msgspec.structs.replace(kept, order=order))
            forgotten = self._forgotten(store_id, order.order_id)
            changes = FeedChanges(
                orders=(order,), removed={"orders": forgotten} if forgotten else {}
            )
            return self.feed.publish(changes, scope=store_id, by=by)

    def close_order(
        self, store_id: str, order_id: str, *, state: str = "done", by: str = "", note: str = ""
    ) -> int:
        """Tell the store that an order is done or cancelled; returns the publication number.

        Raises LookupError, and WrongState for an order that has ended.
        """
        with self.dialect.transaction():
            kept = self.get(store_id, order_id)
            if kept.state in ENDED_STATES:
                raise WrongState(f"{order_id} has ended: it is {kept.state}")
            ended = OrderState.CANCELLED if state == "cancelled" else OrderState.CLOSED
            return self.move(kept, ended, action=ended.value, by=by, note=note)

    def published(self, store_id: str, order_id: str) -> Order | None:
        """An order as the store was told it last; None when it was not."""
        row = self.dialect.one(
            "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'orders' AND row_key = ?",
            (store_id, order_id),
        )
        return None if row is None else msgspec.json.decode(bytes(row[0]), type=Order)

    # -------------------------------------------------------------------- keeping

    def enter(
        self,
        store_id: str,
        order: Order,
        *,
        by: str,
        state: OrderState = OrderState.DRAFT,
        note: str = "",
    ) -> OrderDocument:
        """Keep a new order and begin its history; publishes nothing. ValueError when it is there."""
        now_ms = self.office.clock_ms()
        made = OrderDocument(
            store_id=store_id,
            state=state,
            entered_by=by,
            entered_utc_ms=now_ms,
            audited_by="",
            audited_utc_ms=0,
            audited_sha256="",
            placed_utc_ms=now_ms if state in OPEN_STATES else 0,
            ended_utc_ms=now_ms if state in ENDED_STATES else 0,
            changed_utc_ms=now_ms,
            order=order,
        )
        with self.dialect.transaction():
            if not self._store_is_known(store_id):
                raise LookupError(f"store {store_id!r} is unknown: run `hq add-store` first")
            if self.find(store_id, order.order_id) is not None:
                raise ValueError(f"there is an order {order.order_id} already")
            self.dialect.execute(
                "INSERT INTO order_document (store_id, order_id, order_kind, order_no, state, "
                "counterparty_id, counterparty_name, due_day, entered_by, entered_utc_ms, "
                "placed_utc_ms, ended_utc_ms, changed_utc_ms, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    store_id,
                    order.order_id,
                    order.order_kind,
                    order.order_no,
                    state.value,
                    order.counterparty_id,
                    order.counterparty_name,
                    order.due_day,
                    by,
                    now_ms,
                    made.placed_utc_ms,
                    made.ended_utc_ms,
                    now_ms,
                    order_json(order),
                ),
            )
            self._save_lines(store_id, order)
            self.note(store_id, order.order_id, "entered", state, by=by, note=note)
        return made

    def save(self, document: OrderDocument) -> OrderDocument:
        """Write an order's head, state and lines; the caller notes why."""
        order = document.order
        saved = msgspec.structs.replace(document, changed_utc_ms=self.office.clock_ms())
        with self.dialect.transaction():
            self.dialect.execute(
                "UPDATE order_document SET order_no = ?, state = ?, counterparty_id = ?, "
                "counterparty_name = ?, due_day = ?, audited_by = ?, audited_utc_ms = ?, "
                "audited_sha256 = ?, placed_utc_ms = ?, ended_utc_ms = ?, changed_utc_ms = ?, "
                "body = ? WHERE store_id = ? AND order_id = ?",
                (
                    order.order_no,
                    saved.state.value,
                    order.counterparty_id,
                    order.counterparty_name,
                    order.due_day,
                    saved.audited_by,
                    saved.audited_utc_ms,
                    saved.audited_sha256,
                    saved.placed_utc_ms,
                    saved.ended_utc_ms,
                    saved.changed_utc_ms,
                    order_json(order),
                    saved.store_id,
                    order.order_id,
                ),
            )
            self._save_lines(saved.store_id, order)
        return saved

    def move(
        self, document: OrderDocument, state: OrderState, *, action: str, by: str, note: str = ""
    ) -> int:
        """Bring an order into a state, note it, and tell the store what it has to know.

        Returns the publication number, 0 when nothing is told.
        """
        now_ms = self.office.clock_ms()
        told = AT_TILLS.get(state)
        order = document.order
        if told is not None:
            order = msgspec.structs.replace(order, state=told)
        moved = msgspec.structs.replace(
            document,
            state=state,
            order=order,
            placed_utc_ms=document.placed_utc_ms or (now_ms if state in OPEN_STATES else 0),
            ended_utc_ms=now_ms if state in ENDED_STATES else 0,
        )
        with self.dialect.transaction():
            self.save(moved)
            self.note(document.store_id, document.order_id, action, state, by=by, note=note)
            # What a store never heard of, it need not hear the end of.
            known = self.published(document.store_id, document.order_id) is not None
            if told is None or (told != "open" and not known):
                return 0
            return self.publish_order(document.store_id, order, by=by)

    def note(
        self,
        store_id: str,
        order_id: str,
        action: str,
        state: OrderState,
        *,
        by: str,
        note: str = "",
    ) -> None:
        """Add a line to an order's history; the caller has a transaction."""
        row = self.dialect.one(
            "SELECT COALESCE(MAX(event_no), 0) + 1 FROM order_event "
            "WHERE store_id = ? AND order_id = ?",
            (store_id, order_id),
        )
        self.dialect.execute(
            "INSERT INTO order_event (store_id, order_id, event_no, at_utc_ms, by_name, action, "
            "state, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                store_id,
                order_id,
                int(row[0]) if row else 1,
                self.office.clock_ms(),
                by,
                action,
                state.value,
                note[:500],
            ),
        )

    def new_number(self, store_id: str, kind: str) -> str:
        """The next human number of a kind in a store today: `PO01-261122-003`."""
        day = self.office.today()
        begin = f"{PREFIXES.get(kind, 'OR')}{store_id}-{day:%y%m%d}-"
        row = self.dialect.one(
            "SELECT COUNT(*) FROM order_document WHERE store_id = ? AND order_id >= ? "
            "AND order_id < ?",
            (store_id, begin, begin + "~"),
        )
        return f"{begin}{int(row[0]) + 1 if row else 1:03d}"

    # -------------------------------------------------------------------- reading

    def get(self, store_id: str, order_id: str) -> OrderDocument:
        """One order; raises LookupError."""
        found = self.find(store_id, order_id)
        if found is None:
            raise LookupError(f"store {store_id!r} has no order {order_id!r}")
        return found

    def find(self, store_id: str, order_id: str) -> OrderDocument | None:
        """One order, or None."""
        row = self.dialect.one(
            f"SELECT {COLUMNS} FROM order_document WHERE store_id = ? AND order_id = ?",
            (store_id, order_id),
        )
        return None if row is None else document_of(row)

    def documents(
        self,
        *,
        kinds: Sequence[str] = (),
        states: Sequence[str] = (),
        store_id: str = "",
        counterparty_id: str = "",
        limit: int = 200,
    ) -> list[OrderDocument]:
        """Orders, the latest first; what is left empty does not narrow."""
        where: list[str] = []
        values: list[Any] = []
        for column, wanted in (("order_kind", kinds), ("state", states)):
            if wanted:
                where.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values += [str(one) for one in wanted]
        for column, one in (("store_id", store_id), ("counterparty_id", counterparty_id)):
            if one:
                where.append(f"{column} = ?")
                values.append(one)
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        rows = self.dialect.query(
            f"SELECT {COLUMNS} FROM order_document{condition} "
            "ORDER BY entered_utc_ms DESC, order_id DESC LIMIT ?",
            (*values, limit),
        )
        return [document_of(row) for row in rows]

    def events(self, store_id: str, order_id: str) -> list[OrderEvent]:
        """An order's history, in order."""
        rows = self.dialect.query(
            "SELECT event_no, at_utc_ms, by_name, action, state, note FROM order_event "
            "WHERE store_id = ? AND order_id = ? ORDER BY event_no",
            (store_id, order_id),
        )
        return [
            OrderEvent(
                event_no=int(row[0]),
                at_utc_ms=int(row[1]),
                by_name=str(row[2]),
                action=str(row[3]),
                state=str(row[4]),
                note=str(row[5]),
            )
            for row in rows
        ]

    # -------------------------------------------------------------------- helpers

    def _check_audited(self, kept: OrderDocument | None, order: Order) -> None:
        if kept is None or not kept.audited_by:
            raise NotAudited(f"{order.order_id}: nobody audited this purchase order")
        writers = {
            event.by_name.casefold()
            for event in self.events(kept.store_id, order.order_id)
            if event.action in WRITING
        }
        if kept.audited_by.casefold() in writers | {kept.entered_by.casefold()}:
            raise NotAudited(f"{order.order_id}: {kept.audited_by} wrote and audited it")
        if kept.audited_sha256 != digest(order):
            raise NotAudited(f"{order.order_id} was changed after it was audited")
        if not kept.placed_utc_ms or order.state != AT_TILLS.get(kept.state):
            # It may still be sent back, and the store would receive what is a draft again.
            raise WrongState(f"{order.order_id} is {kept.state}, not {order.state} at the store")

    def _forgotten(self, store_id: str, published: str) -> tuple[str, ...]:
        before = self.office.clock_ms() - KEEP_DAYS * _DAY_MS
        rows = self.dialect.query(
            "SELECT order_id FROM order_document WHERE store_id = ? AND ended_utc_ms > 0 "
            "AND ended_utc_ms < ? AND order_id <> ? AND EXISTS (SELECT 1 FROM catalogue c "
            "WHERE c.scope = order_document.store_id AND c.dataset = 'orders' "
            "AND c.row_key = order_document.order_id) ORDER BY ended_utc_ms LIMIT ?",
            (store_id, before, published, _FORGET_AT_ONCE),
        )
        return tuple(str(order_id) for (order_id,) in rows)

    def _save_lines(self, store_id: str, order: Order) -> None:
        self.dialect.execute(
            "DELETE FROM order_line WHERE store_id = ? AND order_id = ?",
            (store_id, order.order_id),
        )
        for line in order.lines:
            self.dialect.execute(
                "INSERT INTO order_line (store_id, order_id, line_no, item_code, quantity_milli, "
                "unit_cost_e4, done_milli) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    store_id,
                    order.order_id,
                    line.line_no,
                    line.item_code,
                    line.quantity_milli,
                    line.unit_cost_e4,
                    line.done_milli,
                ),
            )

    def _store_is_known(self, store_id: str) -> bool:
        return self.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is not None


def _state_of(order: Order) -> OrderState:
    if order.state == "open":
        return OrderState.PLACED
    return OrderState.CANCELLED if order.state == "cancelled" else OrderState.CLOSED
