"""Projections of the journal: what an entry does to the tables that can be rebuilt (invariant 1).

`apply` is called with every entry, in the transaction that appends it and again by `rebuild`, and
depends on nothing but the entry and the tables before it; so the rebuilt tables equal the ones kept
along the way.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec
import peewee

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import (
    CarriedForward,
    CatalogueApplied,
    EpochOpen,
    ItemSet,
    PriceCorrected,
)
from pos.domain.journal.people_bodies import OperatorSet
from pos.domain.journal.sale_bodies import Reprint, TenderStateChanged, UnknownCode
from pos.domain.journal.shift_bodies import CashMovement, DayClose, DayOpen, ShiftClose, ShiftOpen
from pos.domain.sale import Transaction
from pos.domain.stock import movements_of
from pos.store import goods_projections, stock_ledger
from pos.store.entry_parts import lines_of_parts
from pos.store.errors import N_, CorruptStore
from pos.store.goods_models import BatchRow, StockUnit
from pos.store.models import (
    PROJECTIONS,
    LocalBarcode,
    LocalItem,
    LocalOperator,
    LocalPrice,
    ReprintCount,
    SoldUnit,
    StockMovementRow,
    TenderDecision,
    TillState,
    Txn,
    TxnLine,
    TxnTender,
    UnknownCodeRow,
    insert_sql,
)
from pos.store.stock_models import FOLDED, StockBalance, StockValue

_INSERT_TXN = insert_sql(Txn)
_INSERT_LINE = insert_sql(TxnLine)
_INSERT_TENDER = insert_sql(TxnTender)
_PUT_UNIT = insert_sql(SoldUnit, replace=True)
_INSERT_MOVEMENT = insert_sql(StockMovementRow)

CARRIED: dict[str, type[peewee.Model]] = {
    model._meta.table_name: model  # noqa: SLF001 - peewee's own way to its metadata
    for model in (
        TillState,
        LocalItem,
        LocalBarcode,
        LocalPrice,
        LocalOperator,
        UnknownCodeRow,
        ReprintCount,
        TenderDecision,
        SoldUnit,
        BatchRow,
        StockUnit,
        StockBalance,
        StockValue,
    )
}
"""Projections that a new file begins with instead of beginning empty; the rest is read where it is."""

FIRST_STATE = "INSERT OR IGNORE INTO till_state VALUES (1, '', 1, 1, 0, 1, 1, 0, 0, 0, '')"


class Applied(msgspec.Struct, frozen=True):
    """What a projection needs to know of an entry beside its body."""

    entry_id: int
    entry_uuid: str
    kind: str
    business_day: str
    operator_id: str


def apply(connection: sqlite3.Connection, entry: Applied, body: Any) -> None:
    """Bring the projections up to `entry`; kinds without a projection change nothing."""
    handler = _HANDLERS.get(entry.kind)
    if handler is not None:
        handler(connection, entry, body)


def rebuild(connection: sqlite3.Connection, progress: Callable[[int], None] | None = None) -> int:
    """Empty every projection and apply the whole journal again; returns the number of entries.

    The folded ledger comes out as far as it was. The caller holds the transaction. Raises
    CorruptStore naming the first entry that cannot be read.
    """
    for model in PROJECTIONS:
        connection.execute(f"DELETE FROM {model._meta.table_name}")  # noqa: SLF001
    folded = stock_ledger.clear(connection)
    connection.execute(FIRST_STATE)
    count = 0
    rows = connection.execute(
        "SELECT entry_id, epoch_no, seq, bytes FROM journal_entry ORDER BY entry_id"
    )
    for entry_id, epoch_no, seq, entry_bytes in rows:
        decoded = decode_entry(entry_bytes)
        if isinstance(decoded, Unreadable):
            raise CorruptStore(
                N_("Journal entry {seq} of epoch {epoch} cannot be read: {reason}."),
                seq=seq,
                epoch=epoch_no,
                reason=decoded.reason,
            )
        envelope = decoded.envelope
        if not envelope.reappended_from:  # counted when it was first appended (R17)
            applied = Applied(
                entry_id,
                envelope.entry_uuid,
                envelope.kind,
                envelope.business_day,
                envelope.operator_id,
            )
            apply(connection, applied, decoded.body)
        count += 1
        if progress is not None and count % 1000 == 0:
            progress(count)
    stock_ledger.fold_all(connection, until=folded)
    return count


def fingerprint(connection: sqlite3.Connection) -> dict[str, str]:
    """SHA-256 of every projection's rows in key order: equal content, equal text."""
    result = {}
    for model in (*PROJECTIONS, *FOLDED):
        meta = model._meta  # noqa: SLF001 - peewee's own way to its metadata
        keys = meta.get_primary_keys()  # type: ignore[no-untyped-call]
        key = ", ".join(field.column_name for field in keys)
        digest = hashlib.sha256()
        for row in connection.execute(f"SELECT * FROM {meta.table_name} ORDER BY {key}"):
            digest.update(repr(row).encode())
        result[meta.table_name] = digest.hexdigest()
    return result


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


def _epoch_open(connection: sqlite3.Connection, _entry: Applied, body: EpochOpen) -> None:
    if body.next_number:
        connection.execute(
            "UPDATE till_state SET next_number = max(next_number, ?) WHERE id = 1",
            (body.next_number,),
        )


