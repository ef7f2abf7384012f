"""Head office with what stores register: daily totals, bad tags, loans, deliveries, copies, waivers."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from pos.domain.goods.counting import CountAction, CountEvent, CountKind, CountScan, CountScans
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, OrderLine
from pos.domain.goods.registers import Register
from pos.domain.journal import EntryKind
from sync.head_office.database import system_clock_ms
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_lists import set_rules
from tests.sync.head_office.demo_chain import PASSWORD
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import Office, make_office
from tests.sync.head_office.orders_kit import BUYER, Bureau

HOSTILE = "<script>alert(3)</script>"


class Registrar:
    """A bureau whose tills write registers; every act arrives at once."""

    def __init__(self, hq: Office) -> None:
        self.bureau = Bureau(hq)
        self.bureau.supplier()
        self.office = hq.office

    def day(self, back: int = 0) -> str:
        """Head office's day, or one before."""
        return (self.office.today() - dt.timedelta(days=back)).isoformat()

    def note(
        self,
        store_id: str,
        register: Register,
        subject: str,
        action: str,
        back: int = 0,
        **more: Any,
    ) -> None:
        """A line of a store's register, `back` days ago."""
        till, first = self._till(store_id, back)
        note(till, register, subject, action, **more)
        self.bureau.hq.take(till, first)

    def paper(
        self,
        store_id: str,
        kind: DocumentKind,
        pieces: int,
        back: int = 0,
        code: str = "A",
        people: tuple[str, ...] = ("3001", "1001"),
        **more: Any,
    ) -> str:
        """A posted document of one line; its number."""
        till, first = self._till(store_id, back)
        name = f"{kind.value}-{first}-{store_id}"
        post(till, document(name, [goods_line(1, code, pieces)], kind=kind, people=people, **more))
        self.bureau.hq.take(till, first)
        return f"NO-{name}"

    def total(
        self,
        store_id: str,
        counted: int,
        books: int,
        back: int = 0,
        reason: str = "",
        shift: int = 1,
    ) -> None:
        """The pieces of 烟 at one handover, signed by both."""
        count_id = f"T{self.day(back).replace('-', '')}-1-{shift}"
        fields = {
            "outgoing_milli": str(counted * 1000),
            "incoming_milli": str(counted * 1000),
            "book_milli": str(books * 1000),
            "reason": reason,
            "outgoing_signed_by": "1001",
            "incoming_signed_by": "1002",
        }
        self.note(
            store_id,
            Register.BOOKS,
            "烟",
            "daily_total",
            back,
            quantity_milli=(counted - books) * 1000,
            document_no=count_id,
            person_id="1002",
            fields={name: value for name, value in fields.items() if value},
        )

    def not_counted(self, store_id: str, back: int = 0, shift: int = 1) -> None:
        """A shift that was asked for its pieces and gave none."""
        event = CountEvent(
            count_id=f"T{self.day(back).replace('-', '')}-1-{shift}",
            action=CountAction.ENDED,
            count_kind=CountKind.TOTAL,
            counter_id="1001",
            note="not counted",
        )
        till, first = self._till(store_id, back)
        till.append(EntryKind.COUNT_EVENT, event)
        self.bureau.hq.take(till, first)

    def close_day(self, store_id: str, back: int = 0) -> None:
        """A till's day, closed without a sale."""
        till, first = self._till(store_id, back)
        till.open_day()
        till.close_day(z_no=back + 1)
        self.bureau.hq.take(till, first)

    def tag(self, store_id: str, pieces: int, found_by: str = "count", back: int = 0) -> None:
        """Pieces with a lost tag."""
        self.note(
            store_id,
            Register.TAG,
            "K1" if found_by == "count" else self.day(back)[:7],
            "lost_found",
            back,
            quantity_milli=pieces * 1000,
            person_id="1002",
            fields={"description": f"ring {HOSTILE}", "place": "C", "found_by": found_by},
        )

    def counting(self, store_id: str, count_id: str) -> None:
        """A till counts two areas of a count, and one of them is done."""
        till, first = self._till(store_id, 0)
        event = CountEvent(count_id=count_id, action=CountAction.OPENED, counter_id="1001")
        till.append(EntryKind.COUNT_EVENT, event)
        for area, counter, pieces in (("1", "1001", 7), ("2", "1002", 5)):
            scans = tuple(
                CountScan(item_code=code, quantity_milli=q * 1000, at_utc_ms=1, after_seq=1)
                for code, q in (("A", pieces), ("B", 1))
            )
            till.append(
                EntryKind.COUNT_SCANS,
                CountScans(
                    count_id=count_id, pass_no=1, area=area, counter_id=counter, scans=scans
                ),
            )
        done = CountEvent(
            count_id=count_id, action=CountAction.AREA_DONE, area="1", pass_no=1, counter_id="1001"
        )
        till.append(EntryKind.COUNT_EVENT, done)
        self.bureau.hq.take(till, first)

    def _till(self, store_id: str, back: int) -> tuple[Any, int]:
        till = self.bureau.tills[store_id]
        till.business_day = self.day(back)
        return till, len(till.records) + 1


