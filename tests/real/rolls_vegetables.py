"""The roll of a supermarket's vegetables: kilograms with three decimals.

The data has no basket: one scan is one transaction, which is all that can be said honestly.
A discounted line carries the price that was charged and not the one it replaced, so the flag
becomes no ``unit_discount``; the roll's ``marked`` names the discounted lines by their ``at``,
which is unique, and the discount controls are summed by it.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from tests.real.roll import (
    RETURN,
    SALE,
    RollInfo,
    RollRow,
    line_amount,
    local_time,
    money_text,
    read_data,
    write_roll,
)

PERIOD = "2023-06-16_2023-06-23"
KINDS = {"销售": SALE, "退货": RETURN}


def _at(line: dict[str, str]) -> str:
    return local_time(f"{line['sale_date']} {line['scan_time']}")


def _rows() -> Iterator[RollRow]:
    names = {item["item_code"]: item["item_name"] for item in read_data("veg_items.csv")}
    for line in read_data(f"veg_{PERIOD}_lines.csv.gz"):
        kilograms = Decimal(line["qty_kg"])
        yield RollRow(
            store_id="greens",
            workstation_id="scale",
            business_day=line["sale_date"],
            at=_at(line),
            transaction=line["line_no"],
            operator_id="1",
            row=KINDS[line["sale_type"]],
            item_code=line["item_code"],
            description=names[line["item_code"]],
            quantity=line["qty_kg"],
            unit_price=line["unit_price"],
            amount=money_text(line_amount(kilograms, Decimal(line["unit_price"]))),
        )


def write_veg_roll(out: Path) -> RollInfo:
    """Write the vegetables' roll: one store, one workstation, one transaction per scan."""
    marked = frozenset(
        _at(line) for line in read_data(f"veg_{PERIOD}_lines.csv.gz") if line["discounted"] == "是"
    )
    return write_roll(out, _rows(), currency="CNY", marked=marked)
