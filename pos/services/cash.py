"""The drawer beside sales: opened without one, money put in and taken out (CSH-06, SEL-01)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import CashMovement, NoSale
from pos.i18n import N_
from pos.services import drawer_watch, printing, reporting
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till
from pos.services.shifts.rows import state
from pos.store.journal import WriteTransaction


class DrawerOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The drawer opens once its entry is on disk."""

    job_id: str
    saved: Future[None]
    warnings: tuple[str, ...] = ()


class CashMoved(msgspec.Struct, frozen=True, kw_only=True):
    """Money went in or out; `saved` gives the voucher with its number."""

    movement: str
    amount_minor: int
    job_id: str
    saved: Future[CashMovement]
    warnings: tuple[str, ...] = ()


def no_sale(
    till: Till, reason: str, approval: Approvals = None
) -> DrawerOpened | Refusal | NeedsApproval:
    """Open the drawer without a sale; journaled and printed, with its reason."""
    refusal = _ready(till, reason)
    if refusal is not None:
        return refusal
    gate = Gate(till, approval)
    missing = gate.rule("drawer.no_sale", detail=reason)
    if missing is not None:
        return missing
    body = NoSale(reason=reason, approver_id=gate.approver_id)
    facts, top = reporting.facts_of(till), reporting.slip_head(till)
    document = reporting.no_sale_document(facts, top, body)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    operator_id, day, spent = till.operator_id, till.business_day, gate.spend()

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(EntryKind.NO_SALE, body, operator_id=operator_id, business_day=day)
        printing.insert_job(txn, job_id, "no_sale", document, created)

    saved = till.write(job)
    _open_when_saved(till, saved)
    printing.submit_when_saved(till, saved, job_id)
    return DrawerOpened(job_id=job_id, saved=saved, warnings=tuple(gate.warnings))


def paid_in(
    till: Till, amount_minor: int, reason: str, approval: Approvals = None
) -> CashMoved | Refusal | NeedsApproval:
    """入款: put money into the drawer, as a numbered voucher."""
    return _move(till, "paid_in", amount_minor, reason, approval)


def paid_out(
    till: Till, amount_minor: int, reason: str, approval: Approvals = None
) -> CashMoved | Refusal | NeedsApproval:
    """出款: take money from the drawer, as a numbered voucher."""
    return _move(till, "paid_out", amount_minor, reason, approval)


def _move(
    till: Till, movement: str, amount_minor: int, reason: str, approval: Approvals
) -> CashMoved | Refusal | NeedsApproval:
    refusal = _ready(till, reason)
    if refusal is not None:
        return refusal
    if not till.business_day or not till.shift_no:
        return Refusal("shift_not_open", N_("no shift is open; open one first"))
    if amount_minor <= 0:
        return Refusal("amount_not_positive", N_("the amount must be more than 0"))
    if len(str(amount_minor)) > till.settings.payment.cash_refused_from_digits + 1:
        return Refusal("looks_like_barcode", "that looks like a barcode, not like money")
    gate = Gate(till, approval)
    missing = gate.rule(
        f"cash.{movement}",
        detail=reason,
        limit_name=f"cash.{movement}.limit_minor",
        limit_value=amount_minor,
    )
    if missing is not None:
        return missing
    approver_id, spent = gate.approver_id, gate.spend()
    facts, top = reporting.facts_of(till), reporting.slip_head(till)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    operator_id, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> CashMovement:
        spent(txn)
        number = state(txn.connection).next_cash_movement_no
        body = CashMovement(
            movement=movement,
            amount_minor=amount_minor,
            reason=reason,
            number=number,
            approver_id=approver_id,
        )
        txn.append(EntryKind.CASH_MOVEMENT, body, operator_id=operator_id, business_day=day)
        slip = reporting.cash_document(facts, top, body)
        printing.insert_job(txn, job_id, "cash", slip, created)
        return body

    saved = till.write(job)
    _open_when_saved(till, saved)
    printing.submit_when_saved(till, saved, job_id)
    return CashMoved(
        movement=movement,
        amount_minor=amount_minor,
        job_id=job_id,
        saved=saved,
        warnings=tuple(gate.warnings),
    )


def _ready(till: Till, reason: str) -> Refusal | None:
    if till.operator is None and not till.authority:
        return Refusal("not_signed_on", N_("sign on first"))
    if till.locked:
        return Refusal("locked", N_("the till is locked"))
    if not reason:
        return Refusal("reason_missing", N_("choose a reason"))
    return None


def _open_when_saved(till: Till, saved: Future[Any]) -> None:
    def settle(done: Future[Any]) -> None:
        if done.exception() is None:
            drawer_watch.open_drawer(till)

    saved.add_done_callback(settle)
