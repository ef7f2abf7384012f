"""What a payment terminal's refusals mean to a cashier."""

from __future__ import annotations

from typing import Final

from drivers.ports import PaymentResult
from pos.i18n import N_
from pos.i18n import gettext as _

WHY: Final[dict[str, str]] = {
    "declined": N_("The terminal declined it: choose another tender"),
    "cancelled": N_("Cancelled at the terminal: nothing was charged"),
    "not_found": N_("The terminal knows nothing of it: nothing was charged"),
    "offline": N_("The terminal is not reached: nothing was charged, choose another tender"),
    "not_written": N_("Not written to disk, so the terminal was not asked"),
    "exceeds_payment": N_("The terminal does not pay back more than was paid"),
    "not_approved": N_("The terminal took no such payment: pay back another way"),
}
"""The terminal's code for a refusal → sentence."""


def why_declined(answer: PaymentResult) -> str:
    """The terminal's refusal in the language of the screen."""
    return _(WHY.get(answer.code, WHY["declined"]))
