"""The roll of a UK gift wholesaler: invoices, cancellations, bad debt, stock adjustments.

An invoice is a transaction, its date the business day. A line of an invoice C... is a return,
of an invoice A... an other amount (bad debt), any other line with a negative quantity a stock
adjustment (price 0), the rest are sales; service codes (POST, DOT, M ...) are ordinary lines.
The item code is the stock code exactly as written, so 85123A and 85123a are two items. One
invoice's lines lie apart in the data: they are brought together, since a run of rows is one
transaction. The data knows no clerk; the operator is ``mail``.
"""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tests.real.roll import (
    ADJUST,
    OTHER,
    RETURN,
    SALE,
    RollInfo,
    RollRow,
    line_amount,
    money_text,
    read_data,
    write_roll,
)

PERIOD = "2010-12_2011-06"
STORE = "gifts"
WORKSTATION = "office"


def _kind(invoice: str, quantity: Decimal) -> str:
    if invoice.startswith("C"):
        return RETURN
    if invoice.startswith("A"):
        return OTHER
    return ADJUST if quantity < 0 else SALE


def _rows() -> Iterator[RollRow]:
    invoices: dict[str, list[RollRow]] = defaultdict(list)
    for line in read_data(f"or_{PERIOD}_lines.csv.gz"):
        quantity = Decimal(line["quantity"])
        unit_price = Decimal(line["unit_price"])
        invoices[line["invoice"]].append(
            RollRow(
                store_id=STORE,
                workstation_id=WORKSTATION,
                business_day=line["invoice_ts"][:10],
                at=line["invoice_ts"],
                transaction=line["invoice"],
                operator_id="mail",
                row=_kind(line["invoice"], quantity),
                item_code=line["stock_code"],
                description=line["description"],
                quantity=line["quantity"],
                unit_price=line["unit_price"],
                amount=money_text(line_amount(quantity, unit_price)),
            ),
        )
    for rows in invoices.values():
        yield from rows


def write_or_roll(out: Path) -> RollInfo:
    """Write the wholesaler's roll: one store, one workstation, every payment in cash."""
    return write_roll(out, _rows(), currency="GBP")
