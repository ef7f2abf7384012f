"""What entries about days, shifts and this till's own data do to the projections.

Part of `pos.store.projections`: called with every entry when it is appended and again by a rebuild.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import CatalogueApplied, EpochOpen, ItemSet, PriceCorrected
from pos.domain.journal.people_bodies import OperatorSet
from pos.domain.journal.shift_bodies import CashMovement, DayClose, DayOpen, ShiftClose, ShiftOpen

if TYPE_CHECKING:
    from pos.store.projections import Applied


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


HANDLERS: dict[str, Callable[[sqlite3.Connection, Applied, Any], None]] = {
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
}
"""What each kind of entry does."""
