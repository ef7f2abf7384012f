"""What head office's day must say, computed from the roll file alone (csv and decimal).

Definitions: a transaction is a contiguous run of one (store, workstation, business day,
transaction). It counts when it has a line. Lines count by kind; units_sold is the sum of the
sale lines' quantities, the other units are minus the sum of theirs; gross_sales is the sum of
the sale lines' amounts, returns and voids minus the sum of theirs, other the plain sum, and
net = gross_sales - returns - voids + other. discounts is the sum over all lines of
unit_discount x quantity, each line rounded half away from zero to 2 places.

A transaction's operator and hour are its first row's. By item the key is the exact code, and
the description the last one of the row's lines that is not empty. By tender every tender row
counts as one tender (change is a row with a negative amount, so amounts are net of change); a
transaction without tender rows has one cash tender of its total, also when that is 0.00.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.real.roll import (
    ADJUST,
    CASH,
    HEADER,
    LINE_KINDS,
    OTHER,
    RETURN,
    SALE,
    TENDER,
    VOID,
    line_amount,
    money_text,
    quantity_text,
)

Row = dict[str, Any]
"""A row as head office's JSON holds it: counts are numbers, money and quantities text."""

GROUPINGS: dict[str, tuple[str, ...]] = {
    "store": (),
    "workstation": ("workstation_id",),
    "item": ("item_code",),
    "operator": ("operator_id",),
    "hour": ("hour",),
    "tender": ("tender_type",),
}
"""What each grouping adds to (store_id, business_day, currency) as its key."""

COUNTS = (
    "transactions",
    "lines",
    "sale_lines",
    "return_lines",
    "void_lines",
    "adjust_lines",
    "other_lines",
    "tenders",
)
QUANTITIES = ("units_sold", "units_returned", "units_voided", "units_adjusted")
MONEY = ("gross_sales", "returns", "voids", "other", "net", "discounts", "amount")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """One traded line, from a roll or out of head office. ``transaction`` is unique."""

    store_id: str
    workstation_id: str
    business_day: str
    at: str
    transaction: tuple[str, ...]
    operator_id: str
    kind: str
    item_code: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    unit_discount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TenderRow:
    """One tender; ``amount`` is negative for change and for money paid back."""

    tender_type: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TradedTransaction:
    """A run of rows: its lines and its tenders, in the order of the roll."""

    store_id: str
    workstation_id: str
    business_day: str
    transaction: tuple[str, ...]
    operator_id: str
    at: str
    lines: tuple[Line, ...]
    tenders: tuple[TenderRow, ...]

    @property
    def total(self) -> Decimal:
        """What the lines come to."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def hour(self) -> str:
        """The two-digit local hour of the first row, empty when it has no time."""
        return self.at[11:13]


@dataclass(slots=True)
class Totals:
    """The sums behind one row of head office's day."""

    transactions: int = 0
    lines: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, 0))
    units: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, ZERO))
    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, ZERO))
    discounts: Decimal = ZERO
    description: str = ""

    def add(self, line: Line) -> None:
        """Add one line; transactions are counted by the caller."""
        self.lines[line.kind] += 1
        self.units[line.kind] += line.quantity
        self.amounts[line.kind] += line.amount
        if line.unit_discount:
            self.discounts += line_amount(line.quantity, line.unit_discount)
        if line.description:
            self.description = line.description

    @property
    def net(self) -> Decimal:
        """The sum of all amounts: gross sales - returns - voids + other."""
        return sum(self.amounts.values(), ZERO)

    def fields(self) -> Row:
        """Return the figures as head office prints them."""
        return {
            "transactions": self.transactions,
            "lines": sum(self.lines.values()),
            **{f"{kind}_lines": self.lines[kind] for kind in LINE_KINDS},
            "units_sold": quantity_text(self.units[SALE]),
            "units_returned": quantity_text(-self.units[RETURN]),
            "units_voided": quantity_text(-self.units[VOID]),
            "units_adjusted": quantity_text(-self.units[ADJUST]),
            "gross_sales": money_text(self.amounts[SALE]),
            "returns": money_text(-self.amounts[RETURN]),
            "voids": money_text(-self.amounts[VOID]),
            "other": money_text(self.amounts[OTHER]),
            "net": money_text(self.net),
            "discounts": money_text(self.discounts),
        }


