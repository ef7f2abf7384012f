"""Head office with goods at every stage, for pages: orders, claims, recalls, requisitions, invoices."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, ItemRule, OrderLine
from sync.head_office.database import system_clock_ms
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_lists import set_rules
from sync.head_office.goods_matching import Matching
from sync.head_office.goods_recalls import Recalls
from sync.head_office.goods_requisitions import Requisitions
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import goods_line
from tests.sync.head_office.office_kit import make_office
from tests.sync.head_office.orders_kit import (
    BUYER,
    FINANCE,
    QUALITY,
    SECOND_FINANCE,
    WRITER,
    Bureau,
)


class OrdersChain:
    """A bureau in the middle of its day."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        self.bureau = Bureau(make_office(folder, database_url, clock=system_clock_ms))
        bureau = self.bureau
        bureau.sign_up(PASSWORD)
        bureau.supplier("S1", name="海天调味食品有限公司", contact="刘经理", phone="138-0000-1111")
        bureau.supplier("S2", name="<script>alert(2)</script>")
        bureau.suppliers.set_state(FINANCE, "S2", "rectify", "late three times")
        set_rules(
            bureau.feed,
            BUYER,
            "class_rules",
            [ClassRule(item_class="food", batch_tracked=True, dates="production")],
        )
        set_rules(
            bureau.feed,
            BUYER,
            "item_rules",
            [ItemRule(item_code="A", supplier_id="S1", case_milli=12_000, cost_e4=25_000)],
        )
        today = dt.datetime.now().astimezone().date().isoformat()
        self.draft = bureau.draft()
        self.audited = bureau.draft(store_id="02", supplier_id="S2")
        bureau.purchasing.audit(FINANCE, "02", self.audited.order_id)
        self.part = bureau.placed()
        bureau.receive(self.part, (1, 6))
        self.received = bureau.placed([("A", 10, 25_000)], store_id="02")
        bureau.receive(self.received, (1, 10))
        self.dispatch = Dispatching(bureau.orders).send(
            BUYER,
            store_id="01",
            lines=[OrderLine(line_no=1, item_code="B", quantity_milli=20_000)],
            due_day=today,
        )
        bureau.receive(self.dispatch, (1, 20))
        self.claim = bureau.post(
            [goods_line(1, "A", 2, reason="damaged", unit="瓶")],
            kind=DocumentKind.DISCREPANCY,
            reference=self.part.order_id,
            counterparty_id="S1",
            counterparty_name="海天调味食品有限公司",
            people=(),
        )
        bureau.post([goods_line(1, "C", 3, batch="B7")], kind=DocumentKind.TO_JUDGE)
        self.asked = [
            bureau.post(
                [goods_line(1, "A", 12), goods_line(2, "B", 5)],
                kind=DocumentKind.REQUISITION,
                people=(),
                store_id=store_id,
            )
            for store_id in ("01", "01", "02")
        ]
        keeper = Requisitions(bureau.orders)
        keeper.allowances.allocate(
            FINANCE,
            store_id="01",
            month="2026-11",
            item_code="A",
            forecast_milli=20_000,
            factor_percent=120,
        )
        keeper.answer(BUYER, "01", self.asked[0], {2: 3_000}, "rice is short")
        self.notice = Recalls(bureau.orders).issue(
            QUALITY,
            notice_no="药监 2026-118",
            item_code="C",
            reason="塑化剂超标",
            batches=("B7", "B8"),
            recall=True,
        )
        matching = Matching(bureau.orders)
        matching.enter(
            WRITER,
            store_id="02",
            order_id=self.received.order_id,
            invoice_no="F-1001",
            invoice_day=today,
            amount_minor=2_500,
        )
        matching.approve(SECOND_FINANCE, "02", "S1", "F-1001")
        self.invoice = matching.enter(
            WRITER,
            store_id="01",
            order_id=self.part.order_id,
            invoice_no="F-1002",
            invoice_day=today,
            amount_minor=1_500,
        )

    def close(self) -> None:
        self.bureau.office.close()
