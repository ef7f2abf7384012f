"""The roll of five vending sites: five stores, one order per line, some at 0.00.

An order is a transaction. What was due above what was paid would be a discount; in this data
the two are equal everywhere. A product has a name and no code: its code is ``V`` and the rank
of its name. The data does not say how an order was paid, so there are no tender rows.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tests.real.roll import SALE, RollInfo, RollRow, money_text, read_data, write_roll

PERIOD = "2017-01_2017-08"


def product_codes() -> dict[str, str]:
    """Return the roll's item code of every product name."""
    names = sorted({line["product"] for line in read_data(f"vending_{PERIOD}_lines.csv.gz")})
    return {name: f"V{rank:03d}" for rank, name in enumerate(names, start=1)}


def _rows() -> Iterator[RollRow]:
    codes = product_codes()
    for line in read_data(f"vending_{PERIOD}_lines.csv.gz"):
        discount = Decimal(line["due"]) - Decimal(line["paid"])
        yield RollRow(
            store_id=line["site"],
            workstation_id="machine",
            business_day=line["pay_time"][:10],
            at=line["pay_time"],
            transaction=line["order_no"],
            operator_id="machine",
            row=SALE,
            item_code=codes[line["product"]],
            description=line["product"],
            quantity="1",
            unit_price=line["paid"],
            unit_discount=money_text(discount) if discount else "",
            amount=line["paid"],
        )


def write_vending_roll(out: Path) -> RollInfo:
    """Write the vending roll: stores A to E, one workstation each, interleaved by time."""
    return write_roll(out, _rows(), currency="CNY")
