"""What entries about goods do to the projections: documents, batches, units, counts, registers.

Part of `pos.store.projections`: called with every entry when it is appended and again by a rebuild.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from pos.domain.goods.counting import CountEvent, CountScans
from pos.domain.goods.documents import GoodsDocument, movements_of_document
from pos.domain.goods.registers import RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.stock import StockMovement
from pos.store.entry_parts import lines_of_parts
from pos.store.errors import N_
from pos.store.goods_models import (
    BatchRow,
    CountEventRow,
    CountScanRow,
    GoodsDocumentRow,
    GoodsLineRow,
    RegisterNote,
    StockUnit,
)
from pos.store.models import (
    StockMovementRow,
    insert_sql,
)

_INSERT_MOVEMENT = insert_sql(StockMovementRow)
_INSERT_DOCUMENT = insert_sql(GoodsDocumentRow)
_INSERT_LINE = insert_sql(GoodsLineRow)
_INSERT_BATCH = insert_sql(BatchRow).replace("INSERT", "INSERT OR IGNORE", 1)
_PUT_UNIT = insert_sql(StockUnit, replace=True)
_INSERT_COUNT_EVENT = insert_sql(CountEventRow)
_INSERT_COUNT_SCAN = insert_sql(CountScanRow)
_INSERT_NOTE = insert_sql(RegisterNote)


class Applied(Protocol):
    """What a projection needs of an entry beside its body."""

    @property
    def entry_id(self) -> int:
        """Its number in its file."""

    @property
    def business_day(self) -> str:
        """Business day that it belongs to."""

    @property
    def operator_id(self) -> str:
        """Who wrote it."""


def movement_row(entry_id: int, business_day: str, movement: StockMovement) -> tuple[Any, ...]:
    """A ledger row, in the model's column order."""
    return (
        entry_id,
        movement.line_no,
        movement.item_code,
        movement.quantity_milli,
        movement.reason._value_,
        business_day,
        movement.place._value_,
        movement.batch,
        movement.unit_code,
        movement.unit_cost_e4,
    )


def whole_document(connection: sqlite3.Connection, document: GoodsDocument) -> GoodsDocument:
    """Return the document with the lines of its `goods_part` entries in front (R4)."""
    if not document.parts:
        return document
    missing = N_("Part {uuid} of document {number} is missing from the journal.")
    lines = lines_of_parts(
        connection, EntryKind.GOODS_PART, document.parts, missing, document.document_no
    )
    return msgspec.structs.replace(document, lines=(*lines, *document.lines), parts=())


def note_document(connection: sqlite3.Connection, entry: Applied, body: GoodsDocument) -> None:
    """Write down a whole document, its lines and its batches; it moves nothing by this."""
    entry_id, day = entry.entry_id, entry.business_day
    connection.execute(
        _INSERT_DOCUMENT,
        (
            entry_id,
            body.document_uuid,
            body.document_kind._value_,
            body.document_no,
            body.reference,
            body.reference_no,
            body.counterparty_id,
            body.counterparty_name,
            day,
            body.due_day,
            entry.operator_id,
            len(body.lines),
        ),
    )
    connection.executemany(
        _INSERT_LINE,
        [
            (
                entry_id,
                line.line_no,
                line.item_code,
                line.quantity_milli,
                line.expected_milli,
                line.delivered_milli,
                line.received_milli,
                line.rejected_milli,
                line.unit_cost_e4,
                line.batch,
                line.production_day,
                line.expiry,
                line.reason,
                line.order_line,
            )
            for line in body.lines
        ],
    )
    if any(movement.quantity_milli > 0 for movement in movements_of_document(body)):
        connection.executemany(
            _INSERT_BATCH,
            [
                (
                    line.item_code,
                    line.batch,
                    line.production_day,
                    line.expiry,
                    line.sterilisation_batch,
                    body.counterparty_id,
                    entry_id,
                )
                for line in body.lines
                if line.batch or line.expiry
            ],
        )


def units_of(entry_id: int, body: GoodsDocument) -> list[tuple[Any, ...]]:
    """Rows of `stock_unit` after a document: where each numbered unit is that it moved."""
    return [
        (m.unit_code, m.item_code, m.batch, m.place._value_, int(m.quantity_milli > 0), entry_id)
        for m in movements_of_document(body)
        if m.unit_code
    ]


def _document(connection: sqlite3.Connection, entry: Applied, body: GoodsDocument) -> None:
    body = whole_document(connection, body)
    note_document(connection, entry, body)
    connection.executemany(
        _INSERT_MOVEMENT,
        [
            movement_row(entry.entry_id, entry.business_day, movement)
            for movement in movements_of_document(body)
        ],
    )
    connection.executemany(_PUT_UNIT, units_of(entry.entry_id, body))


def _count_event(connection: sqlite3.Connection, entry: Applied, body: CountEvent) -> None:
    connection.execute(
        _INSERT_COUNT_EVENT,
        (
            entry.entry_id,
            body.count_id,
            body.action._value_,
            body.count_kind._value_,
            body.pass_no,
            body.area,
            body.counter_id,
            body.order_id,
            entry.operator_id,
            msgspec.json.encode(body).decode(),
        ),
    )


def _count_scans(connection: sqlite3.Connection, entry: Applied, body: CountScans) -> None:
    connection.executemany(
        _INSERT_COUNT_SCAN,
        [
            (
                entry.entry_id,
                number,
                body.count_id,
                body.pass_no,
                body.area,
                body.counter_id,
                scan.item_code,
                scan.quantity_milli,
                scan.at_utc_ms,
                scan.after_seq,
                scan.batch,
                scan.unit_code,
                scan.tag._value_,
                scan.description,
            )
            for number, scan in enumerate(body.scans, start=1)
        ],
    )


def note_register(connection: sqlite3.Connection, entry: Applied, body: RegisterNoted) -> None:
    """Write down a line of a register."""
    connection.execute(
        _INSERT_NOTE,
        (
            entry.entry_id,
            body.register._value_,
            body.subject,
            body.action,
            body.item_code,
            body.batch,
            body.unit_code,
            body.quantity_milli,
            body.document_no,
            body.person_id,
            entry.business_day,
            entry.operator_id,
            body.event_utc_ms,
            msgspec.json.encode(body.fields, order="sorted").decode(),
        ),
    )


HANDLERS: dict[str, Callable[[sqlite3.Connection, Any, Any], None]] = {
    EntryKind.GOODS_DOCUMENT: _document,
    EntryKind.COUNT_EVENT: _count_event,
    EntryKind.COUNT_SCANS: _count_scans,
    EntryKind.REGISTER_NOTED: note_register,
}
