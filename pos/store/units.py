"""Units with a number of their own and batches, over every file of the journal (CAT-03, QLT-14).

The newest file that knows a unit decides: a sale or a return there, else the goods document that
moved it last. A till whose file is older than these tables knows none there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from pos.store.journal_files import files_of


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """Where one unit is, as this till's journal knows."""

    unit_code: str
    batch: str = ""
    in_shop: bool
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
    """The unit that one of `names` stands for; None when no file knows it."""
    for file in files_of(connection):
        for name in names:
            moved = file.execute(
                "SELECT batch, place, present FROM stock_unit "
                "WHERE unit_code = ? AND item_code = ?",
                (name, item_code),
            ).fetchone()
            sold = file.execute(
                "SELECT sold, transaction_no FROM sold_unit WHERE unit_code = ?", (name,)
            ).fetchone()
            if moved is None and sold is None:
                continue
            here = moved is None or (bool(moved[2]) and not moved[1])
            gone = sold is not None and bool(sold[0])
            return Unit(
                unit_code=name,
                batch=moved[0] if moved is not None else "",
                in_shop=here and not gone,
                transaction_no=sold[1] if gone else "",
            )
    return None


def batch(connection: sqlite3.Connection, item_code: str, batch: str) -> BatchFacts | None:
    """What is known of a batch, or None."""
    for file in files_of(connection):
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
    """Every batch that this till received: (item, batch) → what its receipt said."""
    found: dict[tuple[str, str], BatchFacts] = {}
    for file in files_of(connection):
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
            found[row[0], row[1]] = facts  # the oldest file has the first receipt
    return found


def items_of_batch(connection: sqlite3.Connection, batch: str) -> list[str]:
    """Items of which a batch of this number was received here."""
    found: dict[str, None] = {}
    for file in files_of(connection):
        rows = file.execute("SELECT item_code FROM batch WHERE batch = ?", (batch,))
        found |= dict.fromkeys(row[0] for row in rows)
    return list(found)
