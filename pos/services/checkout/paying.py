"""Subtotal, tenders and their states, and closing the sale: commit, then devices (invariant 3)."""

from __future__ import annotations

import msgspec

from pos.domain.cart import LineKind, Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import TenderStateChanged
from pos.domain.pricing import cash_rounding, price
from pos.domain.sale import (
    Transaction,
    TransactionContext,
    close_return,
    close_sale,
)
from pos.domain.tender import (
    CASH,
    Payment,
    Tender,
    TenderKind,
    TenderState,
    TenderType,
    add_tender,
    change_due,
    decide_tender,
)
from pos.domain.tender import (
    remove_last_tender as last_tender_removed,
)
from pos.i18n import N_
from pos.services import drawer_watch
from pos.services.checkout import records, refunding, sale_gaps
from pos.services.checkout.companions import companion_of
from pos.services.checkout.persisting import save_payment
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import (
    Committed,
    Completion,
    PaymentChanged,
    Subtotal,
    TenderAdded,
)
from pos.services.context import (
    Authorised,
    Grant,
    NeedsApproval,
    OpenSale,
    Till,
    authorise,
    spend,
)
from pos.services.numbering import transaction_no
from pos.store import open_sales
from pos.store.journal import WriteTransaction
from pos.store.returns_guard import check_remaining
from pos.store.write_jobs import OwnedFuture

_JOB_STATES = {"always": "WAITING", "ask": "ASK", "off": "OFF"}
_INSERT_JOB = "INSERT INTO print_job VALUES (?, 'receipt', ?, x'', ?, 0, ?, '', ?)"


def subtotal(till: Till) -> Subtotal | Refusal:
    """小计: decide every amount and show the total."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if not till.sale.cart.lines:
        return Refusal("no_lines", "nothing has been entered yet")
    priced = price(till.sale.cart)
    if till.sale.phase == "lines":
        till.sale.phase = "subtotal"
    till.sale.subtotal_shown = True
    return Subtotal(priced.total_minor, priced.discount_minor, till.sale.cart.pieces_milli)


def back(till: Till) -> Refusal | None:
    """From payment to subtotal, from subtotal to the lines; refused while a tender is entered."""
    sale = till.sale
    if sale.payment is not None and sale.payment.tenders:
        return Refusal("tenders_entered", "take the tenders back first")
    sale.payment = None
    sale.rounding_minor = 0
    sale.phase = "lines" if sale.phase == "subtotal" else "subtotal"
    if not sale.cart.lines:
        sale.phase = "lines"
    return None


def start_payment(till: Till) -> Payment | Refusal:
    """Begin to pay: what is due is the sum of the lines."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if not till.sale.cart.lines:
        return Refusal("no_lines", "nothing has been entered yet")
    refusal = _unfinished(till)
    if refusal is not None:
        return refusal
    if till.sale.payment is None:
        till.sale.payment = Payment(price(till.sale.cart).total_minor)
    till.sale.phase = "payment"
    till.sale.subtotal_shown = True
    return till.sale.payment


def _unfinished(till: Till) -> Refusal | None:
    """Goods that must not be paid as they stand; once a tender is entered they are paid for."""
    payment = till.sale.payment
    if payment is not None and payment.tenders:
        return None
    found = next(iter(sale_gaps.gaps(till)), None)
    if found is None:
        return None
    notice = found.holds[0].reason if found.holds else ""
    return Refusal(
        f"gap_{found.code}",
        f"{found.line.description} cannot be paid yet: {found.code.replace('_', ' ')}",
        {"item": found.line.description, "line_no": found.line.line_no, "reason": notice},
    )


