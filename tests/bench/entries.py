"""Journals as values: sales of ten lines like the till's own, chained, cut into batches."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import msgspec

from pos.domain.journal import Entry, decode_entry
from pos.domain.sale import Transaction
from sync.head_office.batches import Batch
from tests.support.headless import (
    close_counter,
    code_of,
    make_shop,
    open_counter,
    pay_cash,
    scan_all,
)
from tests.sync.head_office.office_kit import JournalingTill

LINES = 10
GOODS = 2000


def a_real_sale() -> Transaction:
    """The body of a sale that the till itself made."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        make_shop(Path(folder))
        till = open_counter(Path(folder))
        scan_all(till, [code_of(i) for i in range(LINES)])
        pay_cash(till).saved.result()
        data = till.journal.reader().execute(
            "SELECT CAST(bytes AS BLOB) FROM journal_entry WHERE kind = 'transaction'"
        )
        entry = decode_entry(data.fetchone()[0])
        close_counter(till)
    assert isinstance(entry, Entry)
    assert isinstance(entry.body, Transaction)
    return entry.body


class Trader:
    """A till that sells as fast as values can be made."""

    def __init__(self, sale: Transaction, name: str = "1") -> None:
        self.till = JournalingTill(
            workstation_id=name, workstation_uuid=f"uuid-{name}", epoch=f"epoch-{name}"
        )
        self._sale = sale
        self._random = random.Random(name)
        self._number = 0
        self.till.open()
        self.till.open_day()

    def batch(self, sales: int) -> Batch:
        """The next entries: so many sales (the first batch brings the opening with it)."""
        first = len(self.till.records) + 1 if self._number else 1
        replace = msgspec.structs.replace
        for _ in range(sales):
            self._number += 1
            lines = tuple(
                replace(line, item_code=f"{100_000 + self._random.randrange(GOODS)}")
                for line in self._sale.lines
            )
            number = f"{self.till.workstation_id}-{self._number:06d}"
            self.till.sell(
                replace(self._sale, lines=lines, transaction_no=number, number=self._number)
            )
        return self.till.batch(first)
