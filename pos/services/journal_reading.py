"""Reading the journal back: a transaction by its number, and totals folded from entries (I4)."""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import LineVoided, SaleCancelled, TenderStateChanged
from pos.domain.journal.shift_bodies import CashMovement, ShiftClose, ShiftOpen
from pos.domain.sale import Transaction
from pos.domain.shift import Totals, TotalsBuilder
from pos.domain.tender import Tender, TenderState
from pos.store.errors import N_, CorruptStore
from pos.store.journal_files import files_of
from pos.store.sale_projections import whole_transaction


class StoredTransaction(msgspec.Struct, frozen=True):
    """A closed transaction as the journal has it."""

    entry_id: int
    business_day: str
    transaction: Transaction


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What a run of entries comes to."""

    totals: Totals
    shift_closes: tuple[ShiftClose, ...] = ()
    shifts: int = 0
    first_transaction_no: str = ""
    last_transaction_no: str = ""


class _Raw(msgspec.Struct, gc=False):
    """The two fields of an entry that a fold looks at; the rest is skipped unread."""

    kind: str
    body: msgspec.Raw


_RAW = msgspec.json.Decoder(_Raw)
_TRANSACTION = msgspec.json.Decoder(Transaction)
_CASH = msgspec.json.Decoder(CashMovement)
_CANCELLED = msgspec.json.Decoder(SaleCancelled)
_VOIDED = msgspec.json.Decoder(LineVoided)
_SHIFT_OPEN = msgspec.json.Decoder(ShiftOpen)
_SHIFT_CLOSE = msgspec.json.Decoder(ShiftClose)
_TENDER_STATE = msgspec.json.Decoder(TenderStateChanged)

_COUNTED_KINDS = (
    EntryKind.TRANSACTION,
    EntryKind.CASH_MOVEMENT,
    EntryKind.NO_SALE,
    EntryKind.SALE_CANCELLED,
    EntryKind.LINE_VOIDED,
    EntryKind.REPRINT,
    EntryKind.SHIFT_OPEN,
    EntryKind.SHIFT_CLOSE,
    EntryKind.TENDER_STATE,
)
_ENTRIES = (
    "SELECT bytes FROM journal_entry WHERE entry_id BETWEEN ? AND ? AND kind IN ("  # noqa: S608
    + ", ".join(f"'{kind.value}'" for kind in _COUNTED_KINDS)
    + ") ORDER BY entry_id"
)
_LAST = 2**62


def find_transaction(
    connection: sqlite3.Connection, transaction_no: str
) -> StoredTransaction | None:
    """The transaction with that number on this till, whole, or None; of closed files too (R30)."""
    for file in files_of(connection):
        row = file.execute(
            "SELECT t.entry_id, t.business_day, j.bytes FROM txn t "
            "JOIN journal_entry j ON j.entry_id = t.entry_id WHERE t.transaction_no = ?",
            (transaction_no,),
        ).fetchone()
        if row is not None:
            transaction = _TRANSACTION.decode(_RAW.decode(row[2]).body)
            return StoredTransaction(row[0], row[1], whole_transaction(file, transaction))
    return None


def fold_entries(
    connection: sqlite3.Connection, from_entry_id: int, to_entry_id: int | None = None
) -> Totals:
    """Totals of the entries from one to another, both included; always the same for the same."""
    return fold(connection, from_entry_id, to_entry_id).totals


def fold(
    connection: sqlite3.Connection, from_entry_id: int, to_entry_id: int | None = None
) -> Folded:
    """Fold entries into totals. Raises CorruptStore for an entry that cannot be read.

    Over several shifts, what one shift left in the drawer is the float of the next: the float is
    counted once, and what a shift handed up before the last one is a pickup. So expected cash is
    what lies in the drawer at the end, and over and short of the day is the sum of its shifts'.
    """
    fold_ = _Fold(connection)
    last = _LAST if to_entry_id is None else to_entry_id
    for (entry_bytes,) in connection.execute(_ENTRIES, (from_entry_id, last)):
        try:
            raw = _RAW.decode(entry_bytes)
            fold_.take(raw.kind, raw.body)
        except msgspec.MsgspecError as error:
            raise CorruptStore(
                N_("A journal entry cannot be read: {reason}."), reason=str(error)
            ) from error
    return fold_.folded()


class _Fold:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._sums = TotalsBuilder()
        self._closes: list[ShiftClose] = []
        self._handed_over: ShiftClose | None = None
        self._undecided: dict[tuple[str, int], Tender] = {}
        self._shifts = 0
        self._first = ""
        self._last = ""

    def take(self, kind: str, body: msgspec.Raw) -> None:
        sums = self._sums
        if kind == EntryKind.TRANSACTION:
            self._transaction(body)
        elif kind == EntryKind.CASH_MOVEMENT:
            movement = _CASH.decode(body)
            name = {
                "paid_in": "paid_in_minor",
                "loan": "paid_in_minor",
                "paid_out": "paid_out_minor",
            }.get(movement.movement, "pickups_minor")
            sums.add(name, movement.amount_minor)
        elif kind == EntryKind.SALE_CANCELLED:
            sums.add("cancelled_sales", 1)
            sums.add("cancelled_minor", _CANCELLED.decode(body).total_minor)
        elif kind == EntryKind.LINE_VOIDED:
            sums.add("line_voids", 1)
            sums.add("line_voids_minor", _VOIDED.decode(body).amount_minor)
        elif kind == EntryKind.NO_SALE:
            sums.add("no_sales", 1)
        elif kind == EntryKind.REPRINT:
            sums.add("reprints", 1)
        elif kind == EntryKind.SHIFT_OPEN:
            self._shift_open(_SHIFT_OPEN.decode(body))
        elif kind == EntryKind.TENDER_STATE:
            self._tender_state(_TENDER_STATE.decode(body))
        else:
            self._handed_over = _SHIFT_CLOSE.decode(body)
            self._closes.append(self._handed_over)

    def folded(self) -> Folded:
        return Folded(
            totals=self._sums.totals(),
            shift_closes=tuple(self._closes),
            shifts=self._shifts,
            first_transaction_no=self._first,
            last_transaction_no=self._last,
        )

    def _transaction(self, body: msgspec.Raw) -> None:
        transaction = _TRANSACTION.decode(body)
        if transaction.parts:
            transaction = whole_transaction(self._connection, transaction)
        self._sums.add_transaction(transaction)
        for tender in transaction.tenders:
            if tender.state is TenderState.UNDECIDED:
                self._undecided[transaction.transaction_no, tender.tender_no] = tender
        self._first = self._first or transaction.transaction_no
        self._last = transaction.transaction_no

    def _tender_state(self, body: TenderStateChanged) -> None:
        """A payment 待核 that arrived is no more; one that never came stays, for it is missing.

        A decision about an earlier shift's or day's payment changes nothing here (I5).
        """
        if not body.transaction_no or body.tender.state is not TenderState.RECEIVED:
            return
        open_ = self._undecided.pop((body.transaction_no, body.tender.tender_no), None)
        if open_ is not None:
            self._sums.settle(open_.tender_type, open_.amount_minor)

    def _shift_open(self, body: ShiftOpen) -> None:
        self._shifts += 1
        left = 0
        if self._handed_over is not None:
            self._sums.add("pickups_minor", self._handed_over.handed_up_minor)
            left = self._handed_over.left_minor
            self._handed_over = None
        self._sums.add("opening_float_minor", body.opening_float_minor - left)
