"""Tenders: how a sale is paid, with the states of a payment outside the till (experience rule 12)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.domain.cart import Refusal

CASH = "cash"
"""Tender type id of cash in the store's currency; always present."""


class TenderKind(StrEnum):
    """What kind of money a tender type is."""

    CASH = "cash"
    OUTSIDE = "outside"
    """Paid in the customer's phone or another device: confirmed by a person."""

    TERMINAL = "terminal"
    """Driven through a PaymentTerminal."""

    VOUCHER = "voucher"


class TenderType(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered tender of the settings, such as 1 现金 or 2 微信."""

    number: int
    id: str
    name: str
    name_en: str
    kind: TenderKind = TenderKind.CASH
    opens_drawer: bool = False
    gives_change: bool = False
    confirm: bool = False
    """Stays pending until someone says 已到账, 未到账 or 不确定."""


class TenderState(StrEnum):
    """State of one tender of an open sale."""

    PENDING = "pending"
    RECEIVED = "received"
    FAILED = "failed"
    UNDECIDED = "undecided"


class Tender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One tender row. Change is a row of its own with a negative amount."""

    tender_no: int
    tender_type: str
    amount_minor: int
    state: TenderState = TenderState.RECEIVED
    change: bool = False
    reference: str = ""
    """Last digits of the trade number, or our own key at the payment terminal; never a full PAN."""

    at: str = ""
    decided_by: str = ""
    terminal_reference: str = ""
    """The acquirer's number of a payment that a terminal took: what is printed and reconciled."""

    original_reference: str = ""
    """On a refund at a terminal: our key of the payment that is given back."""


class Payment(msgspec.Struct, frozen=True):
    """The tenders of an open sale; every function returns a new value."""

    due_minor: int
    """Amount to be paid, cash rounding not included."""

    tenders: tuple[Tender, ...] = ()

    @property
    def counted_minor(self) -> int:
        """What is paid or may yet prove to be paid: pending and undecided are never charged twice."""
        return sum(t.amount_minor for t in self.tenders if t.state is not TenderState.FAILED)

    @property
    def remaining_minor(self) -> int:
        """What is still to be paid (negative while a refund is due)."""
        return self.due_minor - self.counted_minor

    @property
    def pending(self) -> tuple[Tender, ...]:
        """Tenders that wait for a decision."""
        return tuple(t for t in self.tenders if t.state is TenderState.PENDING)


def add_tender(
    payment: Payment,
    tender_type: TenderType,
    amount_minor: int,
    *,
    reference: str = "",
    original_reference: str = "",
    at: str = "",
    ceiling_over_due_minor: int | None = None,
) -> Payment | Refusal:
    """Add a tender of `amount_minor`; what is over is change when the type gives change.

    Refused: nothing left to pay, an amount of the wrong sign, more than is due on a type that
    gives no change, cash above due + `ceiling_over_due_minor` (that looks like a barcode).
    """
    remaining = payment.remaining_minor
    if remaining == 0 and payment.tenders:
        return Refusal("nothing_due", "nothing is left to pay")
    if amount_minor == 0 and payment.due_minor != 0:
        return Refusal("amount_zero", "the amount must not be 0")
    if amount_minor and remaining and (amount_minor > 0) != (remaining > 0):
        return Refusal("amount_wrong_sign", "the amount goes the wrong way for what is due")
    over = amount_minor - remaining if remaining > 0 else 0
    if remaining < 0 and amount_minor < remaining:
        return Refusal("refund_too_large", "this is more than is to be paid back")
    if over > 0 and not tender_type.gives_change:
        return Refusal(
            "no_change_given",
            "this tender gives no change; type at most what is due",
            {"due_minor": remaining},
        )
    if ceiling_over_due_minor is not None and over > ceiling_over_due_minor:
        return Refusal(
            "looks_like_barcode", "that looks like a barcode, not like an amount of money"
        )
    number = len(payment.tenders) + 1
    tender = Tender(
        tender_no=number,
        tender_type=tender_type.id,
        amount_minor=amount_minor,
        state=TenderState.PENDING if _waits(tender_type) else TenderState.RECEIVED,
        reference=reference,
        original_reference=original_reference,
        at=at,
    )
    tenders = (*payment.tenders, tender)
    if over > 0:
        tenders = (
            *tenders,
            Tender(
                tender_no=number + 1,
                tender_type=tender_type.id,
                amount_minor=-over,
                change=True,
                at=at,
            ),
        )
    return Payment(payment.due_minor, tenders)


def _waits(tender_type: TenderType) -> bool:
    """What a terminal takes is never money before the terminal has said so."""
    return tender_type.confirm or tender_type.kind is TenderKind.TERMINAL


def decide_tender(
    payment: Payment,
    tender_no: int,
    state: TenderState,
    *,
    reference: str = "",
    terminal_reference: str = "",
    by: str = "",
) -> Payment | Refusal:
    """Decide a pending or undecided tender: received, failed or undecided."""
    found = next((t for t in payment.tenders if t.tender_no == tender_no), None)
    if found is None or found.state not in (TenderState.PENDING, TenderState.UNDECIDED):
        return Refusal("tender_not_pending", "this tender does not wait for a decision")
    decided = msgspec.structs.replace(
        found,
        state=state,
        reference=reference or found.reference,
        terminal_reference=terminal_reference or found.terminal_reference,
        decided_by=by,
    )
    return _with(payment, decided)


def add_refund(payment: Payment, refund: Tender) -> Payment:
    """Put the pending refund of one of these tenders beside it; `given_back` takes both together."""
    placed = msgspec.structs.replace(refund, tender_no=len(payment.tenders) + 1)
    return Payment(payment.due_minor, (*payment.tenders, placed))


def given_back(payment: Payment, refund: Tender, *, by: str = "") -> Payment | None:
    """The tender that `refund` has paid back counts as one that never was; None = not of this sale."""
    found = next(
        (t for t in payment.tenders if t.reference and t.reference == refund.original_reference),
        None,
    )
    if found is None:
        return None
    changed = _with(
        payment, msgspec.structs.replace(found, state=TenderState.FAILED, decided_by=by)
    )
    kept = tuple(t for t in changed.tenders if t.tender_no != refund.tender_no)
    return Payment(payment.due_minor, kept)


def _with(payment: Payment, changed: Tender) -> Payment:
    return Payment(
        payment.due_minor,
        tuple(changed if t.tender_no == changed.tender_no else t for t in payment.tenders),
    )


def remove_last_tender(payment: Payment) -> tuple[Payment, tuple[Tender, ...]] | Refusal:
    """Take the last tender (with its change row) back; a pending or undecided one stays."""
    live = list(payment.tenders)
    taken: list[Tender] = []
    if live and live[-1].change:
        taken.append(live.pop())
    if not live:
        return Refusal("no_tender", "there is no tender to take back")
    if live[-1].state in (TenderState.PENDING, TenderState.UNDECIDED):
        return Refusal(
            "tender_pending", "this payment is not decided; say first whether it arrived"
        )
    taken.append(live.pop())
    return Payment(payment.due_minor, tuple(live)), tuple(reversed(taken))


def change_due(payment: Payment) -> int:
    """Change handed out, as a positive amount."""
    return -sum(t.amount_minor for t in payment.tenders if t.change)
