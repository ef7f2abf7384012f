"""A roll of our own with the rows that real tills also write and the other sets do not hold.

Half units and thousandths, amounts that fall on half a cent on both sides, negative-price
bad-debt lines, blank times, blank descriptions and amounts, several tills a day in two stores,
stock adjustments, tender exchanges, change, refunds, void-only transactions, a void of a void,
negative totals, duplicate lines, codes that differ only by case, 80,995 pieces, price 0 and
four-place prices, and descriptions that a spreadsheet, a markup or a printer would act on.

Tills run past midnight, their clocks go backwards, and each day counts its transactions from 1
again. A code's description is the same on every till that sells it on one day, because "the
last description" of two tills that trade at the same time means nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from tests.real.roll import (
    ADJUST,
    CARD,
    CASH,
    OTHER,
    RETURN,
    SALE,
    TENDER,
    VOID,
    RollInfo,
    RollRow,
    line_amount,
    money_text,
    write_roll,
)

FORMULAS = (
    "=1+1",
    "+1-2",
    "-2+3",
    "@SUM(A1:A9)",
    '=HYPERLINK("http://example.invalid","x")',
    "[red]x",
    "[/]",
    "[bold]粗体[/bold]",
    "<b>&amp;</b>",
    "%s {0} {name}",
    'a "quoted", comma; semicolon',
    "'; DROP TABLE item; --",
    "＝１＋１",
    "café ☕ 奶茶",
    "𠮷野家の牛丼",
    "שלום 100% עברית",
    "null",
    "0012.50",
)
"""Descriptions that something downstream could mistake for an instruction."""

DAYS = ("2024-02-28", "2024-02-29", "2024-03-01")


@dataclass(frozen=True)
class _Till:
    """Where and when the next rows are traded."""

    store: str
    workstation: str
    day: str
    transaction: str = ""
    at: str = ""
    operator: str = "anna"

    def line(
        self,
        kind: str,
        code: str,
        quantity: str,
        price: str,
        *,
        text: str = "",
        off: str = "",
        show_amount: bool = True,
        at: str | None = None,
    ) -> RollRow:
        amount = money_text(line_amount(Decimal(quantity), Decimal(price)))
        return RollRow(
            store_id=self.store,
            workstation_id=self.workstation,
            business_day=self.day,
            at=self.at if at is None else at,
            transaction=self.transaction,
            operator_id=self.operator,
            row=kind,
            item_code=code,
            description=text,
            quantity=quantity,
            unit_price=price,
            unit_discount=off,
            amount=amount if show_amount else "",
        )

    def tender(self, tender_type: str, amount: str) -> RollRow:
        return RollRow(
            store_id=self.store,
            workstation_id=self.workstation,
            business_day=self.day,
            at=self.at,
            transaction=self.transaction,
            operator_id=self.operator,
            row=TENDER,
            amount=amount,
            tender_type=tender_type,
        )


def _first_till(till: _Till) -> Iterator[RollRow]:
    """A day of the corner shop's first till; the same transactions on every business day."""
    day = till.day
    t = replace(till, transaction="1", at=f"{day}T09:00:00")
    yield t.line(SALE, "MILK", "0.5", "3.99", text="鲜牛奶 1L")
    yield t.line(SALE, "CLOTH", "1.5", "12.50", text="棉布", off="0.25")
    yield t.line(SALE, "TEA", "0.125", "0.04", text="散茶", show_amount=False)
    yield t.tender(CASH, "50.00")
    yield t.tender(CASH, "-29.24")

    t = replace(till, transaction="2", at=f"{day}T09:00:00.500000")
    yield t.line(RETURN, "TEA", "-0.125", "0.04")
    yield t.line(RETURN, "CLOTH", "-0.5", "12.50", off="0.25")

    t = replace(till, transaction="3", at="")
    yield t.line(SALE, "85123A", "6", "2.5500", text="White hanging heart")
    yield t.line(SALE, "85123a", "6", "2.55", text="white hanging heart, small code")
    yield t.line(SALE, "85123A", "1", "4.95")
    yield t.line(SALE, "85123A", "1", "4.95")
    yield t.line(SALE, "85123A", "1", "4.95")

    t = replace(till, transaction="4", at=f"{day}T10:15:00", operator="bo")
    yield t.line(SALE, "22197", "80995", "2.08", text="Popcorn holder")
    yield t.tender(CARD, "168469.60")

    t = replace(till, transaction="5", at=f"{day}T10:27:00", operator="bo")
    yield t.line(RETURN, "22197", "-80995", "2.08")
    yield t.tender(CARD, "-168469.60")

    t = replace(till, transaction="6", at=f"{day}T10:27:30", operator="bo")
    yield t.line(OTHER, "B", "1", "-11062.06", text="Adjust bad debt")

    t = replace(till, transaction="7", at=f"{day}T10:40:00", operator="bo")
    yield t.line(OTHER, "B", "1", "11062.06", text="Adjust bad debt")
    yield t.line(OTHER, "POST", "1", "18.00", text="Postage")

    t = replace(till, transaction="8", at=f"{day}T11:00:00")
    yield t.line(ADJUST, "MILK", "-12", "0", text="鲜牛奶 1L")
    yield t.line(ADJUST, "TEA", "0.75", "0.00")

    t = replace(till, transaction="9", at=f"{day}T11:01:00")
    yield t.line(SALE, "GIFT", "3", "0", text="赠品")
    yield t.line(SALE, "GIFT", "1", "0.00", off="4.50")

    t = replace(till, transaction="10", at=f"{day}T12:00:00")
    yield t.tender(CARD, "20.00")
    yield t.tender(CASH, "-20.00")

    t = replace(till, transaction="11", at=f"{day}T12:05:00")
    yield t.line(VOID, "MILK", "-0.5", "3.99")
    yield t.line(VOID, "CLOTH", "-1.5", "12.50", off="0.25")

    t = replace(till, transaction="12", at=f"{day}T12:06:00")
    yield t.line(VOID, "MILK", "-1", "3.99")
    yield t.line(VOID, "MILK", "1", "3.99")

    t = replace(till, transaction="13", at=f"{day}T08:59:59")
    yield t.line(SALE, "PIN", "3", "0.0049", text="图钉")
    yield t.line(SALE, "PIN", "1", "0.0049", show_amount=False)
    yield t.line(SALE, "PIN", "1000", "0.0049")

    t = replace(till, transaction="14", at=f"{day}T13:00:00")
    yield t.line(SALE, "MILK", "2", "3.99", text="")
    yield t.line(VOID, "MILK", "-2", "3.99", text="")
    yield t.line(RETURN, "GIFT", "-1", "0.00")
    yield t.tender(CASH, "0.00")

    t = replace(till, transaction="15", at=f"{day}T13:30:00", operator="Anna")
    yield t.line(SALE, "VOUCHER-BOOK", "1", "100.00", text="券")
    yield t.tender(CARD, "60.00")
    yield t.tender(CASH, "50.00")
    yield t.tender(CASH, "-10.00")


