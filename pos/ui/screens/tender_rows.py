"""The tenders of a payment as rows: on the left what there is, on the right what was entered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pos.domain.tender import Payment, Tender, TenderState
from pos.i18n import gettext as _
from pos.services import payment_terminal
from pos.services.context import Till
from pos.ui.text_grid import Line, cells, clean, fit
from pos.ui.texts import amount_text, named

SIGNS: Final[dict[TenderState, str]] = {
    TenderState.PENDING: "…",
    TenderState.RECEIVED: "✓",
    TenderState.FAILED: "✗",
    TenderState.UNDECIDED: "?",
}


def state_words(state: TenderState, *, refund: bool = False) -> str:
    """Sign and word of a tender's state."""
    words = {
        TenderState.PENDING: _("Waiting"),
        TenderState.RECEIVED: _("Paid back") if refund else _("Received"),
        TenderState.FAILED: _("Not paid back") if refund else _("Not received"),
        TenderState.UNDECIDED: _("Uncertain"),
    }
    return f"{SIGNS[state]} {words[state]}"


def paid_so_far(payment: Payment, *, refund: bool) -> str:
    """What is paid for certain, and beside it what waits for somebody's word."""
    sums = {
        state: sum(t.amount_minor for t in payment.tenders if t.state is state)
        for state in (TenderState.PENDING, TenderState.UNDECIDED)
    }
    paid = amount_text(abs(payment.counted_minor - sum(sums.values())))
    text = (_("Paid back {amount}") if refund else _("Paid {amount}")).format(amount=paid)
    for state, amount_minor in sums.items():
        if amount_minor:
            text += f"  {state_words(state)} {amount_text(abs(amount_minor))}"
    return text


def tender_rows(till: Till, payment: Payment, width: int, height: int) -> Sequence[Line]:
    """Rows of the payment screen, headed, `height` of them at least."""
    left = min(30, width // 2 - 2)
    right = width - left - 3
    kinds = [
        f"{kind.number:>2}  {named(kind.name, kind.name_en)}"
        for kind in sorted(till.tender_types, key=lambda kind: kind.number)
    ]
    entered = [_tender_row(till, tender, right) for tender in payment.tenders]
    rows: list[Line] = [
        ((fit(" " + _("Tenders"), left), "heading"), (" │ ", "dim"), (_("Entered"), "heading"))
    ]
    for index in range(max(len(kinds), len(entered), height - 1)):
        kind_text = " " + kinds[index] if index < len(kinds) else ""
        row = entered[index] if index < len(entered) else (("", "text"),)
        rows.append(((fit(kind_text, left), "text"), (" │ ", "dim"), *row))
    return rows


def _tender_row(till: Till, tender: Tender, width: int) -> Line:
    kind = till.tender_type(tender.tender_type)
    name = (
        _("Change")
        if tender.change
        else named(kind.name, kind.name_en)
        if kind is not None
        else clean(tender.tender_type)
    )
    state = state_words(tender.state, refund=tender.amount_minor < 0 and not tender.change)
    amount = amount_text(tender.amount_minor)
    room = width - cells(state) - cells(amount) - 3
    role = "text" if tender.state is TenderState.RECEIVED else "orange"
    own_key = payment_terminal.is_terminal(till, tender.tender_type)
    shown = tender.terminal_reference if own_key else tender.reference
    reference = f" {clean(shown)}" if shown else ""
    return (
        (fit(name + reference, room), role),
        (f" {state} ", role),
        (amount + " ", "strong"),
    )
