"""冲销: a paid document of this business day is reversed whole, by a document of its own (CSH-12)."""

from __future__ import annotations

import msgspec

from pos.domain.cart import Refusal
from pos.domain.sale import Transaction, close_void
from pos.i18n import N_
from pos.services.approvals import Approvals, Gate
from pos.services.checkout.entering import ready_to_sell
from pos.services.checkout.paying import commit_transaction, context_for
from pos.services.checkout.results import Completion
from pos.services.context import NeedsApproval, Till
from pos.services.journal_reading import StoredTransaction, find_transaction
from pos.store.returns_guard import left_of


def void_transaction(
    till: Till, transaction_no: str, reason: str, approval: Approvals = None
) -> Completion | Refusal | NeedsApproval:
    """冲销: reverse a whole document of this business day, its money by the tenders it came by."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if not till.sale.empty:
        return Refusal("sale_open", N_("finish or park the sale on the screen first"))
    if not reason:
        return Refusal("reason_missing", N_("choose a reason"))
    stored = find_transaction(till.journal.reader(), transaction_no)
    if stored is None:
        return Refusal("no_such_receipt", N_("this till has no such receipt"))
    refusal = _voidable(till, stored)
    if refusal is not None:
        return refusal
    gate = Gate(till, approval)
    missing = gate.rule("sale.void_paid", detail=transaction_no)
    if missing is not None:
        return missing
    context = msgspec.structs.replace(
        context_for(till),
        original_transaction_no=transaction_no,
        approver_id=gate.approver_id,
        reason=reason,
    )
    closed = close_void(stored.transaction, context)
    if isinstance(closed, Refusal):
        return closed
    return commit_transaction(till, closed, approval=gate.used[0] if gate.used else None)


def _voidable(till: Till, stored: StoredTransaction) -> Refusal | None:
    sold: Transaction = stored.transaction
    if stored.business_day != till.business_day:
        return Refusal(
            "not_this_day",
            N_(
                "only a document of this business day can be reversed; take the goods back instead"
            ),
        )
    touched = (
        left_of(till.journal.reader(), sold.transaction_no, line.line_no) for line in sold.lines
    )
    if any(
        left is not None and (left.back_milli or left.back_minor or left.corrected_milli)
        for left in touched
    ):
        return Refusal(
            "already_returned", N_("this document is reversed already, or part of it came back")
        )
    return None
