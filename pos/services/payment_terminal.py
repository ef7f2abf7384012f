"""Tenders that a payment terminal takes: asked off the screen's thread, never charged twice (rule 12).

The order is the whole point. The tender is PENDING on disk under a key of our own; only then the
terminal is called, always with that key. Whatever happens afterwards (a time-out, a crash, a
second Enter), the same key is *asked about*; it is never charged anew. What the terminal has not
said for certain stays PENDING, and a manager may let the sale finish with it (待核).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import msgspec

from drivers.ports import PaymentResult, PaymentState, PaymentTerminal
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import TenderStateChanged
from pos.domain.tender import (
    Tender,
    TenderKind,
    TenderState,
    add_refund,
    decide_tender,
    given_back,
)
from pos.i18n import N_
from pos.services.checkout.persisting import save_payment
from pos.services.checkout.results import PaymentChanged, TenderAdded
from pos.services.context import Till

TERMINAL: Final = "terminal"
"""Who decided a tender when it was the terminal's own answer."""

POLL_S: Final = 1.0
"""Pause between two questions about a payment that is not decided."""

DOUBTS: Final = 3
"""Questions without an answer before a person is asked what to do."""


class TerminalCall:
    """One payment or refund on its way: threads of its own work, the screen waits for `result`.

    `result` is set once per round, always: with APPROVED or DECLINED, or with UNDECIDED when the
    time is over. `ask_again` begins another round, which only ever asks.
    """

    def __init__(
        self,
        terminal: PaymentTerminal,
        tender: Tender,
        currency: str,
        *,
        saved: Future[Any] | None,
        code: str = "",
        timeout_s: float,
        poll_s: float = POLL_S,
    ) -> None:
        """`saved` is the write of the pending tender; None = it was pending before: only ask.

        `code` is the customer's payment code; it is forgotten as soon as it was handed over.
        """
        self.tender = tender
        self.result: Future[PaymentResult] = Future()
        self._terminal = terminal
        self._currency = currency
        self._timeout_s = timeout_s
        self._poll_s = poll_s
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._cancelling = False
        self._first_runs = saved is not None
        self._certain: PaymentResult | None = None
        self._begin(lambda: self._first(saved, code) if saved is not None else self._ask())

    @property
    def certain(self) -> PaymentResult | None:
        """What the terminal has said for certain, also after the time was over."""
        return self._certain

    def ask_again(self) -> None:
        """Another round: `result` is a new future."""
        with self._lock:
            self.result = Future()
            certain = self._certain
        if certain is not None:
            self.result.set_result(certain)
        else:
            self._begin(self._ask)

    def cancel(self) -> None:
        """Ask the terminal to give the payment up; `result` says whether money was faster."""
        if self._refund or self._cancelling:
            return
        self._cancelling = True

        def run() -> None:
            self._send_cancel()
            self._wake.set()

        threading.Thread(target=run, name="terminal-cancel", daemon=True).start()

    # ------------------------------------------------------------ threads

    def _begin(self, step: Callable[[], PaymentResult]) -> None:
        round_ = self.result
        watch = threading.Timer(self._timeout_s, lambda: self._over(round_))
        watch.daemon = True
        watch.start()

        def run() -> None:
            try:
                answer, doubts = step(), 0
                while not self._note(answer) and not round_.done():
                    doubts += answer.state is not PaymentState.PENDING
                    if doubts > DOUBTS:
                        return  # the customer waits: a person decides whether to ask on
                    self._wake.wait(self._poll_s)
                    self._wake.clear()
                    if self._cancelling:
                        self._send_cancel()
                    answer = self._ask()
            finally:
                watch.cancel()
                self._over(round_)

        threading.Thread(target=run, name="payment-terminal", daemon=True).start()

    def _first(self, saved: Future[Any], code: str) -> PaymentResult:
        try:
            saved.result()
        except Exception:  # noqa: BLE001 - whatever the disk said: not written is not asked for
            self._first_runs = False
            return self._answer(PaymentState.DECLINED, "not_written")
        if self._cancelling:
            self._first_runs = False
            return self._answer(PaymentState.DECLINED, "cancelled")
        try:
            if self._refund:
                return self._give_back()
            return self._terminal.pay(
                self.tender.amount_minor, self._currency, self.tender.reference, code
            )
        except Exception:  # noqa: BLE001 - it may have been charged: that is a doubt, no failure
            return self._answer(PaymentState.UNDECIDED, "no_answer")
        finally:
            self._first_runs = False

    def _ask(self) -> PaymentResult:
        try:
            if self._refund:
                # The same key again: the first answer comes back, no second refund.
                return self._give_back()
            answer = self._terminal.query(self.tender.reference)
        except Exception:  # noqa: BLE001 - no answer decides nothing
            return self._answer(PaymentState.UNDECIDED, "no_answer")
        if self._first_runs and answer.state is PaymentState.DECLINED:
            # The payment itself is still on its way: it may arrive after this question.
            return self._answer(PaymentState.UNDECIDED, "no_answer")
        return answer

    def _give_back(self) -> PaymentResult:
        return self._terminal.refund(
            self.tender.original_reference, -self.tender.amount_minor, self.tender.reference
        )

    def _send_cancel(self) -> None:
        # What it answers decides nothing; the next question says what became of the payment.
        with contextlib.suppress(Exception):
            self._terminal.cancel(self.tender.reference)

    @property
    def _refund(self) -> bool:
        return self.tender.amount_minor < 0

    def _answer(self, state: PaymentState, code: str) -> PaymentResult:
        amount = abs(self.tender.amount_minor)
        return PaymentResult(state, self.tender.reference, amount, self._currency, code=code)

    def _note(self, answer: PaymentResult) -> bool:
        """Take an answer; True when it is certain."""
        wrong = answer.state is PaymentState.APPROVED and (
            answer.amount_minor != abs(self.tender.amount_minor)
        )
        if wrong or answer.state not in (PaymentState.APPROVED, PaymentState.DECLINED):
            return False
        with self._lock:
            if self._certain is None:
                self._certain = answer
            if not self.result.done():
                self.result.set_result(self._certain)
        return True

    def _over(self, round_: Future[PaymentResult]) -> None:
        with self._lock:
            if not round_.done():
                round_.set_result(self._certain or self._answer(PaymentState.UNDECIDED, "timeout"))


