"""Why a count differs: the reason codes of variances, and the rule about bad tags (STK-06..11)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

TAGS_ALLOWED_A_MONTH: Final = 5
"""More pieces than these with a mixed or lost tag in a store and month are a violation (STK-07)."""


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a text for extraction."""
    return text


class VarianceReason(StrEnum):
    """Why the count of an item differs from the books; every variance has one (STK-11)."""

    CROSS_CODE = "cross_code"
    TAG = "tag"
    DAMAGE = "damage"
    THEFT = "theft"
    UNPOSTED_PAPER = "unposted_paper"
    LOAN = "loan"
    NOT_TAKEN = "not_taken"
    BATCH = "batch"
    WEIGHT_LOSS = "weight_loss"
    MISCOUNT = "miscount"
    OTHER = "other"


REASON_WORDS: Final[dict[VarianceReason, str]] = {
    VarianceReason.CROSS_CODE: N_("sold under another item's code"),
    VarianceReason.TAG: N_("mixed or lost tag"),
    VarianceReason.DAMAGE: N_("damaged, not written off"),
    VarianceReason.THEFT: N_("theft or unexplained loss"),
    VarianceReason.UNPOSTED_PAPER: N_("a paper was not entered"),
    VarianceReason.LOAN: N_("lent"),
    VarianceReason.NOT_TAKEN: N_("sold, delivery not taken yet"),
    VarianceReason.BATCH: N_("another batch than was entered"),
    VarianceReason.WEIGHT_LOSS: N_("dried out, weight lost"),
    VarianceReason.MISCOUNT: N_("an earlier count was wrong"),
    VarianceReason.OTHER: N_("another reason, see the note"),
}

REASON_NUMBERS: Final[dict[int, VarianceReason]] = dict(enumerate(VarianceReason, start=1))
"""As a list shows them, for the number pad."""


def reason_problem(reason: str, note: str) -> str:
    """Why a reason cannot stand, as a code; empty when it can: `no_reason`, `no_note`."""
    if reason not in set(VarianceReason):
        return "no_reason"
    return "no_note" if reason == VarianceReason.OTHER and not note.strip() else ""


def is_tag_violation(pieces_milli: Iterable[int], allowed: int = TAGS_ALLOWED_A_MONTH) -> bool:
    """Whether a month's pieces with bad tags, found by others than the store, are a violation.

    Strictly more than `allowed` pieces (STK-07); what the store found itself is not in it (STK-08).
    """
    return sum(pieces_milli) > allowed * 1000
