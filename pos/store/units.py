"""Units with a number of their own and batches, by what any till of the shop wrote (CAT-03, QLT-14).

A till's own files are asked, and what head office handed on of its siblings' (R14).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import attrgetter

import msgspec

from pos.store.journal_files import shop_files_of

_MOVED = """
SELECT u.batch, u.place, u.present, coalesce(j.at_utc_ms, 0) FROM stock_unit u
LEFT JOIN journal_entry j ON j.entry_id = u.entry_id WHERE u.unit_code = ? AND u.item_code = ?"""
_SOLD = """
SELECT s.sold, s.transaction_no, (
  SELECT max(j.at_utc_ms) FROM txn t JOIN journal_entry j ON j.entry_id = t.entry_id
  WHERE t.transaction_no = s.transaction_no)
FROM sold_unit s WHERE s.unit_code = ?"""
_SOLD_ITEM = """
SELECT l.item_code FROM sold_unit s JOIN txn t ON t.transaction_no = s.transaction_no
JOIN txn_line l ON l.entry_id = t.entry_id AND l.line_no = s.line_no WHERE s.unit_code = ?"""

# The few whose code begins as a GTIN's does are read; asked only for a number that no code is.
_BY_SERIAL = """
SELECT unit_code, item_code FROM stock_unit
WHERE unit_code >= '01' AND unit_code < '02' AND substr(unit_code, 17) = '21' || ?"""
_GTIN_AND_SERIAL = re.compile(r"01\d{14}21(?P<serial>.+)")


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Where one unit is, as far as this till knows."""

    unit_code: str
    batch: str = ""
    in_shop: bool
    """It lies in the shop, for sale."""

    in_stock: bool
    """It is the shop's, if only lent or set apart."""

    transaction_no: str = ""
    """The sale that it left with, when it did."""


class BatchFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the receipt said of a batch."""

    production_day: str = ""
    expiry: str = ""
    sterilisation_batch: str = ""
    counterparty_id: str = ""
    received_day: str = ""
    """Business day of the first receipt; empty where the batch was only looked up by itself."""


def unit(connection: sqlite3.Connection, item_code: str, names: Sequence[str]) -> Unit | None:
    """The unit that one of `names` stands for; None when no till of the shop knows it.

    A serial number stands for the unit that came in by its 2D code, or whose serial number was
    scanned after its EAN, as well. What happened last decides, by the clocks of the tills: a goods
    document, a sale or a return. Its batch is the one it came in with, in whichever file it is.
    """
    for name in chain(names, _by_serial(connection, item_code, names)):
        known = [
            found
            for file in shop_files_of(connection)
            if (found := _in_file(file, item_code, name)) is not None
        ]
        if known:
            known.sort(key=attrgetter("at_utc_ms"), reverse=True)
            batch = next((one.unit.batch for one in known if one.unit.batch), "")
            return msgspec.structs.replace(known[0].unit, batch=batch)
    return None


def serial_of(unit_code: str) -> str:
    """The serial number within a unit's code: "01…21S1" is S1; any other code is its own."""
    found = _GTIN_AND_SERIAL.fullmatch(unit_code)
    return found["serial"] if found is not None else unit_code


def _by_serial(
    connection: sqlite3.Connection, item_code: str, names: Sequence[str]
) -> Iterator[str]:
    """Codes of the item's units whose serial number one of `names` is; read when asked for."""
    for name in names:
        for file in shop_files_of(connection):
            rows = file.execute(_BY_SERIAL, (name,)).fetchall()
            yield from (row[0] for row in rows if row[1] == item_code)


class _Known(msgspec.Struct, frozen=True):
    at_utc_ms: int
    unit: Unit


def _in_file(file: sqlite3.Connection, item_code: str, name: str) -> _Known | None:
    moved = file.execute(_MOVED, (name, item_code)).fetchone()
    sold = file.execute(_SOLD, (name,)).fetchone()
    if moved is None and sold is None:
        return None
    present = moved is None or bool(moved[2])
    here = moved is None or (present and not moved[1])
    gone = sold is not None and bool(sold[0])
    found = Unit(
        unit_code=name,
        batch=moved[0] if moved is not None else "",
        in_shop=here and not gone,
        in_stock=present and not gone,
        transaction_no=sold[1] if gone else "",
    )
    return _Known(max(moved[3] if moved else 0, (sold[2] or 0) if sold else 0), found)


