"""Words of receipts on pages: points of the checklist, differences, findings that travel with them.

They are the till's own words (`pos.receipt.goods_receiving`), said here once more because head
office takes nothing from a till's printing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pos.i18n import N_

POINTS: dict[str, str] = {
    "opened": N_("boxes opened"),
    "quality": N_("quality"),
    "maker_name": N_("maker's name"),
    "maker_address": N_("maker's address"),
    "certificate": N_("certificate of quality"),
    "trademark": N_("trademark agrees with the brand"),
    "origin": N_("origin agrees with the packaging"),
    "soft_label": N_("soft label: fibres and washing"),
    "chinese_label": N_("Chinese label"),
    "test_report": N_("test report"),
    "warning": N_("warning label"),
    "anti_counterfeit": N_("anti-counterfeit mark"),
    "warranty_card": N_("warranty card"),
    "seal_intact": N_("seal of the pack intact"),
    "customs": N_("customs papers"),
    "health_certificate": N_("health certificate"),
    "origin_certificate": N_("certificate of origin"),
    "label_approval": N_("approval of the label"),
    "ingredients": N_("list of ingredients"),
}
DIFFERENCES: dict[str, str] = {
    "short": N_("Short"),
    "over": N_("Too much"),
    "damaged": N_("Damaged"),
    "wrong": N_("Not ordered"),
    "expired": N_("Expired"),
    "checklist": N_("Not as required"),
    "temperature": N_("Temperature on arrival"),
    "no_price": N_("No retail price"),
    "out_of_scope": N_("Outside the licence"),
    "licence_expired": N_("Licence expired"),
    "no_papers": N_("Papers missing"),
}
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
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10} °C"