class RegistersChain(Registrar):
    """All of it at once, for pages."""

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        super().__init__(make_office(folder, database_url, clock=system_clock_ms))
        self.bureau.sign_up(PASSWORD)
        set_rules(
            self.bureau.feed,
            BUYER,
            "class_rules",
            [ClassRule(item_class="烟", trade="tobacco", counted_daily=True)],
        )
        self.paper("01", DocumentKind.RECEIPT, 50, 30)
        self.paper("01", DocumentKind.OPENING, 50, 29, code="B")
        self.paper("02", DocumentKind.RECEIPT, 50, 10)
        self.note(
            "02", Register.BOOKS, "opening", "opening_waived", 9,
            person_id="8001", fields={"reason": "counted by hand"},
        )  # fmt: skip
        self.total("01", 40, 40, 1)
        self.total("01", 38, 40, 0, reason="two sold under another code")
        self.not_counted("02", 1)
        self.tag("01", 4, back=0)
        self.tag("01", 2, back=0)
        self.tag("02", 3, "store", back=0)
        self.loan = self.paper(
            "01", DocumentKind.LOAN_OUT, 6, 20, counterparty_name=f"Museum {HOSTILE}",
            reference_no="AP-7", due_day=self.day(12),
            fields={"responsible": "3001", "responsible_name": "王五", "phone": "138"},
        )  # fmt: skip
        self.charge = self.paper(
            "01", DocumentKind.LOAN_RETURN, 2, 1, reference=self.loan, reason="loan_charge",
            fields={"charged_to": "3001", "charged_name": "王五"},
        )  # fmt: skip
        self.hold = self.paper(
            "02", DocumentKind.DISPATCH_HOLD, 1, 6, people=(), counterparty_name="Zhao",
            reference="S-1", due_day=self.day(3),
            fields={"mode": "deliver", "clerk": "1001", "address": "Road 1", "phone": "139"},
        )  # fmt: skip
        for action, fields in (
            ("checked_out", {"checker": "1001"}),
            ("courier", {"courier": "SF", "tracking": "SF100"}),
            ("delivered", {"day": self.day(2), "by": "SF"}),
        ):
            self.note(
                "02", Register.DISPATCH, self.hold, action, 2, document_no=self.hold, fields=fields
            )
        self.note(
            "02", Register.GATE_PASS, "MZ021-1", "issued", 2,
            document_no=self.hold, quantity_milli=1000, fields={"goods": "sofa × 1"},
        )  # fmt: skip
        self.note(
            "01", Register.PLANNING, "A", "promotion_suggested", 1, item_code="A",
            quantity_milli=30_000, fields={"kind": "slow", "days": "120", "note": "too sweet"},
        )  # fmt: skip
        self.dispatch = Dispatching(self.bureau.orders).send(
            BUYER, store_id="01", lines=[OrderLine(line_no=1, item_code="B", quantity_milli=9_000)]
        )
        self.receipt = self.paper(
            "01", DocumentKind.RECEIPT, 7, 1, code="B", reference=self.dispatch.order_id
        )
        self.note(
            "01", Register.COPIES, self.receipt, "printed", 1,
            fields={"order_no": self.dispatch.order_id, "due": self.day(-1)},
        )  # fmt: skip
        self.note("01", Register.COPIES, self.receipt, "sent", 0, fields={"by": "driver Qian"})
        self.note(
            "01", Register.ARRIVAL, self.dispatch.order_id, "confirmed", 1, quantity_milli=7_000,
            fields={"received_milli": "7000", "short_milli": "1000", "damaged_milli": "1000"},
        )  # fmt: skip

    def close(self) -> None:
        self.office.close()
