"""待核: payments of closed sales whose outcome was not known, and deciding them later (rule 12)."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import TenderStateChanged
from pos.domain.tender import TenderState
from pos.i18n import N_
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till
from pos.services.journal_reading import find_transaction
from pos.store.errors import StoreError
from pos.store.journal import WriteTransaction
from pos.store.journal_files import files_of


class UndecidedTender(msgspec.Struct, frozen=True, kw_only=True):
    """One payment to be verified."""

    transaction_no: str
    tender_no: int
    tender_type: str
    amount_minor: int
    business_day: str
    at: str = ""
    """Local time of the sale as ISO text; empty when its transaction cannot be read."""

    operator_id: str = ""
    """Who took it."""

    reference: str = ""
    """Last digits of the trade number, as far as they were noted."""


class TenderSettled(msgspec.Struct, frozen=True):
    """What became of the payment is in the journal."""

    saved: Future[Any]


class AlreadyDecidedError(StoreError):
    """Somebody was faster; nothing was written."""


def undecided_tenders(till: Till) -> list[UndecidedTender]:
    """Payments of closed sales that wait for a decision, oldest first."""
    reader = till.journal.reader()
    rows = reader.execute(
        "SELECT transaction_no, tender_no, tender_type, amount_minor, business_day "
        "FROM tender_decision WHERE state = 'undecided' "
        "ORDER BY business_day, transaction_no, tender_no"
    ).fetchall()
    found = []
    for transaction_no, tender_no, tender_type, amount_minor, business_day in rows:
        at, operator_id, reference = _told(reader, transaction_no, tender_no)
        found.append(
            UndecidedTender(
                transaction_no=transaction_no,
                tender_no=tender_no,
                tender_type=tender_type,
                amount_minor=amount_minor,
                business_day=business_day,
                at=at,
                operator_id=operator_id,
                reference=reference,
            )
        )
    return found


def _told(reader: sqlite3.Connection, transaction_no: str, tender_no: int) -> tuple[str, str, str]:
    """Time, operator and reference of a payment; of a sale in a closed file too (R30)."""
    for file in files_of(reader):
        row: tuple[str, str, str] | None = file.execute(
            "SELECT t.at, t.operator_id, coalesce(p.reference, '') FROM txn t "
            "LEFT JOIN txn_tender p ON p.entry_id = t.entry_id AND p.tender_no = ? "
            "WHERE t.transaction_no = ?",
            (tender_no, transaction_no),
        ).fetchone()
        if row is not None:
            return row
    return "", "", ""


def settle_tender(
    till: Till,
    transaction_no: str,
    tender_no: int,
    state: TenderState,
    reference: str = "",
    approval: Approvals = None,
) -> TenderSettled | Refusal | NeedsApproval:
    """Decide a payment of a closed sale: it arrived after all, or it never did.

    The sale itself is never changed; the decision is an entry of its own that names it.
    """
    if state not in (TenderState.RECEIVED, TenderState.FAILED):
        return Refusal("tender_not_pending", N_("say whether the payment arrived or not"))
    stored = find_transaction(till.journal.reader(), transaction_no)
    waiting = {(one.transaction_no, one.tender_no) for one in undecided_tenders(till)}
    if stored is None or (transaction_no, tender_no) not in waiting:
        return Refusal("tender_not_pending", N_("this payment does not wait for a decision"))
    found = next(t for t in stored.transaction.tenders if t.tender_no == tender_no)
    gate = Gate(till, approval)
    missing = gate.right(
        "tender.decide",
        detail=transaction_no,
        limit_name="tender.decide.limit_minor",
        limit_value=abs(found.amount_minor),
    )
    if missing is not None:
        return missing
    decided = msgspec.structs.replace(
        found,
        state=state,
        reference=reference or found.reference,
        decided_by=gate.approver_id or till.operator_id,
    )
    body = TenderStateChanged(tender=decided, transaction_no=transaction_no)
    operator_id, day, spent = till.operator_id, till.business_day, gate.spend()

    def job(txn: WriteTransaction) -> None:
        row = txn.connection.execute(
            "SELECT state FROM tender_decision WHERE transaction_no = ? AND tender_no = ?",
            (transaction_no, tender_no),
        ).fetchone()
        if row is None or row[0] != TenderState.UNDECIDED.value:
            raise AlreadyDecidedError(
                N_("The payment of {number} is decided already."), number=transaction_no
            )
        spent(txn)
        txn.append(EntryKind.TENDER_STATE, body, operator_id=operator_id, business_day=day)

    return TenderSettled(till.write(job))
