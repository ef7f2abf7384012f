"""What the shop's other tills wrote about goods, kept in `reference.db` (R14, R26).

A till keeps its own journal alone. Of its siblings it needs what no sum of stock says: the dates
of a batch that was received elsewhere, where a numbered unit is, which loan is still out, what was
written into a register. Head office hands those entries on as they were written; they are put into
tables of the journal's own names and shapes, so that a question asked of every file of the journal
(`files_of`) is asked of them as of one file more (`shop_files_of`). They move no stock here: head
office's figures include them.

The uploader is the only writer. Everything can be fetched anew and is in no backup's way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from pos.domain.cart import LineKind
from pos.domain.goods.documents import GoodsDocument
from pos.domain.journal import EntryKind, Envelope, Unreadable, decode_entry
from pos.domain.sale import Transaction
from pos.store import goods_projections, sale_projections
from pos.store.errors import CorruptStore
from pos.store.journal_files import FIRST_SIBLING_ENTRY
from pos.store.reference_rows import SET_META
from pos.store.reference_writer import ReferenceWriter

TABLES = (
    "journal_entry",
    "goods_document",
    "goods_line",
    "batch",
    "stock_unit",
    "sold_unit",
    "txn",
    "txn_line",
    "register_note",
)
"""What entries are put into; `stock_day` is told by itself."""

_INSERT_ENTRY = (
    "INSERT OR IGNORE INTO journal_entry "
    "(entry_id, workstation_id, epoch, seq, entry_uuid, kind, business_day, at_utc_ms, bytes) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
# Siblings' entries come one till after another, so a unit's later place may be told first.
_PUT_UNIT = """
INSERT INTO stock_unit (unit_code, item_code, batch, place, present, entry_id)
VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (unit_code) DO UPDATE SET
  item_code = excluded.item_code, batch = excluded.batch, place = excluded.place,
  present = excluded.present, entry_id = excluded.entry_id
WHERE (SELECT at_utc_ms FROM journal_entry WHERE entry_id = excluded.entry_id)
   >= (SELECT at_utc_ms FROM journal_entry WHERE entry_id = stock_unit.entry_id)"""
_PUT_SOLD = """
INSERT INTO sold_unit (unit_code, transaction_no, line_no, sold) VALUES (?, ?, ?, ?)
ON CONFLICT (unit_code) DO UPDATE SET transaction_no = excluded.transaction_no,
  line_no = excluded.line_no, sold = excluded.sold
WHERE (SELECT max(j.at_utc_ms) FROM txn t JOIN journal_entry j ON j.entry_id = t.entry_id
       WHERE t.transaction_no = excluded.transaction_no)
   >= (SELECT max(j.at_utc_ms) FROM txn t JOIN journal_entry j ON j.entry_id = t.entry_id
       WHERE t.transaction_no = sold_unit.transaction_no)"""


class SiblingEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry of another till of the shop, as it was written."""

    workstation_id: str
    epoch: str
    seq: int
    bytes: bytes


class SoldSum(msgspec.Struct, frozen=True, gc=False):
    """What one item moved on one day for one reason, in thousandths."""

    item_code: str
    reason: str
    in_milli: int
    out_milli: int


class SiblingDay(msgspec.Struct, frozen=True, gc=False):
    """One business day of one epoch of another till: all that it sold and received."""

    workstation_id: str
    epoch: str
    business_day: str
    sums: tuple[SoldSum, ...]


class _Applied(msgspec.Struct, frozen=True, gc=False):
    entry_id: int
    business_day: str
    operator_id: str


def put_entries(
    writer: ReferenceWriter,
    entries: Sequence[SiblingEntry],
    *,
    replace: bool = False,
    meta: Mapping[str, str] | None = None,
) -> int:
    """Write entries and the position to ask from, in one transaction; returns how many were new.

    An entry that is here already (appended again after a fork, R17), one that cannot be read and one
    that does not fit change nothing. With `replace` nothing else is left. A long document's parts
    come before it.
    """
    new = 0
    with writer.transaction() as connection:
        if replace:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")
        row = connection.execute("SELECT max(entry_id) FROM journal_entry").fetchone()
        entry_id = max(row[0] or 0, FIRST_SIBLING_ENTRY)
        for entry in entries:
            new += _put(connection, entry_id + 1 + new, entry)
        connection.executemany(SET_META, list((meta or {}).items()))
    return new