def _day_open(connection: sqlite3.Connection, entry: Applied, body: DayOpen) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO business_day VALUES (?, 'open', ?, NULL, NULL, ?)",
        (entry.business_day, entry.entry_id, body.opening_float_minor),
    )
    connection.execute(
        "UPDATE till_state SET business_day = ?, next_number = ? WHERE id = 1",
        (entry.business_day, body.first_number),
    )


def _day_close(connection: sqlite3.Connection, entry: Applied, body: DayClose) -> None:
    connection.execute(
        "UPDATE business_day SET state = 'closed', closed_entry_id = ?, z_no = ? "
        "WHERE business_day = ?",
        (entry.entry_id, body.z_no, entry.business_day),
    )
    connection.execute(
        "UPDATE till_state SET business_day = '', next_z_no = ? + 1, shift_no = 0, "
        "last_closed_day = ? WHERE id = 1",
        (body.z_no, entry.business_day),
    )


def _shift_open(connection: sqlite3.Connection, entry: Applied, body: ShiftOpen) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO shift VALUES (?, ?, ?, 'open', ?, NULL, ?)",
        (
            body.shift_no,
            entry.business_day,
            entry.operator_id,
            entry.entry_id,
            body.opening_float_minor,
        ),
    )
    connection.execute(
        "UPDATE till_state SET shift_no = ?, next_shift_no = ? + 1 WHERE id = 1",
        (body.shift_no, body.shift_no),
    )


def _shift_close(connection: sqlite3.Connection, entry: Applied, body: ShiftClose) -> None:
    connection.execute(
        "UPDATE shift SET state = 'closed', closed_entry_id = ? WHERE shift_no = ?",
        (entry.entry_id, body.shift_no),
    )
    connection.execute(
        "UPDATE till_state SET shift_no = 0 WHERE id = 1 AND shift_no = ?", (body.shift_no,)
    )


def _cash_movement(connection: sqlite3.Connection, _: Applied, body: CashMovement) -> None:
    connection.execute(
        "UPDATE till_state SET next_cash_movement_no = max(next_cash_movement_no, ? + 1) "
        "WHERE id = 1",
        (body.number,),
    )


def _catalogue_applied(connection: sqlite3.Connection, _: Applied, body: CatalogueApplied) -> None:
    connection.execute("UPDATE till_state SET catalogue_version = ? WHERE id = 1", (body.version,))
    # A corrected price lasts until head office sends a newer catalogue.
    connection.execute(
        "DELETE FROM local_price WHERE corrected = 1 AND catalogue_version < ?", (body.version,)
    )


def _item_set(connection: sqlite3.Connection, _: Applied, body: ItemSet) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO local_item VALUES (?, ?, ?, ?)",
        (body.item_code, body.name, body.item_class, body.unit),
    )
    connection.executemany(
        "INSERT OR REPLACE INTO local_barcode VALUES (?, ?)",
        [(code, body.item_code) for code in body.barcodes],
    )
    if body.unit_price_e4 is not None:
        connection.execute(
            "INSERT OR REPLACE INTO local_price VALUES (?, ?, 0, 0, 0)",
            (body.item_code, body.unit_price_e4),
        )


def _price_corrected(connection: sqlite3.Connection, _: Applied, body: PriceCorrected) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO local_price SELECT ?, ?, catalogue_version, 1, 0 FROM till_state",
        (body.item_code, body.new_unit_price_e4),
    )


def _operator_set(connection: sqlite3.Connection, _: Applied, body: OperatorSet) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO local_operator VALUES (?, ?, ?, ?, ?, ?)",
        (
            body.operator_id,
            body.name,
            body.role,
            body.language,
            int(body.active),
            body.verifier,
        ),
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


def _carried_forward(connection: sqlite3.Connection, _: Applied, body: CarriedForward) -> None:
    """The first rows of a file that goes on where another ended (R30)."""
    model = CARRIED.get(body.table)
    known = {field.column_name for field in model._meta.sorted_fields} if model else set()  # noqa: SLF001
    if not known.issuperset(body.columns) or not body.columns:
        raise CorruptStore(
            N_("Rows of {table} cannot be carried forward by this version."), table=body.table
        )
    places = ", ".join("?" for _name in body.columns)
    connection.executemany(
        f"INSERT OR REPLACE INTO {body.table} ({', '.join(body.columns)}) VALUES ({places})",
        body.rows,
    )


_HANDLERS: dict[str, Callable[[sqlite3.Connection, Applied, Any], None]] = {
    EntryKind.TRANSACTION: _transaction,
    EntryKind.EPOCH_OPEN: _epoch_open,
    EntryKind.DAY_OPEN: _day_open,
    EntryKind.DAY_CLOSE: _day_close,
    EntryKind.SHIFT_OPEN: _shift_open,
    EntryKind.SHIFT_CLOSE: _shift_close,
    EntryKind.CASH_MOVEMENT: _cash_movement,
    EntryKind.CATALOGUE_APPLIED: _catalogue_applied,
    EntryKind.ITEM_SET: _item_set,
    EntryKind.PRICE_CORRECTED: _price_corrected,
    EntryKind.OPERATOR_SET: _operator_set,
    EntryKind.PIN_CHANGED: _operator_set,
    EntryKind.UNKNOWN_CODE: _unknown_code,
    EntryKind.REPRINT: _reprint,
    EntryKind.TENDER_STATE: _tender_state,
    EntryKind.CARRIED_FORWARD: _carried_forward,
    **goods_projections.HANDLERS,
}
