"""冲销: a paid document of this business day is reversed whole, by a document of its own (CSH-12)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import msgspec

from drivers.ports import PaymentResult, PaymentState
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import TenderStateChanged
from pos.domain.sale import Transaction, close_void
from pos.domain.tender import Tender, TenderState
from pos.i18n import N_
from pos.services import payment_terminal
from pos.services.approvals import Approvals, Gate
from pos.services.checkout.paying import commit_transaction, context_for
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import Completion
from pos.services.context import Authorised, Grant, NeedsApproval, Till, authorise, spend
from pos.services.journal_reading import StoredTransaction, find_transaction
from pos.store.returns_guard import left_of


class RefundFirst(msgspec.Struct, frozen=True):
    """The terminal took these payments: it pays each back, then the document is reversed.

    Their keys follow from the payments': tried again after a crash, nothing is paid back twice.
    """

    refunds: tuple[Tender, ...]
    """`tender_no` is that of the payment."""


def void_transaction(
    till: Till,
    transaction_no: str,
    reason: str,
    approval: Approvals = None,
    refunds: Mapping[int, Tender] | None = None,
) -> Completion | RefundFirst | Refusal | NeedsApproval:
    """冲销: reverse a whole document of this business day, its money by the tenders it came by.

    `refunds` are what the terminal has paid back already, by the number of the payment's tender.
    """
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
    done = dict(refunds or {})
    charged = [t for t in stored.transaction.tenders if payment_terminal.is_charged(till, t)]
    open_refunds = tuple(
        payment_terminal.refund_of(one) for one in charged if one.tender_no not in done
    )
    if open_refunds:
        return RefundFirst(open_refunds)
    context = msgspec.structs.replace(
        context_for(till),
        original_transaction_no=transaction_no,
        approver_id=gate.approver_id,
        reason=reason,
    )
    closed = close_void(stored.transaction, context, done)
    if isinstance(closed, Refusal):
        return closed
    return commit_transaction(till, closed, approval=gate.used[0] if gate.used else None)


def begin_refund(till: Till, refund: Tender) -> Future[Any]:
    """Note on disk that the terminal is about to pay back; only then it is called."""
    body = TenderStateChanged(tender=refund)
    return till.append(EntryKind.TENDER_STATE, body)


def refunded(
    till: Till, refund: Tender, answer: PaymentResult | None, approval: Grant | None = None
) -> Tender | Refusal | NeedsApproval:
    """What the terminal has said of a refund; None = nothing certain: a manager goes on with it."""
    if answer is not None and answer.state is PaymentState.APPROVED:
        return msgspec.structs.replace(
            refund,
            state=TenderState.RECEIVED,
            terminal_reference=answer.terminal_reference,
            decided_by=payment_terminal.TERMINAL,
        )
    if answer is not None:
        till.append(
            EntryKind.TENDER_STATE,
            TenderStateChanged(tender=msgspec.structs.replace(refund, state=TenderState.FAILED)),
        )
        return Refusal("refund_refused", N_("the terminal does not pay this back"))
    allowed = authorise(
        till, "tender.undecided", detail=refund.original_reference, approval=approval
    )
    if not isinstance(allowed, Authorised):
        return allowed
    till.write(spend(till, approval))
    by = allowed.approver_id or till.operator_id
    return msgspec.structs.replace(refund, state=TenderState.UNDECIDED, decided_by=by)


def _voidable(till: Till, stored: StoredTransaction) -> Refusal | None:
    sold: Transaction = stored.transaction
    if any(t.original_reference and t.amount_minor < 0 for t in sold.tenders):
        return Refusal(
            "refund_stands",
            N_("the terminal has paid this back and cannot charge it again; sell the goods anew"),
        )
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
