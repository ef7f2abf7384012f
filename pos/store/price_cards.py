"""Which price cards hang at the shelf: what each was printed with, and whose price has changed.

`labels.db` in the home is this till's own note, no part of the journal: lost, it only makes the
list of cards to change longer. Prices are read from `reference.db` and the local prices given in.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from pos.store.connection import connect_raw

_logger = logging.getLogger(__name__)

LABELS_DB = "labels.db"
CHANGES_MAX = 2000

_CREATE = """
CREATE TABLE IF NOT EXISTS card (
    item_code TEXT PRIMARY KEY NOT NULL,
    unit_price_e4 INTEGER NOT NULL,
    at_utc_ms INTEGER NOT NULL,
    by_hand INTEGER NOT NULL
)"""
_CHANGED = """
SELECT item_code, before, unit_price_e4, effective_day FROM (
    SELECT p.item_code, p.unit_price_e4, p.effective_day, (
        SELECT o.unit_price_e4 FROM price o
        WHERE o.item_code = p.item_code AND o.effective_day < p.effective_day
        ORDER BY o.effective_day DESC LIMIT 1
    ) AS before
    FROM price p
    WHERE p.effective_day > ?1 AND p.effective_day <= ?2 AND p.effective_day = (
        SELECT max(q.effective_day) FROM price q
        WHERE q.item_code = p.item_code AND q.effective_day <= ?2
    )
) WHERE before IS NOT NULL AND before <> unit_price_e4
ORDER BY effective_day, item_code LIMIT ?3"""


class Card(msgspec.Struct, frozen=True):
    """What hangs at the shelf."""

    item_code: str
    unit_price_e4: int
    at_utc_ms: int = 0
    by_hand: bool = False
    """Ticked by a person, not printed here."""


class PriceChange(msgspec.Struct, frozen=True):
    """A price that differs from the one before it."""

    item_code: str
    before_e4: int
    unit_price_e4: int
    effective_day: str


def note_cards(home: Path, cards: Iterable[Card]) -> None:
    """Note that these cards hang now. Raises sqlite3.Error when the disk does not take it."""
    with closing(sqlite3.connect(home / LABELS_DB, timeout=5)) as connection, connection:
        connection.execute(_CREATE)
        connection.executemany(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?)",
            [(one.item_code, one.unit_price_e4, one.at_utc_ms, one.by_hand) for one in cards],
        )


def note_printed(home: Path, cards: Mapping[str, int], at_utc_ms: int) -> None:
    """Cards that came out hang now; a note that cannot be kept only leaves them on the list."""
    try:
        note_cards(home, [Card(code, price, at_utc_ms) for code, price in cards.items()])
    except sqlite3.Error:
        _logger.exception("printed cards are not noted")


def hanging_cards(home: Path) -> dict[str, Card]:
    """Every card known, by item code; none when nothing was noted or the file cannot be read."""
    path = home / LABELS_DB
    if not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(path, timeout=5)) as connection:
            rows = connection.execute(
                "SELECT item_code, unit_price_e4, at_utc_ms, by_hand FROM card"
            ).fetchall()
    except sqlite3.Error:
        return {}
    return {row[0]: Card(row[0], row[1], row[2], bool(row[3])) for row in rows}


def changed_prices(reference: Path, after_day: str, until_day: str) -> list[PriceChange]:
    """Prices that came into force after one business day and until another, oldest first."""
    if not reference.is_file():
        return []
    with closing(connect_raw(reference, readonly=True)) as connection:
        rows = connection.execute(_CHANGED, (after_day, until_day, CHANGES_MAX)).fetchall()
    return [PriceChange(*row) for row in rows]


def prices_of(reference: Path, item_codes: Iterable[str], day: str) -> dict[str, int]:
    """The catalogue's price in force at `day` of many items at once; items without are missing."""
    if not reference.is_file():
        return {}
    wanted = msgspec.json.encode(list(item_codes)).decode()
    with closing(connect_raw(reference, readonly=True)) as connection:
        rows = connection.execute(
            "SELECT p.item_code, p.unit_price_e4 FROM json_each(?1) j "
            "JOIN price p ON p.item_code = j.value AND p.effective_day = ("
            "SELECT max(q.effective_day) FROM price q "
            "WHERE q.item_code = j.value AND q.effective_day <= ?2)",
            (wanted, day),
        ).fetchall()
    return dict(rows)


def barcodes_of(reference: Path, item_codes: Iterable[str]) -> Mapping[str, str]:
    """One barcode of each item that stands for a single piece of it; items without are missing."""
    if not reference.is_file():
        return {}
    wanted = msgspec.json.encode(list(item_codes)).decode()
    with closing(connect_raw(reference, readonly=True)) as connection:
        rows = connection.execute(
            "SELECT b.item_code, min(b.code) FROM json_each(?) j "
            "JOIN barcode b ON b.item_code = j.value WHERE b.quantity_milli = 1000 "
            "GROUP BY b.item_code",
            (wanted,),
        ).fetchall()
    return dict(rows)
