"""What a roll holds, read once before trading: tills, items, days, and every row checked."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from pos.domain.cart import LineKind
from pos.domain.roll import RollError, RollTransaction, check_header, read_transactions


class RollItem(msgspec.Struct, kw_only=True):
    """An item of the roll: its last description and its first price."""

    description: str = ""
    unit_price_e4: int = 0
    priced: bool = False


class RollSummary(msgspec.Struct, kw_only=True):
    """What the first pass over a roll finds."""

    tills: dict[tuple[str, str], int] = {}
    """(store, workstation) → transactions."""

    items: dict[str, RollItem] = {}
    first_day: str = ""
    transactions: int = 0
    lines: int = 0
    sha256: str = ""


def transactions(roll: Path) -> Iterator[RollTransaction]:
    """Transactions of a roll file in order; raises RollError naming the row."""
    with roll.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        check_header(reader.fieldnames)
        try:
            yield from read_transactions(reader)
        except UnicodeDecodeError as error:
            raise RollError(reader.line_num, f"expected UTF-8 text: {error}") from error


def summarise(roll: Path) -> RollSummary:
    """Read and check the whole roll; nothing is traded when a row is wrong."""
    summary = RollSummary()
    for transaction in transactions(roll):
        key = (transaction.store_id, transaction.workstation_id)
        summary.tills[key] = summary.tills.get(key, 0) + 1
        summary.transactions += 1
        summary.lines += len(transaction.lines)
        if not summary.first_day or transaction.business_day < summary.first_day:
            summary.first_day = transaction.business_day
        for line in transaction.lines:
            if not line.item_code:
                continue
            item = summary.items.setdefault(line.item_code, RollItem())
            item.description = line.description or item.description
            if not item.priced and line.kind is LineKind.SALE and line.unit_price_e4 >= 0:
                item.unit_price_e4 = line.unit_price_e4
                item.priced = True
    digest = hashlib.sha256()
    with roll.open("rb") as file:
        for chunk in iter(lambda: file.read(1 << 20), b""):
            digest.update(chunk)
    summary.sha256 = digest.hexdigest()
    return summary