def call(
    till: Till, tender: Tender, saved: Future[Any] | None = None, code: str = ""
) -> TerminalCall | Refusal:
    """Pay or pay back a pending tender at the terminal; without `saved` only ask about it."""
    if till.payment_terminal is None:
        return _no_terminal()
    return TerminalCall(
        till.payment_terminal,
        tender,
        till.currency,
        saved=saved,
        code=code,
        timeout_s=till.settings.payment_terminal.timeout_s,
    )


def settle(till: Till, tender_no: int, answer: PaymentResult) -> PaymentChanged | Refusal:
    """The terminal has said for certain what became of a tender of the open sale."""
    payment = till.sale.payment
    states = {
        PaymentState.APPROVED: TenderState.RECEIVED,
        PaymentState.DECLINED: TenderState.FAILED,
    }
    state = states.get(answer.state)
    if payment is None or state is None:
        return Refusal("tender_not_pending", N_("this payment does not wait for a decision"))
    decided = decide_tender(
        payment,
        tender_no,
        state,
        terminal_reference=answer.terminal_reference if state is TenderState.RECEIVED else "",
        by=TERMINAL,
    )
    if isinstance(decided, Refusal):
        return decided
    changed = next(t for t in decided.tenders if t.tender_no == tender_no)
    if changed.amount_minor < 0 and changed.state is TenderState.RECEIVED:
        decided = given_back(decided, changed, by=TERMINAL) or decided
    till.sale.payment = decided
    till.append(
        EntryKind.TENDER_STATE, TenderStateChanged(tender=changed, sale_uuid=till.sale.sale_uuid)
    )
    return PaymentChanged(decided, save_payment(till))


def give_back(till: Till, tender_no: int) -> TenderAdded | Refusal:
    """Begin to pay back a tender of the open sale that the terminal has charged: `call` it next.

    The refund stands as PENDING on disk beside its payment until the terminal has said yes; its
    key follows from the payment's own, so that after a crash nothing is paid back twice.
    """
    payment = till.sale.payment
    tenders = payment.tenders if payment is not None else ()
    found = next((t for t in tenders if t.tender_no == tender_no), None)
    begun = {t.original_reference for t in tenders if t.state is not TenderState.FAILED}
    if payment is None or found is None or not is_charged(till, found) or found.reference in begun:
        return Refusal("tender_not_received", N_("this tender holds no money that could go back"))
    refund = msgspec.structs.replace(refund_of(found), at=till.local_iso())
    added = add_refund(payment, refund)
    till.sale.payment = added
    new = added.tenders[-1]
    till.append(
        EntryKind.TENDER_STATE, TenderStateChanged(tender=new, sale_uuid=till.sale.sale_uuid)
    )
    return TenderAdded(added, new, 0, save_payment(till))


def refund_of(paid: Tender) -> Tender:
    """The whole refund of a tender, under a key that follows from the payment's."""
    return Tender(
        tender_no=paid.tender_no,
        tender_type=paid.tender_type,
        amount_minor=-paid.amount_minor,
        state=TenderState.PENDING,
        reference=f"{paid.reference}-R",
        original_reference=paid.reference,
    )


def is_terminal(till: Till, tender_type_id: str) -> bool:
    """Whether tenders of this type are taken by the terminal."""
    tender_type = till.tender_type(tender_type_id)
    return tender_type is not None and tender_type.kind is TenderKind.TERMINAL


def is_charged(till: Till, tender: Tender) -> bool:
    """Whether the terminal holds money of this tender."""
    return (
        tender.state is TenderState.RECEIVED
        and tender.amount_minor > 0
        and bool(tender.reference)
        and is_terminal(till, tender.tender_type)
    )


def tender_for_code(till: Till, scheme: str) -> str | None:
    """The tender type that takes a customer's payment code of this scheme, or None."""
    for one in till.settings.payment.tenders:
        if one.kind == "terminal" and scheme in one.payment_codes:
            return one.id
    return None


def needs_code(till: Till, tender_type_id: str) -> bool:
    """Whether the customer's payment code is scanned for this tender."""
    return any(
        one.id == tender_type_id and one.kind == "terminal" and one.payment_codes
        for one in till.settings.payment.tenders
    )


def _no_terminal() -> Refusal:
    return Refusal("no_terminal", N_("no payment terminal is set up: choose another tender"))
