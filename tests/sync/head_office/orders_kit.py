"""Head office with people of every role, suppliers, items and a till that receives."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from pos.domain.goods.documents import DocumentKind, GoodsLine
from pos.domain.goods.orders import OrderLine, Supplier
from sync.head_office import people, stores
from sync.head_office.feed import Feed
from sync.head_office.goods_following import follow
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_purchasing import Purchasing
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import OrderDocument
from sync.head_office.people import Person
from sync.protocol import FeedChanges, FeedItem
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import JournalingTill, Office

DUE = "2026-11-23"
WRITER = Person("Wang", "clerk")
BUYER = Person("Li", "goods")
SECOND_BUYER = Person("Zhou", "goods")
FINANCE = Person("Zhang", "finance")
SECOND_FINANCE = Person("Chen", "finance")
QUALITY = Person("Zhao", "quality")
SECOND_QUALITY = Person("Sun", "quality")
ADMIN = Person("admin", "admin")
READER = Person("excel", "reader")
EVERYBODY = (WRITER, BUYER, SECOND_BUYER, FINANCE, SECOND_FINANCE, QUALITY, SECOND_QUALITY, ADMIN)


class Bureau:
    """Head office's goods people at work, and one till of store 01 (and 02)."""

    def __init__(self, hq: Office, store_ids: Sequence[str] = ("01", "02")) -> None:
        self.hq = hq
        self.office = hq.office
        self.feed = Feed(hq.office)
        self.orders = GoodsOrders(self.feed)
        self.purchasing = Purchasing(self.orders)
        self.suppliers = Suppliers(self.feed)
        self._uuids = itertools.count(1)
        self.tills = {
            store_id: JournalingTill(store_id, "1", f"uuid-{store_id}", f"epoch-{store_id}")
            for store_id in store_ids
        }
        for store_id, till in self.tills.items():
            stores.add_store(self.office, store_id, name=f"store {store_id}")
            till.open()
            till.open_day()
            hq.take(till)
        self.feed.publish(
            FeedChanges(
                items=tuple(
                    FeedItem(item_code=code, name=name, unit=unit, item_class="food")
                    for code, name, unit in (
                        ("A", "酱油 500ml", "瓶"),
                        ("B", "Rice 5 kg", "bag"),
                        ("C", "=Cola", "can"),
                    )
                )
            )
        )

    def supplier(self, supplier_id: str = "S1", **more: object) -> None:
        """An approved supplier."""
        values = {"name": f"supplier {supplier_id}", "delivery_weekdays": "14"} | more
        self.suppliers.enter(BUYER, Supplier(supplier_id=supplier_id, **values))  # type: ignore[arg-type]
        self.suppliers.approve(FINANCE, supplier_id)

    def draft(
        self,
        lines: Sequence[tuple[str, int, int | None]] = (("A", 10, 25_000), ("B", 4, 300_000)),
        *,
        store_id: str = "01",
        supplier_id: str = "S1",
        person: Person = WRITER,
    ) -> OrderDocument:
        """A draft of (item, pieces, price e4)."""
        return self.purchasing.draft(
            person,
            store_id=store_id,
            supplier_id=supplier_id,
            due_day=DUE,
            lines=[
                OrderLine(line_no=n, item_code=code, quantity_milli=count * 1000, unit_cost_e4=e4)
                for n, (code, count, e4) in enumerate(lines, start=1)
            ],
        )

    def placed(self, *arguments: object, **more: object) -> OrderDocument:
        """A placed order."""
        kept = self.draft(*arguments, **more)  # type: ignore[arg-type]
        self.purchasing.audit(FINANCE, kept.store_id, kept.order_id)
        return self.purchasing.place(BUYER, kept.store_id, kept.order_id)

    def post(
        self,
        lines: Sequence[GoodsLine],
        *,
        store_id: str = "01",
        kind: DocumentKind = DocumentKind.RECEIPT,
        uuid: str = "",
        people: Sequence[str] = ("3001", "1001"),
        follow_up: bool = True,
        **more: object,
    ) -> str:
        """Post a document at a store's till, take it in, and let orders follow."""
        name = uuid or f"doc-{next(self._uuids)}"
        till = self.tills[store_id]
        first = len(till.records) + 1
        post(till, document(name, lines, kind=kind, people=people, **more))
        self.hq.take(till, first)
        if follow_up:
            follow(self.orders, store_id)
        return name

    def receive(self, kept: OrderDocument, *quantities: tuple[int, int], **more: object) -> str:
        """Receive (line, pieces) of an order."""
        by_number = {line.line_no: line for line in kept.order.lines}
        return self.post(
            [
                goods_line(
                    n,
                    by_number[line_no].item_code,
                    pieces,
                    order_line=line_no,
                    received_milli=pieces * 1000,
                    unit_cost_e4=by_number[line_no].unit_cost_e4,
                )
                for n, (line_no, pieces) in enumerate(quantities, start=1)
            ],
            store_id=kept.store_id,
            reference=kept.order_id,
            counterparty_id=kept.order.counterparty_id,
            counterparty_name=kept.order.counterparty_name,
            **more,  # type: ignore[arg-type]
        )

    def sign_up(self, password: str) -> None:
        """Make everybody able to sign in with one password."""
        for person in EVERYBODY:
            people.set_password(self.office, person.name, password, person.role)
