"""A simulated payment terminal with the ways in which real ones go wrong.

A payment is known by the caller's reference: paying twice with the same one gives the first
answer again and never charges twice. A payment that hangs is UNDECIDED until ``query`` settles it,
which is what a till has to live with when the network drops between charge and answer.

With a ``book`` it remembers across restarts of the till, as a device of its own does: a till that
was killed in the middle of a payment can ask what became of it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from drivers.errors import Illegal
from drivers.ports import PaymentResult, PaymentState
from drivers.transports import number_option, parse_url


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
    OFFLINE = "offline"
    """The terminal is not reached: nothing was charged, and it knows nothing of the payment."""


DEMO_AMOUNTS: Final[dict[int, Scripted]] = {
    91: Scripted.DECLINE,
    92: Scripted.LATE_APPROVE,
    93: Scripted.LATE_DECLINE,
    94: Scripted.HANG,
    95: Scripted.PENDING,
    96: Scripted.OFFLINE,
}
"""Amounts whose last two digits choose the outcome, so that it can be tried by hand."""


_WORKING: Final = "working"
"""Code of a payment that the terminal is still busy with."""

_SLICES: Final = 10
"""Parts of the latency: a cancel is noticed after one of them."""


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
        book: Path | None = None,
    ) -> None:
        """``script`` is used up payment by payment; then everything is approved.

        ``book`` is the file in which the terminal keeps what it has done.
        """
        self._script = deque(script)
        self._demo_amounts = demo_amounts
        self._latency_s = latency_s
        self._sleep = sleep
        self._payments: dict[str, _Payment] = {}
        self._lock = threading.Lock()
        self.charged: dict[str, int] = {}
        """Money really taken, by reference, in minor units: what the acquirer would settle."""
        self._book = book
        if book is not None and book.exists():
            self._read_book(book)

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
        with self._lock:
            known = self._payments.get(reference)
            if known is not None:
                if (known.result.amount_minor, known.result.currency) != (amount_minor, currency):
                    raise Illegal(f"reference {reference} was used for another amount")
                return known.result
            script = self._next(amount_minor)
            working = PaymentResult(
                PaymentState.PENDING, reference, amount_minor, currency, code=_WORKING
            )
            if script is Scripted.OFFLINE:
                return replace(working, state=PaymentState.DECLINED, code="offline")
            payment = self._payments[reference] = _Payment(working, script)
            self._keep()
        for _ in range(_SLICES if self._latency_s else 0):
            self._sleep(self._latency_s / _SLICES)
            if payment.result.code != _WORKING:
                break
        with self._lock:
            if payment.result.code == _WORKING:  # else it was cancelled meanwhile
                self._finish(payment)
                self._keep()
            return payment.result

    def query(self, reference: str) -> PaymentResult:
        """Say what became of ``reference``; one that never arrived is DECLINED/not_found."""
        with self._lock:
            payment = self._payments.get(reference)
            if payment is None:
                return PaymentResult(PaymentState.DECLINED, reference, 0, "", code="not_found")
            if payment.result.code == _WORKING:
                return payment.result
            if payment.result.state in (PaymentState.UNDECIDED, PaymentState.PENDING):
                if payment.script in (Scripted.LATE_APPROVE, Scripted.PENDING):
                    payment.result = replace(payment.result, state=PaymentState.APPROVED, code="")
                    self.charged[reference] = payment.result.amount_minor
                elif payment.script is Scripted.LATE_DECLINE:
                    payment.result = replace(
                        payment.result, state=PaymentState.DECLINED, code="declined"
                    )
                self._keep()
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
                self._keep()
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
            self._keep()
            return result

    def _finish(self, payment: _Payment) -> None:
        """Decide a payment that the terminal was busy with, as its script says."""
        script, result = payment.script, replace(payment.result, code="")
        result = replace(
            result, state=PaymentState.APPROVED, terminal_reference=self._number(result.reference)
        )
        if script is Scripted.DECLINE:
            result = replace(result, state=PaymentState.DECLINED, code="declined")
        elif script is Scripted.PENDING:
            result = replace(result, state=PaymentState.PENDING, code="customer_confirms")
        elif script is not Scripted.APPROVE:
            result = replace(result, state=PaymentState.UNDECIDED, code="timeout")
        if script in (Scripted.APPROVE, Scripted.LATE_APPROVE):
            self.charged[result.reference] = result.amount_minor
        payment.result = result

    def _next(self, amount_minor: int) -> Scripted:
        if self._script:
            return self._script.popleft()
        if self._demo_amounts:
            return DEMO_AMOUNTS.get(amount_minor % 100, Scripted.APPROVE)
        return Scripted.APPROVE

    def _number(self, reference: str) -> str:
        return f"SIM{list(self._payments).index(reference) + 1:08d}"

    def _keep(self) -> None:
        """Write the book; a payment code is never in it."""
        if self._book is None:
            return
        payments = [asdict(payment) for payment in self._payments.values()]
        scratch = self._book.with_suffix(".new")
        scratch.write_text(json.dumps({"payments": payments, "charged": self.charged}, indent=1))
        os.replace(scratch, self._book)  # noqa: PTH105 - as short as it is

    def _read_book(self, book: Path) -> None:
        stored: dict[str, Any] = json.loads(book.read_text())
        self.charged.update(stored["charged"])
        for one in stored["payments"]:
            payment = _Payment(
                _result(one["result"]),
                Scripted(one["script"]),
                one["refunded_minor"],
                {name: _result(refund) for name, refund in one["refunds"].items()},
            )
            self._payments[payment.result.reference] = payment
        for payment in self._payments.values():
            if payment.result.code == _WORKING:
                # The till went away in the middle; the terminal and the customer went on.
                self._finish(payment)
                self._keep()


def terminal_from_url(url: str, home: Path) -> SimulatedPaymentTerminal:
    """Make the terminal of ``sim:FILE?latency_ms=1500&amounts=1``; ``FILE`` is looked for in ``home``.

    With ``amounts`` the last two digits of an amount choose what happens (`DEMO_AMOUNTS`).

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme != "sim":
        raise Illegal(f"{url!r}: expected sim: or sim:FILE for the payment terminal")
    unknown = set(parsed.options) - {"latency_ms", "amounts"}
    if unknown:
        raise Illegal(f"{url!r}: expected the options latency_ms and amounts, got {min(unknown)}")
    return SimulatedPaymentTerminal(
        demo_amounts=number_option(parsed, "amounts", 0, least=0, most=1) == 1,
        latency_s=number_option(parsed, "latency_ms", 0, least=0, most=60_000) / 1000,
        book=home / parsed.rest if parsed.rest else None,
    )


def _result(stored: dict[str, Any]) -> PaymentResult:
    return PaymentResult(**{**stored, "state": PaymentState(stored["state"])})