def put_days(
    writer: ReferenceWriter,
    days: Sequence[SiblingDay],
    *,
    replace: bool = False,
    meta: Mapping[str, str] | None = None,
) -> None:
    """Write days of siblings, each in place of what was told of it, and the position to ask from."""
    with writer.transaction() as connection:
        if replace:
            connection.execute("DELETE FROM stock_day")
        for day in days:
            of_day = (day.business_day, day.workstation_id, day.epoch)
            connection.execute(
                "DELETE FROM stock_day "
                "WHERE business_day = ? AND workstation_id = ? AND epoch = ?",
                of_day,
            )
            connection.executemany(
                "INSERT INTO stock_day VALUES (?, ?, '', '', ?, ?, ?, ?, ?)",
                [
                    (
                        day.business_day,
                        one.item_code,
                        one.reason,
                        day.workstation_id,
                        day.epoch,
                        one.in_milli,
                        one.out_milli,
                    )
                    for one in day.sums
                ],
            )
        connection.executemany(SET_META, list((meta or {}).items()))


def _put(connection: sqlite3.Connection, entry_id: int, entry: SiblingEntry) -> bool:
    decoded = decode_entry(entry.bytes)
    if isinstance(decoded, Unreadable):
        return False
    envelope = decoded.envelope
    values = (
        entry_id,
        entry.workstation_id,
        entry.epoch,
        entry.seq,
        envelope.entry_uuid,
        str(envelope.kind),
        envelope.business_day,
        envelope.at_utc_ms,
        entry.bytes,
    )
    connection.execute("SAVEPOINT one")
    try:
        new = _take_in(connection, values, envelope, decoded.body)
    except (sqlite3.IntegrityError, OverflowError):
        # One entry that does not fit must not keep all that follows it from coming down.
        connection.execute("ROLLBACK TO one")
        new = False
    connection.execute("RELEASE one")
    return new


def _take_in(
    connection: sqlite3.Connection, values: tuple[Any, ...], envelope: Envelope, body: Any
) -> bool:
    if not connection.execute(_INSERT_ENTRY, values).rowcount:
        return False
    applied = _Applied(values[0], envelope.business_day, envelope.operator_id)
    match envelope.kind:
        case EntryKind.GOODS_DOCUMENT:
            _document(connection, applied, body)
        case EntryKind.REGISTER_NOTED:
            goods_projections.note_register(connection, applied, body)
        case EntryKind.TRANSACTION:
            _transaction(connection, applied, body)
        case _:
            pass
    return True


def _document(connection: sqlite3.Connection, entry: _Applied, body: GoodsDocument) -> None:
    with suppress(CorruptStore):  # a part that was not handed on: the rest is known all the same
        body = goods_projections.whole_document(connection, body)
    goods_projections.note_document(connection, entry, body)
    connection.executemany(_PUT_UNIT, goods_projections.units_of(entry.entry_id, body))


def _transaction(connection: sqlite3.Connection, entry: _Applied, body: Transaction) -> None:
    with suppress(CorruptStore):  # as of documents
        body = sale_projections.whole_transaction(connection, body)
    number = body.transaction_no
    units: list[tuple[Any, ...]] = [
        (line.unit_code, number, line.line_no, int(line.kind is LineKind.SALE))
        for line in body.lines
        if line.unit_code
    ]
    connection.execute("INSERT INTO txn VALUES (?, ?)", (entry.entry_id, number))
    connection.executemany(
        "INSERT INTO txn_line VALUES (?, ?, ?)",
        [(entry.entry_id, line.line_no, line.item_code) for line in body.lines],
    )
    connection.executemany(_PUT_SOLD, units)
