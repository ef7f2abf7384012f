"""Purchase orders: drafted, audited by somebody else, placed, received, closed (SUP-04, SUP-05).

    draft -> audited -> placed -> part_received -> received
                  any open state -> closed; before anything came in -> cancelled

Receiving is what stores book (`goods_following`). Raises: NotAllowed without the right or for the
same person, WrongState, ValueError for what is typed, LookupError for what is not there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.i18n import N_
from sync.head_office import goods_items, people, rights
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import WRITING, OrderDocument, OrderState, digest
from sync.head_office.people import Person
from sync.head_office.refusals import refused

KEPT_FROM: Final = "kept_from"
"""Field of an order: operator numbers that ordered it and may not sign for its receipt (CTL-05)."""

CONTRACT: Final = "contract_no"
REQUISITIONS: Final = "requisitions"
"""Field of an order: document_uuids of the requisitions that it serves."""

MAX_TEXT = 200


class Purchasing:
    """Purchase orders of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.dialect = orders.dialect
        self.suppliers = Suppliers(orders.feed)

    def draft(
        self,
        person: Person,
        *,
        store_id: str,
        supplier_id: str,
        due_day: str,
        lines: Sequence[OrderLine],
        contract_no: str = "",
        note: str = "",
        requisitions: Sequence[str] = (),
    ) -> OrderDocument:
        """Write a draft; nothing goes down yet."""
        rights.require(person.name, person.role, rights.ORDER_ENTER)
        supplier = self.suppliers.usable(supplier_id)
        fields = {CONTRACT: contract_no.strip()[:MAX_TEXT]} if contract_no.strip() else {}
        if requisitions:
            fields[REQUISITIONS] = " ".join(requisitions)
        with self.dialect.transaction():
            number = self.orders.new_number(store_id, OrderKind.PURCHASE)
            order = Order(
                order_id=number,
                order_no=number,
                order_kind=OrderKind.PURCHASE.value,
                state="open",
                counterparty_id=supplier.supplier_id,
                counterparty_name=supplier.name,
                due_day=_day(due_day),
                lines=goods_items.named(self.dialect, store_id, lines),
                fields=fields,
                note=note.strip()[:MAX_TEXT],
            )
            return self.orders.enter(store_id, order, by=person.name)

    def rewrite(
        self,
        person: Person,
        store_id: str,
        order_id: str,
        *,
        lines: Sequence[OrderLine] | None = None,
        due_day: str | None = None,
        note: str | None = None,
    ) -> OrderDocument:
        """Change a draft; whoever does counts as its writer and does not audit it."""
        rights.require(person.name, person.role, rights.ORDER_ENTER)
        with self.dialect.transaction():
            kept = self._in(store_id, order_id, OrderState.DRAFT)
            order = kept.order
            if lines is not None:
                named = goods_items.named(self.dialect, store_id, lines)
                order = msgspec.structs.replace(order, lines=named)
            if due_day is not None:
                order = msgspec.structs.replace(order, due_day=_day(due_day))
            if note is not None:
                order = msgspec.structs.replace(order, note=note.strip()[:MAX_TEXT])
            if order == kept.order:
                return kept
            saved = self.orders.save(msgspec.structs.replace(kept, order=order))
            self.orders.note(store_id, order_id, "edited", saved.state, by=person.name)
        return saved

    def audit(self, person: Person, store_id: str, order_id: str, note: str = "") -> OrderDocument:
        """Audit a draft that somebody else wrote: accurate and in order (SUP-05)."""
        rights.require(person.name, person.role, rights.ORDER_AUDIT)
        with self.dialect.transaction():
            kept = self._in(store_id, order_id, OrderState.DRAFT)
            writers = self._writers(kept)
            rights.require_another(person.name, *writers)
            numbers = self._operators([*writers, person.name])
            if person.operator_id and person.operator_id in self._operators(writers):
                raise rights.NotAllowed(
                    "same_person", f"{person.name} is operator {person.operator_id}, who wrote it"
                )
            self.suppliers.usable(kept.order.counterparty_id)
            if not kept.order.due_day:
                raise refused("due_day", N_("The order has no day of delivery yet."))
            bare = [line.line_no for line in kept.order.lines if line.unit_cost_e4 is None]
            if bare or not kept.order.lines:
                raise refused(
                    "lines",
                    N_("Every line needs a price; none is on line %(lines)s."),
                    lines=", ".join(map(str, bare)) or "-",
                )
            fields = {name: text for name, text in kept.order.fields.items() if name != KEPT_FROM}
            if numbers:
                fields[KEPT_FROM] = " ".join(sorted(numbers))
            order = msgspec.structs.replace(kept.order, fields=fields)
            audited = msgspec.structs.replace(
                kept,
                order=order,
                audited_by=person.name,
                audited_utc_ms=self.orders.office.clock_ms(),
                audited_sha256=digest(order),
            )
            self.orders.move(
                audited, OrderState.AUDITED, action="audited", by=person.name, note=note
            )
            return self.orders.get(store_id, order_id)

    def send_back(self, person: Person, store_id: str, order_id: str, note: str) -> OrderDocument:
        """Make an audited order a draft again; its audit is gone. A reason is asked for."""
        rights.require(person.name, person.role, rights.ORDER_AUDIT)
        if not note.strip():
            raise refused("note", N_("Expected a reason: the writer reads it."))
        with self.dialect.transaction():
            kept = self._in(store_id, order_id, OrderState.AUDITED)
            bare = msgspec.structs.replace(
                kept, audited_by="", audited_utc_ms=0, audited_sha256=""
            )
            self.orders.move(bare, OrderState.DRAFT, action="sent_back", by=person.name, note=note)
            return self.orders.get(store_id, order_id)

    def place(self, person: Person, store_id: str, order_id: str) -> OrderDocument:
        """Place an audited order: the store can receive against it from now on."""
        rights.require(person.name, person.role, rights.ORDER_PLACE)
        with self.dialect.transaction():
            kept = self._in(store_id, order_id, OrderState.AUDITED)
            self.suppliers.usable(kept.order.counterparty_id)
            day = self.orders.office.today().isoformat()
            order = msgspec.structs.replace(kept.order, sent_day=day)
            self.orders.move(
                msgspec.structs.replace(kept, order=order),
                OrderState.PLACED,
                action="placed",
                by=person.name,
            )
            return self.orders.get(store_id, order_id)

    def close(self, person: Person, store_id: str, order_id: str, note: str) -> OrderDocument:
        """End a placed order although not everything came; a reason is asked for."""
        rights.require(person.name, person.role, rights.ORDER_PLACE)
        if not note.strip():
            raise refused("note", N_("Expected a reason why nothing more will come."))
        with self.dialect.transaction():
            kept = self._in(store_id, order_id, OrderState.PLACED, OrderState.PART_RECEIVED)
            self.orders.move(kept, OrderState.CLOSED, action="closed", by=person.name, note=note)
            return self.orders.get(store_id, order_id)

    def cancel(self, person: Person, store_id: str, order_id: str, note: str) -> OrderDocument:
        """Cancel an order of which nothing came in; a reason is asked for."""
        if not note.strip():
            raise refused("note", N_("Expected a reason."))
        with self.dialect.transaction():
            kept = self._in(
                store_id, order_id, OrderState.DRAFT, OrderState.AUDITED, OrderState.PLACED
            )
            placed = kept.state is OrderState.PLACED
            rights.require(
                person.name, person.role, rights.ORDER_PLACE if placed else rights.ORDER_ENTER
            )
            self.orders.move(
                kept, OrderState.CANCELLED, action="cancelled", by=person.name, note=note
            )
            return self.orders.get(store_id, order_id)

    # --------------------------------------------------------------------- helpers

    def _in(self, store_id: str, order_id: str, *states: OrderState) -> OrderDocument:
        kept = self.orders.get(store_id, order_id)
        if kept.order.order_kind != OrderKind.PURCHASE:
            raise WrongState(f"{order_id} is no purchase order")
        if kept.state not in states:
            wanted = " or ".join(state.value for state in states)
            raise WrongState(f"{order_id} is {kept.state}: expected {wanted}")
        return kept

    def _writers(self, kept: OrderDocument) -> list[str]:
        found = {kept.entered_by: None}
        for event in self.orders.events(kept.store_id, kept.order_id):
            if event.action in WRITING:
                found[event.by_name] = None
        return list(found)

    def _operators(self, names: Sequence[str]) -> set[str]:
        wanted = {name.casefold() for name in names}
        return {
            number
            for name, _role, number, _active in people.people(self.orders.office)
            if number and name.casefold() in wanted
        }


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refused(
            "due_day", N_("Expected a day such as 2026-11-23, got %(typed)s."), typed=text[:40]
        ) from None
