"""What a roll holds, read once before trading: tills, items, days, and every row checked."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from pos.domain.cart import LineKind
from pos.domain.roll import (
    WRONG_COLUMNS,
    WRONG_HEADER,
    RollError,
    RollTransaction,
    check_header,
    read_amount,
    read_transactions,
)
from pos.i18n import N_

COUNT_COLUMNS = ("store_id", "workstation_id", "business_day", "tender_type", "counted")

_NOT_UTF_8 = N_("expected UTF-8 text: {reason}")

TillKey = tuple[str, str]
"""(store, workstation)."""

TillDay = tuple[str, str, str]
"""(store, workstation, business day)."""


class RollItem(msgspec.Struct, kw_only=True):
    """An item of the roll: its last description and its first price."""

    description: str = ""
    unit_price_e4: int = 0
    priced: bool = False


class RollSummary(msgspec.Struct, kw_only=True):
    """What the first pass over a roll finds."""

    tills: dict[TillKey, int] = {}
    """(store, workstation) → transactions."""

    days: set[TillDay] = set()
    items: dict[str, RollItem] = {}
    first_day: str = ""
    transactions: int = 0
    lines: int = 0
    sha256: str = ""
    counts: dict[TillDay, dict[str, int | None]] = {}
    """Till and day → tender type → minor units that people counted at its close, None = 未点."""


def transactions(roll: Path) -> Iterator[RollTransaction]:
    """Transactions of a roll file in order; raises RollError naming the row."""
    with roll.open(newline="", encoding="utf-8-sig") as file:
        yield from read_transactions(_rows(roll, csv.DictReader(file)))


def _rows(roll: Path, reader: csv.DictReader[str]) -> Iterator[dict[str, str]]:
    number = 1
    try:
        check_header(reader.fieldnames)
        for row in reader:
            number += 1
            yield row
    except UnicodeDecodeError as error:
        raise RollError(_undecodable(roll), _NOT_UTF_8, reason=error.reason) from error
    except csv.Error as error:
        raise RollError(number + 1, N_("expected CSV: {reason}"), reason=error) from error


def _undecodable(path: Path) -> int:
    """Number of the first line that is not UTF-8: the reader itself only knows a block of them."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def summarise(roll: Path) -> RollSummary:
    """Read and check the whole roll; nothing is traded when a row is wrong."""
    summary = RollSummary()
    folders: dict[str, TillKey] = {}
    for transaction in transactions(roll):
        key = (transaction.store_id, transaction.workstation_id)
        if key not in summary.tills:
            _check_folder(transaction, folders)
        summary.tills[key] = summary.tills.get(key, 0) + 1
        summary.days.add((*key, transaction.business_day))
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
    with roll.open("rb") as file:
        summary.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return summary


def folder_name(store_id: str, workstation_id: str) -> str:
    """Name of a till's folder under the replay's."""
    return f"{store_id}-{workstation_id}"


def _check_folder(transaction: RollTransaction, folders: dict[str, TillKey]) -> None:
    """Raise RollError when a till's two names make no folder of its own."""
    key = (transaction.store_id, transaction.workstation_id)
    name = folder_name(*key)
    if "/" in name or "\0" in name or name.startswith("."):
        raise RollError(
            transaction.row_number,
            N_("store and workstation name the till's folder; {name} cannot be one"),
            name=repr(name),
        )
    other = folders.setdefault(name, key)
    if other != key:
        raise RollError(
            transaction.row_number,
            N_(
                "store {store} workstation {workstation} and store {other_store} workstation "
                "{other_workstation} would share the folder {name}; rename one"
            ),
            store=repr(key[0]),
            workstation=repr(key[1]),
            other_store=repr(other[0]),
            other_workstation=repr(other[1]),
            name=name,
        )


def read_counts(path: Path, days: set[TillDay]) -> dict[TillDay, dict[str, int | None]]:
    """What people counted, by till and day; a blank figure was not counted. Raises RollError.

    The header is `store_id,workstation_id,business_day,tender_type,counted`. A day that the roll
    does not trade on that till, a tender named twice and a negative figure are refused.
    """
    found: dict[TillDay, dict[str, int | None]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        try:
            _check_count_header(reader.fieldnames)
            for number, row in enumerate(reader, start=2):
                _add_count(number, row, days, found)
        except UnicodeDecodeError as error:
            raise RollError(_undecodable(path), _NOT_UTF_8, reason=error.reason) from error
    return found


def _check_count_header(columns: Sequence[str] | None) -> None:
    if tuple(columns or ()) != COUNT_COLUMNS:
        raise RollError(
            1, WRONG_HEADER, expected=",".join(COUNT_COLUMNS), got=",".join(columns or ())
        )


def _add_count(
    number: int,
    row: dict[str, str],
    days: set[TillDay],
    found: dict[TillDay, dict[str, int | None]],
) -> None:
    if None in row or None in row.values():
        raise RollError(number, WRONG_COLUMNS, count=len(COUNT_COLUMNS))
    key = (row["store_id"], row["workstation_id"], row["business_day"])
    if key not in days:
        raise RollError(
            number,
            N_("the roll trades nothing at store {store} workstation {workstation} on {day}"),
            store=repr(key[0]),
            workstation=repr(key[1]),
            day=repr(key[2]),
        )
    tender_type, text = row["tender_type"], row["counted"]
    counts = found.setdefault(key, {})
    if not tender_type or tender_type in counts:
        raise RollError(
            number, N_("expected each tender type once a day, got {got}"), got=repr(tender_type)
        )
    counted = read_amount(number, text) if text else None
    if counted is not None and counted < 0:
        raise RollError(number, N_("a count cannot be below 0, got {got}"), got=text)
    counts[tender_type] = counted