def sold_with(connection: sqlite3.Connection, unit_code: str) -> str:
    """Number of the sale that this unit or pack left with and did not come back from, or empty."""
    last = max(
        (
            ((row[2] or 0), bool(row[0]), str(row[1]))
            for file in shop_files_of(connection)
            if (row := file.execute(_SOLD, (unit_code,)).fetchone()) is not None
        ),
        default=(0, False, ""),
    )
    return last[2] if last[1] else ""


def batch(connection: sqlite3.Connection, item_code: str, batch: str) -> BatchFacts | None:
    """What is known of a batch, or None."""
    for file in shop_files_of(connection):
        row = file.execute(
            "SELECT production_day, expiry, sterilisation_batch, counterparty_id FROM batch "
            "WHERE item_code = ? AND batch = ?",
            (item_code, batch),
        ).fetchone()
        if row is not None:
            return BatchFacts(
                production_day=row[0],
                expiry=row[1],
                sterilisation_batch=row[2],
                counterparty_id=row[3],
            )
    return None


def batches(connection: sqlite3.Connection) -> dict[tuple[str, str], BatchFacts]:
    """Every batch that the shop received: (item, batch) → what its first receipt said."""
    found: dict[tuple[str, str], BatchFacts] = {}
    for file in shop_files_of(connection):
        for row in file.execute(
            "SELECT b.item_code, b.batch, b.production_day, b.expiry, b.sterilisation_batch, "
            "b.counterparty_id, j.business_day FROM batch b "
            "LEFT JOIN journal_entry j ON j.entry_id = b.first_entry_id"
        ):
            facts = BatchFacts(
                production_day=row[2],
                expiry=row[3],
                sterilisation_batch=row[4],
                counterparty_id=row[5],
                received_day=row[6] or "",
            )
            known = found.get((row[0], row[1]))
            if known is None or facts.received_day <= known.received_day:
                found[row[0], row[1]] = facts
    return found


def items_of_batch(connection: sqlite3.Connection, batch: str) -> list[str]:
    """Items of which a batch of this number was received in the shop."""
    found: dict[str, None] = {}
    for file in shop_files_of(connection):
        rows = file.execute("SELECT item_code FROM batch WHERE batch = ?", (batch,))
        found |= dict.fromkeys(row[0] for row in rows)
    return list(found)


def items_ending_before(connection: sqlite3.Connection, day: str) -> list[str]:
    """Items of which the shop received a batch that ends before a day, the earliest first."""
    ends: dict[str, str] = {}
    for file in shop_files_of(connection):
        for code, expiry in file.execute(
            "SELECT item_code, min(expiry) FROM batch WHERE expiry <> '' AND expiry < ? "
            "GROUP BY item_code",
            (day,),
        ):
            ends[code] = min(expiry, ends.get(code, expiry))
    return sorted(ends, key=lambda code: (ends[code], code))


def batches_of(connection: sqlite3.Connection, item_code: str) -> dict[str, BatchFacts]:
    """Batches of one item that the shop received, by number; without the day of the receipt."""
    found: dict[str, BatchFacts] = {}
    for file in shop_files_of(connection):
        rows = file.execute(
            "SELECT batch, production_day, expiry, sterilisation_batch, counterparty_id "
            "FROM batch WHERE item_code = ?",
            (item_code,),
        )
        for batch, produced, expiry, sterilised, supplier in rows:
            found.setdefault(
                batch,
                BatchFacts(
                    production_day=produced,
                    expiry=expiry,
                    sterilisation_batch=sterilised,
                    counterparty_id=supplier,
                ),
            )
    return found


def item_of(connection: sqlite3.Connection, unit_code: str) -> str:
    """The item that a numbered unit is one of; empty where no till of the shop ever saw it."""
    return named(connection, unit_code)[0]


def named(connection: sqlite3.Connection, text: str) -> tuple[str, str]:
    """(item, unit code) of the unit that a code or a serial number names; empty for none."""
    for file in shop_files_of(connection):
        row = (
            file.execute(
                "SELECT item_code FROM stock_unit WHERE unit_code = ?", (text,)
            ).fetchone()
            or file.execute(_SOLD_ITEM, (text,)).fetchone()
        )
        if row is not None:
            return str(row[0]), text
    for file in shop_files_of(connection):
        row = file.execute(_BY_SERIAL, (text,)).fetchone()
        if row is not None:
            return str(row[1]), str(row[0])
    return "", ""
