"""Returns are held to what was sold: the remaining quantity is checked where it is written (R33)."""

from __future__ import annotations

import sqlite3

from pos.domain.cart import LineKind
from pos.domain.sale import Transaction
from pos.store.errors import N_, StoreError


class NothingLeftToReturn(StoreError):
    """More would come back than was sold; nothing was written."""

    default_hint = N_("Look at the receipt again: part of it has been returned already.")


def check_remaining(connection: sqlite3.Connection, transaction: Transaction) -> None:
    """Raise NothingLeftToReturn when a line of this till's receipts has less left to give back."""
    asked: dict[tuple[str, int], int] = {}
    for line in transaction.lines:
        if line.kind in (LineKind.RETURN, LineKind.VOID) and line.original is not None:
            key = (line.original.transaction_no, line.original.line_no)
            asked[key] = asked.get(key, 0) - line.quantity_milli
    for (number, line_no), quantity_milli in asked.items():
        sold = connection.execute(
            "SELECT l.quantity_milli FROM txn t JOIN txn_line l ON l.entry_id = t.entry_id "
            "WHERE t.transaction_no = ? AND l.line_no = ?",
            (number, line_no),
        ).fetchone()
        if sold is None:
            continue  # another till's receipt: head office answers or a person approves
        back = connection.execute(
            "SELECT coalesce(sum(-quantity_milli), 0) FROM txn_line "
            "WHERE original_no = ? AND original_line = ? AND kind IN ('return', 'void')",
            (number, line_no),
        ).fetchone()[0]
        if quantity_milli > sold[0] - back:
            raise NothingLeftToReturn(
                N_("Line {line} of {number}: {asked} asked back, {left} left."),
                line=line_no,
                number=number,
                asked=quantity_milli,
                left=sold[0] - back,
            )
