"""Members: the number that a customer is known by, and how much of it anybody may read."""

from __future__ import annotations

import re
from typing import Final

from pos.domain.cart import Refusal

_NUMBER: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,31}")


def member_number(text: str) -> str | Refusal:
    """A card's or telephone's number as it is kept: 4 to 32 letters, digits and hyphens."""
    number = text.strip().replace(" ", "")
    if not _NUMBER.fullmatch(number):
        return Refusal("not_a_member_number", "a member's number has 4 to 32 letters and digits")
    return number


def masked_member(number: str) -> str:
    """`138****5678`: enough to know one's own number by, not enough to ring anybody up."""
    if len(number) < 8:
        return "*" * (len(number) - 2) + number[-2:]
    return f"{number[:3]}****{number[-4:]}"
