"""The roll file: one row per line or tender, and the values that describe a written roll."""

import csv
import gzip
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import NamedTuple

CASH = "cash"
CARD = "card"
"""Tender types as rolls name them; a transaction without tender rows is paid in ``CASH``."""

SALE = "sale"
RETURN = "return"
VOID = "void"
ADJUST = "adjust"
OTHER = "other"
TENDER = "tender"
LINE_KINDS = (SALE, RETURN, VOID, ADJUST, OTHER)

CENT = Decimal("0.01")


class RollRow(NamedTuple):
    """One row of a roll, every field as the text that the file holds."""

    store_id: str
    workstation_id: str
    business_day: str
    at: str
    transaction: str
    operator_id: str
    row: str
    item_code: str = ""
    description: str = ""
    quantity: str = ""
    unit_price: str = ""
    unit_discount: str = ""
    amount: str = ""
    tender_type: str = ""


HEADER = RollRow._fields


@dataclass(frozen=True)
class RollInfo:
    """What a written roll holds.

    ``till_names`` maps a workstation of the roll to the name its till has in the control files.
    ``marked`` names the ``at`` of the lines that carry a mark which the roll has no field for
    (the vegetables' discount flag).
    """

    path: Path
    currency: str
    rows: int
    lines: int
    tenders: int
    transactions: int
    workstations: tuple[tuple[str, str], ...]
    business_days: tuple[str, ...]
    till_names: Mapping[str, str] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()


def line_amount(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Return quantity x unit price rounded half away from zero to 2 places.

    ``decimal`` calls this ROUND_HALF_UP: ties go away from zero on both sides.
    """
    return (quantity * unit_price).quantize(CENT, rounding=ROUND_HALF_UP)


def money_text(amount: Decimal) -> str:
    """Return money as text with 2 places, never a negative zero."""
    quantized = amount.quantize(CENT)
    return f"{quantized or abs(quantized):.2f}"


def quantity_text(quantity: Decimal) -> str:
    """Return a quantity as the shortest plain decimal: ``12``, ``0.328``, ``-1.5``."""
    text = f"{quantity:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def data_directory() -> Path | None:
    """Return the folder of the real data, or None where this machine does not have it.

    ``GUITAI_REAL_DATA`` names it; otherwise it lies beside the checkout in ``../shared/data``.
    """
    named = os.environ.get("GUITAI_REAL_DATA")
    checkout = Path(__file__).resolve().parents[2]
    folder = Path(named) if named else checkout.parent / "shared" / "data"
    return folder if folder.is_dir() else None


def read_data(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of one data file (plain or gzip CSV) as text fields."""
    folder = data_directory()
    if folder is None:
        message = "the real data is not beside this checkout (../shared/data)"
        raise FileNotFoundError(message)
    path = folder / name
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as stream:
            yield from csv.DictReader(stream)
    else:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from csv.DictReader(stream)


def local_time(text: str) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SS[.ffffff]`` for a data file's time.

    The data writes a blank for the T and drops a fraction's trailing zeros.
    """
    seconds, dot, fraction = text.replace(" ", "T").partition(".")
    return f"{seconds}.{fraction:0<6}" if dot else seconds


def write_roll(
    path: Path,
    rows: Iterable[RollRow],
    *,
    currency: str,
    till_names: Mapping[str, str] | None = None,
    marked: frozenset[str] = frozenset(),
) -> RollInfo:
    """Write rows in the given order under the roll header and return what was written."""
    line_count = tender_count = transaction_count = 0
    workstations: dict[tuple[str, str], None] = {}
    days: set[str] = set()
    previous: tuple[str, ...] | None = None
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(HEADER)
        for row in rows:
            writer.writerow(row)
            if row.row == TENDER:
                tender_count += 1
            else:
                line_count += 1
            key = (row.store_id, row.workstation_id, row.business_day, row.transaction)
            transaction_count += key != previous
            previous = key
            workstations[row.store_id, row.workstation_id] = None
            days.add(row.business_day)
    return RollInfo(
        path=path,
        currency=currency,
        rows=line_count + tender_count,
        lines=line_count,
        tenders=tender_count,
        transactions=transaction_count,
        workstations=tuple(workstations),
        business_days=tuple(sorted(days)),
        till_names=dict(till_names or {}),
        marked=marked,
    )
