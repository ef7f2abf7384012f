"""What entries about sales do to the projections: transactions, tenders, copies, unknown codes.

Part of `pos.store.projections`: called with every entry when it is appended and again by a rebuild.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import Reprint, TenderStateChanged, UnknownCode
from pos.domain.sale import Transaction
from pos.domain.stock import movements_of
from pos.store.entry_parts import lines_of_parts
from pos.store.errors import N_
from pos.store.models import StockMovementRow, insert_sql
from pos.store.sale_models import SoldUnit, Txn, TxnLine, TxnTender

if TYPE_CHECKING:
    from pos.store.projections import Applied


_INSERT_TXN = insert_sql(Txn)
_INSERT_LINE = insert_sql(TxnLine)
_INSERT_TENDER = insert_sql(TxnTender)
_PUT_UNIT = insert_sql(SoldUnit, replace=True)
_INSERT_MOVEMENT = insert_sql(StockMovementRow)


def whole_transaction(connection: sqlite3.Connection, transaction: Transaction) -> Transaction:
    """Return the transaction with the lines of its `transaction_part` entries in front (R4)."""
    if not transaction.parts:
        return transaction
    missing = N_("Part {uuid} of transaction {number} is missing from the journal.")
    lines = lines_of_parts(
        connection,
        EntryKind.TRANSACTION_PART,
        transaction.parts,
        missing,
        transaction.transaction_no,
    )
    return msgspec.structs.replace(transaction, lines=(*lines, *transaction.lines), parts=())


def _transaction(connection: sqlite3.Connection, entry: Applied, body: Transaction) -> None:
    if body.parts:
        body = whole_transaction(connection, body)
    entry_id = entry.entry_id
    connection.execute(
        _INSERT_TXN,
        (
            entry_id,
            body.transaction_no,
            # sqlite3 binds plain text faster than an enum, whose `value` is a call besides.
            body.transaction_type._value_,
            entry.business_day,
            body.shift_no,
            body.number,
            body.operator_id,
            body.at,
            body.total_minor,
            body.discount_minor,
            body.original_transaction_no,
            body.roll_transaction,
        ),
    )
    gross = returned = 0
    rows = []
    sale, returning = LineKind.SALE, LineKind.RETURN
    for line in body.lines:
        kind, original = line.kind, line.original
        rows.append(
            (
                entry_id,
                line.line_no,
                kind._value_,
                line.item_code,
                line.description,
                line.item_class,
                line.quantity_milli,
                line.unit_price_e4,
                line.unit_discount_e4,
                line.amount_minor,
                line.discount_minor,
                original.transaction_no if original else "",
                original.line_no if original else 0,
                line.at,
            )
        )
        if line.unit_code:
            sold = int(kind is sale)
            connection.execute(
                _PUT_UNIT, (line.unit_code, body.transaction_no, line.line_no, sold)
            )
        if kind is sale:
            gross += max(0, line.amount_minor)
        elif kind is returning:
            returned += max(0, -line.amount_minor)
    connection.executemany(_INSERT_LINE, rows)
    connection.executemany(
        _INSERT_TENDER,
        [
            (
                entry_id,
                t.tender_no,
                t.tender_type,
                t.amount_minor,
                t.state._value_,
                int(t.change),
                t.reference,
            )
            for t in body.tenders
        ],
    )
    for t in body.tenders:
        if t.state == "undecided":
            connection.execute(
                "INSERT OR REPLACE INTO tender_decision VALUES (?, ?, ?, ?, ?, ?)",
                (
                    body.transaction_no,
                    t.tender_no,
                    t.state,
                    t.amount_minor,
                    t.tender_type,
                    entry.business_day,
                ),
            )
    connection.executemany(
        _INSERT_MOVEMENT,
        [
            (
                entry_id,
                m.line_no,
                m.item_code,
                m.quantity_milli,
                m.reason._value_,
                entry.business_day,
                "",
                m.batch,
                m.unit_code,
                None,
            )
            for m in movements_of(body)
        ],
    )
    connection.execute(
        "UPDATE till_state SET next_number = max(next_number, ? + 1), "
        "perpetual_gross_minor = perpetual_gross_minor + ?, "
        "perpetual_returns_minor = perpetual_returns_minor + ? WHERE id = 1",
        (body.number, gross, returned),
    )


def _unknown_code(connection: sqlite3.Connection, entry: Applied, body: UnknownCode) -> None:
    connection.execute(
        "INSERT INTO unknown_code VALUES (?, 1, ?, ?, ?) ON CONFLICT (code) DO UPDATE SET "
        "times = times + 1, description = excluded.description, "
        "unit_price_e4 = coalesce(excluded.unit_price_e4, unit_price_e4), "
        "last_entry_id = excluded.last_entry_id",
        (body.code, body.description, body.unit_price_e4, entry.entry_id),
    )


def _reprint(connection: sqlite3.Connection, _: Applied, body: Reprint) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO reprint_count VALUES (?, ?)", (body.transaction_no, body.count)
    )


def _tender_state(connection: sqlite3.Connection, _: Applied, body: TenderStateChanged) -> None:
    if body.transaction_no:
        connection.execute(
            "UPDATE tender_decision SET state = ? WHERE transaction_no = ? AND tender_no = ?",
            (body.tender.state, body.transaction_no, body.tender.tender_no),
        )


HANDLERS: dict[str, Callable[[sqlite3.Connection, Applied, Any], None]] = {
    EntryKind.TRANSACTION: _transaction,
    EntryKind.UNKNOWN_CODE: _unknown_code,
    EntryKind.REPRINT: _reprint,
    EntryKind.TENDER_STATE: _tender_state,
}
"""What each kind of entry does."""
