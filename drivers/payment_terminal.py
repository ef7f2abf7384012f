"""A simulated payment terminal with the ways in which real ones go wrong.

A payment is known by the caller's reference: paying twice with the same one gives the first
answer again and never charges twice. A payment that hangs is UNDECIDED until ``query`` settles it,
which is what a till has to live with when the network drops between charge and answer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from drivers.errors import Illegal
from drivers.ports import PaymentResult, PaymentState


class Scripted(StrEnum):
    """What the simulation does with the next payment."""

    APPROVE = "approve"
    DECLINE = "decline"
    HANG = "hang"
    """Undecided, and every query says so too."""
    LATE_APPROVE = "late_approve"
    """Undecided; the query finds it approved: the customer has paid."""
    LATE_DECLINE = "late_decline"
    """Undecided; the query finds that nothing was charged."""
    PENDING = "pending"
    """The customer has to confirm on the phone; the query finds it approved."""


DEMO_AMOUNTS: Final[dict[int, Scripted]] = {
    91: Scripted.DECLINE,
    92: Scripted.LATE_APPROVE,
    93: Scripted.LATE_DECLINE,
    94: Scripted.HANG,
    95: Scripted.PENDING,
}
"""Amounts whose last two digits choose the outcome, so that it can be tried by hand."""


@dataclass(slots=True)
class _Payment:
    result: PaymentResult
    script: Scripted
    refunded_minor: int = 0
    refunds: dict[str, PaymentResult] = field(default_factory=dict)


class SimulatedPaymentTerminal:
    """Implements PaymentTerminal; safe from any thread."""

    def __init__(
        self,
        script: Iterable[Scripted] = (),
        *,
        demo_amounts: bool = False,
        latency_s: float = 0.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``script`` is used up payment by payment; then everything is approved."""
        self._script = deque(script)
        self._demo_amounts = demo_amounts
        self._latency_s = latency_s
        self._sleep = sleep
        self._payments: dict[str, _Payment] = {}
        self._lock = threading.Lock()
        self.charged: dict[str, int] = {}
        """Money really taken, by reference, in minor units: what the acquirer would settle."""

    def then(self, *outcomes: Scripted) -> None:
        """Add to the script."""
        with self._lock:
            self._script.extend(outcomes)

    def pay(
        self, amount_minor: int, currency: str, reference: str, code: str = ""
    ) -> PaymentResult:
        """Charge ``amount_minor``.

        Raises:
            Illegal: the amount is not positive, or the reference was used for another amount.
        """
        if amount_minor <= 0:
            raise Illegal(f"expected a positive amount, got {amount_minor}")
        if self._latency_s:
            self._sleep(self._latency_s)
        with self._lock:
            known = self._payments.get(reference)
            if known is not None:
                if (known.result.amount_minor, known.result.currency) != (amount_minor, currency):
                    raise Illegal(f"reference {reference} was used for another amount")
                return known.result
            script = self._next(amount_minor)
            result = PaymentResult(
                PaymentState.APPROVED, reference, amount_minor, currency, self._number()
            )
            if script is Scripted.DECLINE:
                result = replace(result, state=PaymentState.DECLINED, code="declined")
            elif script is Scripted.PENDING:
                result = replace(result, state=PaymentState.PENDING, code="customer_confirms")
            elif script is not Scripted.APPROVE:
                result = replace(result, state=PaymentState.UNDECIDED, code="timeout")
            if script in (Scripted.APPROVE, Scripted.LATE_APPROVE):
                self.charged[reference] = amount_minor
            self._payments[reference] = _Payment(result, script)
            return result

    def query(self, reference: str) -> PaymentResult:
        """Say what became of ``reference``; one that never arrived is DECLINED/not_found."""
        with self._lock:
            payment = self._payments.get(reference)
            if payment is None:
                return PaymentResult(PaymentState.DECLINED, reference, 0, "", code="not_found")
            if payment.result.state in (PaymentState.UNDECIDED, PaymentState.PENDING):
                if payment.script in (Scripted.LATE_APPROVE, Scripted.PENDING):
                    payment.result = replace(payment.result, state=PaymentState.APPROVED, code="")
                    self.charged[reference] = payment.result.amount_minor
                elif payment.script is Scripted.LATE_DECLINE:
                    payment.result = replace(
                        payment.result, state=PaymentState.DECLINED, code="declined"
                    )
            return payment.result

    def cancel(self, reference: str) -> PaymentResult:
        """Cancel what is not approved yet; an approved payment stays, it has to be refunded."""
        with self._lock:
            payment = self._payments.get(reference)
            if payment is None:
                return PaymentResult(PaymentState.DECLINED, reference, 0, "", code="not_found")
            if payment.script is Scripted.HANG:
                return payment.result
            if payment.result.state in (PaymentState.UNDECIDED, PaymentState.PENDING):
                payment.result = replace(
                    payment.result, state=PaymentState.DECLINED, code="cancelled"
                )
                payment.script = Scripted.DECLINE
                self.charged.pop(reference, None)
            return payment.result

    def refund(
        self, reference: str, amount_minor: int, refund_reference: str = ""
    ) -> PaymentResult:
        """Give back part of an approved payment; DECLINED when there is not that much left.

        The same ``refund_reference`` gives the first answer again; without one, each call counts.
        """
        if amount_minor <= 0:
            raise Illegal(f"expected a positive amount, got {amount_minor}")
        with self._lock:
            payment = self._payments.get(reference)
            if payment is None or payment.result.state is not PaymentState.APPROVED:
                code = "not_found" if payment is None else "not_approved"
                return PaymentResult(PaymentState.DECLINED, reference, amount_minor, "", code=code)
            if refund_reference and refund_reference in payment.refunds:
                return payment.refunds[refund_reference]
            result = replace(payment.result, amount_minor=amount_minor)
            if payment.refunded_minor + amount_minor > payment.result.amount_minor:
                result = replace(result, state=PaymentState.DECLINED, code="exceeds_payment")
            else:
                payment.refunded_minor += amount_minor
                self.charged[reference] -= amount_minor
            if refund_reference:
                payment.refunds[refund_reference] = result
            return result

    def _next(self, amount_minor: int) -> Scripted:
        if self._script:
            return self._script.popleft()
        if self._demo_amounts:
            return DEMO_AMOUNTS.get(amount_minor % 100, Scripted.APPROVE)
        return Scripted.APPROVE

    def _number(self) -> str:
        return f"SIM{len(self._payments) + 1:08d}"
