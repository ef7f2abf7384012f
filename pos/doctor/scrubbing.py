"""Taking secrets out of logs and settings before they leave the shop."""

from __future__ import annotations

import re

from pos.domain.barcode import mask_payment_codes

_CARD = re.compile(r"(?<!\d)[2-6]\d(?:[ -]?\d){13,17}(?!\d)")
"""Card numbers have 15 to 19 digits; the 13 and 14 of goods' codes stay readable."""
_NAMED = re.compile(
    r"""(?ix) (["']?\b[\w.]*(?:pin|password|passwd|secret|token|code|verifier|recovery_code|
    signature|pepper|authorization|key)\b["']?\s*[:=]\s*) (?: "[^"]*" | '[^']*' | [^\s,}\]]+ )"""
)
_URL_PASSWORD = re.compile(r"(\w+://[^/\s:@]+:)[^@\s/]+@")
_PHONE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")


def scrub(text: str) -> str:
    """A text without PINs, passwords, codes, payment codes, card numbers and telephone numbers."""
    text = mask_payment_codes(text)
    text = _NAMED.sub(r'\1"***"', text)
    text = _URL_PASSWORD.sub(r"\1***@", text)
    text = _CARD.sub(_card, text)
    return _PHONE.sub(r"\1****\2", text)


def _card(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    if not _luhn(digits):
        return found.group()
    return f"{digits[:6]}…{digits[-4:]}"


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