def tender(
    till: Till,
    tender_type_id: str,
    amount_minor: int | None = None,
    reference: str = "",
    approval: Grant | None = None,
) -> TenderAdded | Refusal | NeedsApproval:
    """Add a tender; None pays exactly what remains. Cash rounds what remains when set so.

    A tender outside the till stays pending until `decide`; it is never charged twice (rule 12).
    One of kind `terminal` gets a key of our own: `payment_terminal.call` it once it is saved.
    Money that goes back by another way than it came is `return.other_tender`.
    """
    started = start_payment(till)
    if isinstance(started, Refusal):
        return started
    tender_type = till.tender_type(tender_type_id)
    if tender_type is None:
        return Refusal("no_such_tender", "this shop has no such tender")
    if tender_type.kind is TenderKind.CASH and till.settings.store.mode == "concession":
        return Refusal("cash_closed", N_("the mall takes the cash here: choose another tender"))
    payment = _rounded(till, started, tender_type)
    amount = payment.remaining_minor if amount_minor is None else amount_minor
    if payment.due_minor < 0 and amount > 0 and amount_minor is not None:
        amount = -amount
    allowed = refunding.by_this_tender(till, payment, tender_type, amount, approval)
    if not isinstance(allowed, Authorised):
        return allowed
    original_reference = ""
    if tender_type.kind is TenderKind.TERMINAL:
        paid = _at_terminal(till, payment, tender_type, amount)
        if isinstance(paid, Refusal):
            return paid
        reference = _own_reference(till)
        if paid is not None:
            original_reference = paid.reference
            amount = amount if amount_minor is not None else max(amount, -paid.amount_minor)
    cash = tender_type.kind is TenderKind.CASH
    added = add_tender(
        payment,
        tender_type,
        amount,
        reference=reference,
        original_reference=original_reference,
        at=till.local_iso(),
        ceiling_over_due_minor=(
            till.settings.payment.cash_ceiling_over_total_minor if cash else None
        ),
    )
    if isinstance(added, Refusal):
        return added
    till.sale.payment = added
    new = added.tenders[len(payment.tenders)]
    if new.state is TenderState.PENDING:
        till.append(
            EntryKind.TENDER_STATE,
            TenderStateChanged(tender=new, sale_uuid=till.sale.sale_uuid),
        )
    saved = save_payment(till, approval=approval)
    return TenderAdded(added, new, change_due(added), saved, allowed.warning)


def decide(
    till: Till,
    tender_no: int,
    state: TenderState,
    reference: str = "",
    approval: Grant | None = None,
) -> PaymentChanged | Refusal | NeedsApproval:
    """已到账, 未到账 or 不确定; the last asks a manager, and the sale may then finish as 待核."""
    payment = till.sale.payment
    if payment is None:
        return Refusal("tender_not_pending", "no payment has been started")
    by = till.operator_id
    if state is TenderState.UNDECIDED:
        allowed = authorise(till, "tender.undecided", detail=reference, approval=approval)
        if not isinstance(allowed, Authorised):
            return allowed
        by = allowed.approver_id or by
    decided = decide_tender(payment, tender_no, state, reference=reference, by=by)
    if isinstance(decided, Refusal):
        return decided
    till.sale.payment = decided
    changed = next(t for t in decided.tenders if t.tender_no == tender_no)
    till.append(
        EntryKind.TENDER_STATE, TenderStateChanged(tender=changed, sale_uuid=till.sale.sale_uuid)
    )
    return PaymentChanged(decided, save_payment(till, approval=approval))


def remove_last_tender(till: Till) -> PaymentChanged | Refusal:
    """Take the last tender back; one that may have been charged must be decided first."""
    payment = till.sale.payment
    if payment is None:
        return Refusal("no_tender", "there is no tender to take back")
    last = payment.tenders[-1] if payment.tenders else None
    kind = till.tender_type(last.tender_type) if last is not None else None
    at_terminal = kind is not None and kind.kind is TenderKind.TERMINAL
    if last is not None and at_terminal and last.state is TenderState.RECEIVED:
        # The customer's money has moved: it has to be moved back, not forgotten.
        return Refusal("tender_charged", N_("the terminal has taken this money"))
    removed = last_tender_removed(payment)
    if isinstance(removed, Refusal):
        return removed
    left = removed[0]
    if not left.tenders and till.sale.rounding_minor:
        left = Payment(left.due_minor - till.sale.rounding_minor)
        till.sale.rounding_minor = 0
    till.sale.payment = left
    return PaymentChanged(left, save_payment(till))


def complete(till: Till) -> Completion | Refusal:
    """Close the sale: one transaction writes entry, projections, print job, and clears the sale.

    Nothing is printed and no drawer opens before the commit; their trouble never touches the sale.
    """
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    sale, payment = till.sale, till.sale.payment
    if payment is None or not sale.cart.lines:
        return Refusal("not_paid", "nothing has been paid yet")
    if payment.remaining_minor:
        return Refusal(
            "not_paid",
            f"{payment.remaining_minor} minor units are still to be paid",
            {"remaining_minor": payment.remaining_minor},
        )
    closed = _close(till, payment)
    if isinstance(closed, Refusal):
        return closed
    return commit_transaction(till, closed, sale.sale_uuid)


