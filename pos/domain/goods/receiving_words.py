"""Words of receiving, one text for the till's papers and screens and for head office's pages."""

from __future__ import annotations

from typing import Final


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a text for extraction."""
    return text


DIFFERENCES: Final[dict[str, str]] = {
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
"""Reason of a difference → its words on paper and screen."""

POINTS: Final[dict[str, str]] = {
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
"""Points of the checklist → their words; a point that is not here is shown as it is written."""


def format_tenths(tenths: int) -> str:
    """Tenths of a degree as text: `-18.0`."""
    sign = "-" if tenths < 0 else ""
    return f"{sign}{abs(tenths) // 10}.{abs(tenths) % 10}"