@dataclass(slots=True)
class TenderTotals:
    """The sums behind one row of head office's day by tender."""

    transactions: int = 0
    tenders: int = 0
    amount: Decimal = ZERO

    def fields(self) -> Row:
        """Return the figures as head office prints them."""
        return {
            "transactions": self.transactions,
            "tenders": self.tenders,
            "amount": money_text(self.amount),
        }


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a roll file; the header must be exactly the roll header."""
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if tuple(reader.fieldnames or ()) != HEADER:
            raise ValueError(f"expected the roll header, got {reader.fieldnames}")
        yield from reader


def read_transactions(path: Path) -> Iterator[TradedTransaction]:
    """Yield the transactions of a roll file in its order."""
    for key, run in groupby(read_rows(path), key=_transaction_key):
        rows = list(run)
        first = rows[0]
        lines = tuple(_line(row, key) for row in rows if row["row"] != TENDER)
        tenders = tuple(
            TenderRow(row["tender_type"], Decimal(row["amount"]))
            for row in rows
            if row["row"] == TENDER
        )
        if not tenders:
            total = sum((line.amount for line in lines), ZERO)
            tenders = (TenderRow(CASH, total),)
        yield TradedTransaction(
            store_id=first["store_id"],
            workstation_id=first["workstation_id"],
            business_day=first["business_day"],
            transaction=key,
            operator_id=first["operator_id"],
            at=first["at"],
            lines=lines,
            tenders=tenders,
        )


def roll_lines(path: Path) -> list[Line]:
    """Return all lines of a roll file, tenders left out."""
    return [line for transaction in read_transactions(path) for line in transaction.lines]


def daily(path: Path, currency: str, by: str) -> list[Row]:
    """Return the rows that `hq daily --by BY` must print for a roll, in key order."""
    return all_daily(path, currency, (by,))[by]


def all_daily(
    path: Path, currency: str, groupings: Iterable[str] = tuple(GROUPINGS)
) -> dict[str, list[Row]]:
    """Return the rows of several groupings, reading the roll once."""
    return daily_of(read_transactions(path), currency, groupings)


def daily_of(
    transactions: Iterable[TradedTransaction],
    currency: str,
    groupings: Iterable[str] = tuple(GROUPINGS),
) -> dict[str, list[Row]]:
    """Return the rows of several groupings of any transactions: a roll's, or a till's own."""
    groupings = tuple(groupings)
    wanted = [by for by in groupings if by != "tender"]
    totals: dict[str, dict[tuple[str, ...], Totals]] = {by: {} for by in wanted}
    tenders: dict[tuple[str, ...], TenderTotals] = {}
    for transaction in transactions:
        place = (transaction.store_id, transaction.business_day, currency)
        for by in wanted:
            _add_transaction(totals[by], place, transaction, _KEYS[by])
        _add_tenders(tenders, place, transaction)
    result = {by: _rows(totals[by], by) for by in wanted}
    if "tender" in groupings:
        result["tender"] = _rows(tenders, "tender")
    return result


def till_money(path: Path) -> dict[tuple[str, str, str], dict[str, Decimal]]:
    """Return (store, workstation, business day) -> tender type -> what the till must hold.

    This is a Z's expected money when the day opened without a float: all tenders, net of change.
    """
    money: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    for transaction in read_transactions(path):
        place = (
            transaction.store_id,
            transaction.workstation_id,
            transaction.business_day,
        )
        till = money.setdefault(place, {})
        for tender in transaction.tenders:
            till[tender.tender_type] = till.get(tender.tender_type, ZERO) + tender.amount
    return money


def till_days(path: Path) -> dict[tuple[str, str, str], Totals]:
    """Return (store, workstation, business day) -> the totals that its Z must carry."""
    found: dict[tuple[str, ...], Totals] = {}
    for transaction in read_transactions(path):
        place = (transaction.store_id, transaction.workstation_id, transaction.business_day)
        _add_transaction(found, place, transaction, _no_key)
    return {(key[0], key[1], key[2]): totals for key, totals in found.items()}


def problems(path: Path) -> list[str]:
    """Return what a roll must not do: wrong amounts, days going backwards, torn transactions."""
    found = []
    days: dict[tuple[str, str], str] = {}
    seen: set[tuple[str, ...]] = set()
    previous: tuple[str, ...] = ()
    for number, row in enumerate(read_rows(path), start=2):
        key = _transaction_key(row)
        if key != previous and key in seen:
            found.append(f"row {number}: transaction {key} lies apart")
        seen.add(key)
        previous = key
        till = (row["store_id"], row["workstation_id"])
        if row["business_day"] < days.get(till, ""):
            found.append(f"row {number}: business day goes back to {row['business_day']}")
        days[till] = row["business_day"]
        found.extend(f"row {number}: {problem}" for problem in _row_problems(row))
    found.extend(
        f"{transaction.transaction}: lines {transaction.total}, tenders {paid}"
        for transaction in read_transactions(path)
        if (paid := sum((t.amount for t in transaction.tenders), ZERO)) != transaction.total
    )
    return found


def _row_problems(row: Mapping[str, str]) -> Iterator[str]:
    if row["row"] == TENDER:
        if not row["tender_type"] or not row["amount"]:
            yield "a tender needs a type and an amount"
        return
    quantity, unit_price = Decimal(row["quantity"]), Decimal(row["unit_price"])
    if row["amount"] and Decimal(row["amount"]) != line_amount(quantity, unit_price):
        yield f"amount {row['amount']} is not {quantity} x {unit_price}"
    if row["row"] == SALE and quantity <= 0:
        yield f"a sale of {quantity}"
    if row["row"] == RETURN and quantity >= 0:
        yield f"a return of {quantity}"
    if row["row"] == ADJUST and line_amount(quantity, unit_price):
        yield "an adjustment moves money"
    if row["row"] not in LINE_KINDS:
        yield f"unknown kind {row['row']}"


def _transaction_key(row: Mapping[str, str]) -> tuple[str, ...]:
    return (row["store_id"], row["workstation_id"], row["business_day"], row["transaction"])


def _line(row: Mapping[str, str], key: tuple[str, ...]) -> Line:
    quantity, unit_price = Decimal(row["quantity"]), Decimal(row["unit_price"])
    return Line(
        store_id=row["store_id"],
        workstation_id=row["workstation_id"],
        business_day=row["business_day"],
        at=row["at"],
        transaction=key,
        operator_id=row["operator_id"],
        kind=row["row"],
        item_code=row["item_code"],
        description=row["description"],
        quantity=quantity,
        unit_price=unit_price,
        unit_discount=Decimal(row["unit_discount"] or "0"),
        amount=line_amount(quantity, unit_price),
    )


def _no_key(_transaction: TradedTransaction, _line: Line) -> tuple[str, ...]:
    return ()


_KEYS: dict[str, Callable[[TradedTransaction, Line], tuple[str, ...]]] = {
    "store": _no_key,
    "workstation": lambda transaction, _line: (transaction.workstation_id,),
    "item": lambda _transaction, line: (line.item_code,),
    "operator": lambda transaction, _line: (transaction.operator_id,),
    "hour": lambda transaction, _line: (transaction.hour,),
}


def _add_transaction(
    found: dict[tuple[str, ...], Totals],
    place: tuple[str, ...],
    transaction: TradedTransaction,
    key_of: Callable[[TradedTransaction, Line], tuple[str, ...]],
) -> None:
    touched: dict[int, Totals] = {}
    for line in transaction.lines:
        key = place + key_of(transaction, line)
        totals = found.get(key)
        if totals is None:
            totals = found[key] = Totals()
        totals.add(line)
        touched[id(totals)] = totals
    for totals in touched.values():
        totals.transactions += 1


def _add_tenders(
    found: dict[tuple[str, ...], TenderTotals],
    place: tuple[str, ...],
    transaction: TradedTransaction,
) -> None:
    for tender_type in {tender.tender_type for tender in transaction.tenders}:
        totals = found.setdefault((*place, tender_type), TenderTotals())
        totals.transactions += 1
    for tender in transaction.tenders:
        totals = found[(*place, tender.tender_type)]
        totals.tenders += 1
        totals.amount += tender.amount


def _rows(found: Mapping[tuple[str, ...], Totals | TenderTotals], by: str) -> list[Row]:
    names = ("store_id", "business_day", "currency", *GROUPINGS[by])
    rows = []
    for key in sorted(found):
        totals = found[key]
        row: Row = dict(zip(names, key, strict=True))
        if by == "item" and isinstance(totals, Totals):
            row["description"] = totals.description
        rows.append(row | totals.fields())
    return rows
