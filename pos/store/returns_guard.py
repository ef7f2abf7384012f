"""Returns are held to what was sold and paid: checked where it is written (R33).

What has come back of a line is what refers to it: returns and voids by quantity, and price
differences paid back by amount. A return that was itself reversed counts for nothing.
A receipt, what came back of it, and what was reversed of that may each lie in another file of the
journal (R30), so every step asks all of them.
"""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.cart import LineKind
from pos.domain.sale import Transaction
from pos.store.errors import N_, StoreError
from pos.store.journal_files import files_of


class NothingLeftToReturn(StoreError):
    """More would come back than was sold or paid; nothing was written."""

    default_hint = N_("Look at the receipt again: part of it has been returned already.")


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of a line of this till's receipts."""

    sold_milli: int
    sold_minor: int
    back_milli: int
    """Quantity that came back."""

    back_minor: int
    """Money that was paid back, price differences among it."""

    corrected_milli: int
    """Quantity whose price difference was paid back."""

    @property
    def left_milli(self) -> int:
        """Quantity that can still come back."""
        return self.sold_milli - self.back_milli

    @property
    def left_minor(self) -> int:
        """Money that can still be paid back."""
        return self.sold_minor - self.back_minor


_SOLD = """
SELECT l.quantity_milli, l.amount_minor FROM txn t JOIN txn_line l ON l.entry_id = t.entry_id
WHERE t.transaction_no = ? AND l.line_no = ?
"""
# `original_no <> ''` lets the partial index serve both levels.
_BACK = """
SELECT t.transaction_no, l.line_no, l.kind, l.quantity_milli, l.amount_minor
FROM txn_line l JOIN txn t ON t.entry_id = l.entry_id
WHERE l.original_no = ? AND l.original_line = ? AND l.original_no <> ''
"""
_REVERSED = """
SELECT coalesce(sum(quantity_milli), 0), coalesce(sum(amount_minor), 0) FROM txn_line
WHERE original_no = ? AND original_line = ? AND original_no <> ''
"""


def left_of(connection: sqlite3.Connection, transaction_no: str, line_no: int) -> Left | None:
    """What is left of a line, or None when this till never sold it."""
    place = (transaction_no, line_no)
    rows = (file.execute(_SOLD, place).fetchone() for file in files_of(connection))
    sold = next((row for row in rows if row is not None), None)
    if sold is None:
        return None
    back_milli = back_minor = corrected_milli = 0
    back = [row for file in files_of(connection) for row in file.execute(_BACK, place)]
    for number, line, kind, line_milli, line_minor in back:
        quantity_milli, amount_minor = line_milli, line_minor
        for file in files_of(connection):
            reversed_milli, reversed_minor = file.execute(_REVERSED, (number, line)).fetchone()
            quantity_milli += reversed_milli
            amount_minor += reversed_minor
        back_minor -= amount_minor
        if kind == LineKind.OTHER:
            corrected_milli += quantity_milli
        else:
            back_milli -= quantity_milli
    return Left(
        sold_milli=sold[0],
        sold_minor=sold[1],
        back_milli=back_milli,
        back_minor=back_minor,
        corrected_milli=corrected_milli,
    )


def check_remaining(connection: sqlite3.Connection, transaction: Transaction) -> None:
    """Raise NothingLeftToReturn when lines of this till's receipts have less left to give back.

    Lines that refer to another till's receipt pass: head office answers for it, or a person.
    """
    asked: dict[tuple[str, int], list[int]] = {}
    for line in transaction.lines:
        if line.original is None:
            continue
        sums = asked.setdefault((line.original.transaction_no, line.original.line_no), [0, 0, 0])
        sums[1] -= line.amount_minor
        if line.kind is LineKind.OTHER:
            sums[2] += line.quantity_milli
        elif line.kind in (LineKind.RETURN, LineKind.VOID):
            sums[0] -= line.quantity_milli
    for (number, line_no), (quantity_milli, amount_minor, corrected_milli) in asked.items():
        left = left_of(connection, number, line_no)
        if left is None:
            continue
        _hold(number, line_no, "quantity", quantity_milli, left.left_milli, left.sold_milli)
        _hold(number, line_no, "amount", amount_minor, left.left_minor, left.sold_minor)
        if corrected_milli > 0:
            once = left.sold_milli - left.corrected_milli
            _hold(number, line_no, "corrected", corrected_milli, once, left.sold_milli)


def _hold(number: str, line_no: int, what: str, asked: int, left: int, sold: int) -> None:
    """Compare in the direction of the line: a return that is reversed has negative figures."""
    sign = -1 if sold < 0 else 1
    if sign * asked > max(0, sign * left):
        raise NothingLeftToReturn(
            N_("Line {line} of {number}: {asked} asked back ({what}), {left} left."),
            line=line_no,
            number=number,
            what=what,
            asked=asked,
            left=left,
        )
