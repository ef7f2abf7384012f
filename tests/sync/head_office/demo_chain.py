"""A chain of five stores with a week behind it: what head office's pages are shown and tested with.

Sales are journaled as tills journal them and taken in by the shipped ingest. Days end yesterday;
one store's till was never heard from, one is silent, one has a backlog, one day is not closed.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
import time
from pathlib import Path
from typing import Any

from pos.config import config_dir
from pos.domain.cart import LineKind
from pos.domain.tender import Tender
from sync.head_office import people, stores
from sync.head_office.database import system_clock_ms
from tests.sync.head_office.office_kit import (
    JournalingTill,
    Office,
    line,
    make_office,
    transaction,
)

PASSWORD = "demo-password"
STORES = {
    "001": ("人民路店", "王店长 138-0000-0001"),
    "002": ("火车站店", "李店长 138-0000-0002"),
    "003": ("大学城店", "赵店长 138-0000-0003"),
    "004": ("滨江店", "陈店长 138-0000-0004"),
    "005": ("新城店", "周店长 138-0000-0005"),
}
HOSTILE_NAME = "<script>alert(1)</script>"
HOSTILE_CODE = "=HYPERLINK(1)"
TENDERS = ("wechat", "wechat", "wechat", "alipay", "alipay", "cash", "cash", "card", "ecny")
HOURS = (8, 9, 9, 10, 10, 11, 11, 12, 13, 14, 15, 16, 17, 17, 18, 18, 18, 19, 19, 20, 21)


def goods() -> list[tuple[str, str, int, str]]:
    """(item code, name, price in minor units, class) of the sample shop."""
    with (config_dir() / "sample_shop" / "items.csv").open(encoding="utf-8") as file:
        return [
            (row["item_code"], row["name"], round(float(row["price"]) * 100), row["item_class"])
            for row in csv.DictReader(file)
            if not row["weighed"].strip("0")
        ]


class Chain:
    """The head office with its tills, still open for more."""

    def __init__(
        self,
        folder: Path,
        *,
        sales_a_day: int = 40,
        days: int = 7,
        hostile: bool = True,
        database_url: str | None = None,
    ) -> None:
        self.folder = folder
        self._hostile = hostile
        self.hq: Office = make_office(folder, database_url, clock=system_clock_ms)
        people.set_password(self.hq.office, "admin", PASSWORD)
        self.today = dt.datetime.now().astimezone().date()
        self.days = [(self.today - dt.timedelta(days=n)).isoformat() for n in range(days, 0, -1)]
        self.tills: dict[str, JournalingTill] = {}
        self._numbers = 0
        self._chance = random.Random(20261121)
        self._goods = goods()
        for store_id, (name, contact) in STORES.items():
            stores.add_store(self.hq.office, store_id, name=name, contact=contact)
        for store_id, count in (("001", 2), ("002", 2), ("003", 1), ("004", 1)):
            for place in range(1, count + 1):
                self._week(store_id, str(place), sales_a_day)
        # Enrolled, but never heard from.
        self.hq.source(JournalingTill("005", "1", "till-005-1", "epoch-005-1"))
        self._states()

    @property
    def last_day(self) -> str:
        return self.days[-1]

    def sell(self, till: JournalingTill, day: str, **more: Any) -> None:
        """One sale of one to six lines, sometimes with a discount, a return or a hostile name."""
        chance = self._chance
        self._numbers += 1
        lines = []
        for number in range(1, chance.choice((1, 1, 2, 2, 3, 4, 6)) + 1):
            code, name, price, item_class = chance.choice(self._goods[:90])
            quantity = chance.choice((1, 1, 1, 2, 3))
            discount = price * quantity // 10 if chance.random() < 0.08 else 0
            sign = -1 if chance.random() < 0.015 else 1
            lines.append(
                line(
                    number,
                    code,
                    sign * quantity * 1000,
                    sign * (price * quantity - discount),
                    kind=LineKind.RETURN if sign < 0 else LineKind.SALE,
                    description=name,
                    item_class=item_class,
                    discount_minor=sign * discount,
                )
            )
        self.book(till, day, lines, **more)

    def book(self, till: JournalingTill, day: str, lines: list[Any], tender: str = "") -> None:
        """Journal one transaction of given lines."""
        total = sum(one.amount_minor for one in lines)
        name = tender or self._chance.choice(TENDERS)
        tenders = [Tender(tender_no=1, tender_type=name, amount_minor=total)]
        if name == "cash" and total > 0:
            given = -(-total // 1000) * 1000
            tenders = [
                Tender(tender_no=1, tender_type="cash", amount_minor=given),
                Tender(tender_no=2, tender_type="cash", amount_minor=total - given, change=True),
            ]
        hour = self._chance.choice(HOURS)
        till.sell(
            transaction(
                self._numbers,
                lines,
                tenders=tenders,
                operator_id=self._chance.choice(("1001", "1002")),
                at=f"{day}T{hour:02d}:{self._chance.randrange(60):02d}:00",
            )
        )

    def push(self, till: JournalingTill) -> None:
        """Send what this till has not sent yet."""
        sent = self.hq.rows(
            "SELECT COALESCE(MAX(acked_seq), 0) FROM epoch WHERE epoch = ?", till.epoch
        )[0][0]
        if int(sent) < len(till.records):
            self.hq.take(till, int(sent) + 1)

    def late_sale(self, store_id: str, day: str, lines: list[Any]) -> None:
        """A sale of a closed day that arrives afterwards: the day gets a new revision."""
        till = self.tills[f"{store_id}-1"]
        till.business_day = day
        self._numbers += 1
        self.book(till, day, lines, tender="cash")
        self.push(till)

    def close(self) -> None:
        self.hq.office.close()

    def _week(self, store_id: str, place: str, sales_a_day: int) -> None:
        uuid = f"till-{store_id}-{place}"
        till = JournalingTill(store_id, place, uuid, f"epoch-{store_id}-{place}")
        self.tills[f"{store_id}-{place}"] = till
        till.open()
        for z_no, day in enumerate(self.days, start=1):
            till.business_day = day
            till.open_day()
            weekend = 1.4 if dt.date.fromisoformat(day).weekday() >= 5 else 1.0
            for _ in range(int(sales_a_day * weekend * self._chance.uniform(0.8, 1.2))):
                self.sell(till, day)
            if self._hostile and (store_id, place, day) == ("001", "1", self.last_day):
                odd = line(1, HOSTILE_CODE, 1000, 99_900, description=HOSTILE_NAME)
                self.book(till, day, [odd])
            if (store_id, place, day) != ("003", "1", self.last_day):
                till.close_day(z_no)
        self.push(till)

    def _states(self) -> None:
        """003 fell silent at noon yesterday with its day open; 002's second till has a backlog."""
        dialect = self.hq.office.dialect
        now_ms = time.time_ns() // 1_000_000
        for store_id, workstation_no, seen, unsent, oldest in (
            ("001", 1, now_ms, 0, None),
            ("001", 2, now_ms, 0, None),
            ("002", 1, now_ms, 0, None),
            ("002", 2, now_ms, 37, now_ms - 2 * 3_600_000 - 60_000),
            ("003", 1, now_ms - 21 * 3_600_000, 214, now_ms - 22 * 3_600_000),
            ("004", 1, now_ms, 0, None),
        ):
            dialect.execute(
                "INSERT INTO heartbeat (store_id, workstation_no, received_utc_ms, epoch, "
                "max_seq, acked_seq, unsent, oldest_unsent_ms, business_day, day_state, "
                "catalogue_version, body) VALUES (?, ?, ?, '', 0, 0, ?, ?, '', '', 0, '{}')",
                (store_id, workstation_no, seen, unsent, oldest),
            )
            dialect.execute(
                "UPDATE epoch SET last_seen_utc_ms = ? WHERE store_id = ? AND workstation_no = ?",
                (seen, store_id, workstation_no),
            )
