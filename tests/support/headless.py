"""A till without a screen: a small shop, an open day, and sales made exactly as the screen makes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pos.bootstrap import build_till, close_till
from pos.domain.cart import Refusal
from pos.domain.item import Item, ItemBarcode, Price
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import DayOpen, ShiftOpen
from pos.domain.tender import CASH
from pos.services import checkout
from pos.services.context import Operator, ReceiptPrinter, Till
from pos.services.session import load_session
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from tests.support.big_catalogue import ean13

FIRST_DAY = "2026-03-02"
NAMES = (
    "红烧牛肉面",
    "可乐330ml",
    "农夫山泉550ml",
    "原味薯片",
    "鲜牛奶",
    "Oreo 饼干",
    "酱油500ml",
    "大米5kg",
)


def code_of(index: int) -> str:
    """Barcode of the small shop's item `index`."""
    return ean13(690_100_000_000 + index)


def make_shop(home: Path, items: int = 40) -> None:
    """A home with a catalogue of a few goods, priced 1.00, 1.01 … from the first day on."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "guitai.toml").write_text(
        '[store]\nstore_id = "S1"\n[workstation]\nworkstation_id = "01"\n', encoding="utf-8"
    )
    goods = [
        Item(
            item_code=f"{1000 + i}",
            name=f"{NAMES[i % len(NAMES)]}{i}",
            unit="件",
            item_class="food",
            tax_code="standard",
        )
        for i in range(items)
    ]
    with ReferenceWriter.open(home, app_version=__version__) as writer:
        writer.apply_version(
            1,
            Changes(
                items=goods,
                barcodes=[
                    ItemBarcode(code=code_of(i).zfill(14), item_code=item.item_code)
                    for i, item in enumerate(goods)
                ],
                prices=[
                    Price(
                        item_code=item.item_code,
                        effective_day="2020-01-01",
                        unit_price_e4=10_000 + i * 100,
                    )
                    for i, item in enumerate(goods)
                ],
            ),
        )


def sign_on(till: Till) -> None:
    """Put a manager behind the counter; PINs are another suite's subject."""
    till.operator = Operator(operator_id="1001", name="李明", role=till.roles["manager"])


def open_day(till: Till, business_day: str = FIRST_DAY) -> None:
    """Open a business day and a shift, when none is open."""
    if till.business_day:
        return
    till.journal.run(
        lambda txn: (
            txn.append(
                EntryKind.DAY_OPEN, DayOpen(), operator_id="1001", business_day=business_day
            ),
            txn.append(
                EntryKind.SHIFT_OPEN,
                ShiftOpen(shift_no=1),
                operator_id="1001",
                business_day=business_day,
            ),
        )
    )
    load_session(till)


def open_counter(home: Path, printer: ReceiptPrinter | None = None) -> Till:
    """Open a home made by `make_shop`, sign on and open the day."""
    till = build_till(home, printer=printer)
    sign_on(till)
    open_day(till)
    return till


def close_counter(till: Till) -> None:
    """Close the till and this thread's reader, so that nothing holds the file."""
    reader = till.journal.reader()
    close_till(till)
    reader.close()


def scan_all(till: Till, codes: Sequence[str]) -> None:
    """Scan goods into the open sale; raises AssertionError when one is refused."""
    for code in codes:
        answer = checkout.scan(till, code)
        assert isinstance(answer, checkout.LineAdded), answer


def pay_cash(till: Till) -> checkout.Completion:
    """Subtotal, exact cash, complete; the caller waits for `saved`."""
    for answer in (checkout.subtotal(till), checkout.tender(till, CASH)):
        assert not isinstance(answer, Refusal), answer
    completion = checkout.complete(till)
    assert isinstance(completion, checkout.Completion), completion
    return completion