def commit_transaction(
    till: Till, transaction: Transaction, sale_uuid: str = "", approval: Grant | None = None
) -> Completion:
    """Write a closed transaction and hand its receipt to the printer after the commit."""
    job_id = till.new_uuid()
    printing = till.receipt_printing or till.settings.receipt.printing
    opens_drawer = _opens_drawer(till, transaction)
    number = transaction.transaction_no
    job_values = (job_id, number, _JOB_STATES[printing], till.clock.utc_ms(), int(opens_drawer))
    operator_id, day = till.operator_id or transaction.operator_id, till.business_day
    spent = spend(till, approval)
    guarded = any(line.original is not None for line in transaction.lines)
    companion = None
    if guarded or till.sale.dispatch or till.sale.reason:
        companion = companion_of(till, transaction, till.sale, brings_back=guarded)
    slips: list[str] = []
    notes = records.notes_of(till, transaction)

    def job(txn: WriteTransaction) -> Committed:
        spent(txn)
        if guarded:
            check_remaining(txn.connection, transaction)
        # One uuid serves both, the entry and the job that prints it.
        appended = txn.append(
            EntryKind.TRANSACTION,
            transaction,
            operator_id=operator_id,
            business_day=day,
            entry_uuid=job_id,
        )
        records.write(txn, notes, operator_id, day)
        txn.connection.execute(_INSERT_JOB, job_values)
        if companion is not None:
            slips[:] = companion.write(txn)
        if sale_uuid:
            open_sales.drop_sale(txn.connection, sale_uuid)
        return Committed(number, appended.seq, job_id)

    sale = till.sale
    phase_before = sale.phase
    if sale_uuid:
        sale.phase = "closing"

    def succeeded(_: Committed) -> None:
        if sale_uuid:
            till.sale = OpenSale()
        till.last_transaction_no = number
        if opens_drawer:
            drawer_watch.open_drawer(till)
        for paper in (job_id, *slips) if printing == "always" else slips:
            till.printer.submit(paper)

    def failed() -> None:
        sale.phase = phase_before
        till.next_number = transaction.number

    till.next_number = transaction.number + 1
    saved = OwnedFuture(succeeded, failed)
    completion = Completion(
        transaction, saved, transaction.change_minor, job_id, printing == "ask"
    )
    till.write(job, future=saved)
    return completion


def context_for(till: Till, *, at: str = "", begin_at: str = "") -> TransactionContext:
    """Number, day and people of the next transaction; a roll's also its own name and time."""
    number, roll = till.next_number, till.roll
    return TransactionContext(
        transaction_no=transaction_no(till.journal.identity, till.business_day, number),
        number=number,
        business_day=till.business_day,
        operator_id=till.operator_id,
        at=at or (roll.at if roll is not None else till.local_iso()),
        begin_at=begin_at,
        shift_no=till.shift_no,
        roll_transaction=roll.transaction if roll is not None else "",
        original_transaction_no=till.sale.original_transaction_no,
        approver_id=till.sale.approver_id,
        reason=till.sale.reason,
        member_id=till.sale.member_id,
    )


def _close(till: Till, payment: Payment) -> Transaction | Refusal:
    sale = till.sale
    priced = price(sale.cart)
    context = context_for(till, begin_at=sale.begun_at)
    if any(gap.code == "held" for gap in sale_gaps.gaps(till)):
        # The hold came while the customer was paying: head office looks whom to call.
        context = msgspec.structs.replace(context, review=(*context.review, "held_while_paid"))
    only_returns = all(line.kind is LineKind.RETURN for line in sale.cart.lines)
    tenders = _settled(payment)
    close = close_return if only_returns else close_sale
    return close(priced, tenders, context, rounding_minor=sale.rounding_minor)


def _settled(payment: Payment) -> tuple[Tender, ...]:
    """Tenders of the closed sale; one that failed was never money."""
    return tuple(t for t in payment.tenders if t.state is not TenderState.FAILED)


def _rounded(till: Till, payment: Payment, tender_type: TenderType) -> Payment:
    """With cash rounding on, a first cash tender rounds what is due; the rounding is a line."""
    step = till.settings.payment.cash_rounding_minor
    if tender_type.id != CASH or not step or payment.tenders:
        return payment
    plain = payment.due_minor - till.sale.rounding_minor
    till.sale.rounding_minor = cash_rounding(plain, step)
    return Payment(plain + till.sale.rounding_minor)


def _at_terminal(
    till: Till, payment: Payment, tender_type: TenderType, amount_minor: int
) -> Tender | Refusal | None:
    """The payment that money goes back to when it does; a Refusal when the terminal cannot do it."""
    if till.payment_terminal is None:
        return Refusal("no_terminal", N_("no payment terminal is set up: choose another tender"))
    if amount_minor >= 0:
        return None
    paid = refunding.terminal_payment(till, payment, tender_type.id)
    if paid is None:
        return Refusal(
            "no_original_payment", N_("the terminal took no payment that this could go back to")
        )
    return paid


def _own_reference(till: Till) -> str:
    """Our key of one payment at the terminal: never used twice, at most 32 characters."""
    identity = till.journal.identity
    day = till.business_day.replace("-", "")
    unique = till.new_uuid().replace("-", "")[-12:]
    return f"{identity.store_id}{identity.workstation_id}-{day}-{unique}"[-32:]


def _opens_drawer(till: Till, transaction: Transaction) -> bool:
    names = {t.tender_type for t in transaction.tenders}
    return any(t.opens_drawer and t.id in names for t in till.tender_types)
