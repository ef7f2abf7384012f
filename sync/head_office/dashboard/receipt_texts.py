"""Words of receipts on pages: points of the checklist, differences, findings that travel with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pos.domain.goods.receiving_words import DIFFERENCES, POINTS, format_tenths
from pos.i18n import N_

REVIEWS: dict[str, str] = {
    "short_life": N_("Less life left than the shop wants"),
    "over_delivered": N_("More delivered than ordered"),
    "over_tolerance": N_("More received than the order allows"),
    "sold_before_signed": N_("Sold before the receipt was signed"),
    "beyond_on_hand": N_("More than the shop had by its books"),
}
REASONS: dict[str, str] = {
    "loan_charge": N_("charged to who answers for the loan"),
    "tag": N_("mixed or lost tag"),
    "mixed": N_("mixed tag"),
    "lost": N_("lost tag"),
    "quality": N_("Quality"),
    "recall": N_("Recalled"),
}


def points(codes: str | Iterable[str], say: Callable[[str], str]) -> list[str]:
    """Points of a checklist in words; one that a shop named itself stays as it is."""
    found = codes.split() if isinstance(codes, str) else codes
    return [say(POINTS[code]) if code in POINTS else code for code in found]


def reason(code: str, say: Callable[[str], str]) -> str:
    """Why a line is on a document; free text stays as it is."""
    text = DIFFERENCES.get(code) or REASONS.get(code)
    return say(text) if text else code


def review(code: str, say: Callable[[str], str]) -> str:
    """A finding that travels with a document."""
    return say(REVIEWS[code]) if code in REVIEWS else code


def degrees(tenths: int) -> str:
    """Tenths of a degree as text: `-18.0 °C`."""
    return f"{format_tenths(tenths)} °C"