def _second_till(till: _Till, next_day: str) -> Iterator[RollRow]:
    """A day of the second till: it trades past midnight, on its own business day."""
    t = replace(till, transaction="1", at=f"{till.day}T23:59:59.999999")
    for number, text in enumerate(FORMULAS, start=1):
        yield t.line(SALE, f"ODD-{number:02d}", "1", f"{number}.05", text=text)
    t = replace(till, transaction="2", at=f"{till.day}T23:59:59.999999")
    yield t.line(SALE, "LATE", "2", "7.00", text="夜宵")
    yield t.line(SALE, "LATE", "1", "7.00", at=f"{next_day}T00:00:01")
    yield t.line(RETURN, "LATE", "-1", "6.50", at="")
    yield t.tender(CARD, "14.50")
    t = replace(till, transaction="3", at=f"{next_day}T01:30:00", operator="chen")
    yield t.line(SALE, "LATE", "1.333", "9.99")
    t = replace(till, transaction="A-3/b", at=f"{till.day}T22:00:00", operator="chen")
    yield t.line(RETURN, "LATE", "-1.333", "9.99")


def _third_till(till: _Till) -> Iterator[RollRow]:
    """A till of another store: one long transaction of equal lines, and a tender exchange."""
    t = replace(till, transaction="1", at=f"{till.day}T07:07:07")
    for _ in range(40):
        yield t.line(SALE, "EGG", "1", "0.55", text="鸡蛋")
    t = replace(till, transaction="2", at=f"{till.day}T07:08:00")
    yield t.tender(CARD, "0.01")
    yield t.tender(CASH, "-0.01")


def _interleave(*tills: Iterator[RollRow]) -> Iterator[RollRow]:
    """Take whole transactions from the tills in turn."""
    waiting = []
    for rows in tills:
        transactions: dict[str, list[RollRow]] = {}
        for row in rows:
            transactions.setdefault(row.transaction, []).append(row)
        waiting.append(list(transactions.values()))
    while any(waiting):
        for transactions_left in waiting:
            if transactions_left:
                yield from transactions_left.pop(0)


def odd_rows() -> Iterator[RollRow]:
    """Yield the whole roll: three days of three tills in two stores."""
    next_days = (*DAYS[1:], "2024-03-02")
    for day, next_day in zip(DAYS, next_days, strict=True):
        yield from _interleave(
            _first_till(_Till("corner", "t1", day)),
            _second_till(_Till("corner", "t2", day, operator="dai"), next_day),
            _third_till(_Till("kiosk", "t1", day, operator="eve")),
        )


def write_odd_roll(out: Path) -> RollInfo:
    """Write the roll of odd rows."""
    return write_roll(out, odd_rows(), currency="CNY")
