"""The GS1 check digit: right-most data digit weighs 3, then 1, 3, … (GB 12904, GS1 GenSpecs 7.9).

The weighting starts at the right, so that one rule serves every length: a GTIN of 8 to 14 digits,
an SSCC of 18 and the 18-digit weighed labels of Chinese shops, which left-weighted readers get
wrong.
"""

from __future__ import annotations

_ZERO = ord("0")


def check_digit(body: str) -> int:
    """Check digit of `body`, the ASCII digits before it; raises ValueError for anything else."""
    if not (body.isascii() and body.isdigit()):
        raise ValueError(f"expected ASCII digits to compute a check digit of, got {body!r}")
    digits = body.encode("ascii")
    heavy, light = digits[::-2], digits[-2::-2]
    weighted = 3 * (sum(heavy) - _ZERO * len(heavy)) + sum(light) - _ZERO * len(light)
    return -weighted % 10


def has_valid_check_digit(code: str) -> bool:
    """Whether `code` is at least two ASCII digits of which the last is the check digit."""
    if len(code) < 2 or not (code.isascii() and code.isdigit()):
        return False
    digits = code.encode("ascii")
    heavy, light = digits[-2::-2], digits[::-2]
    weighted = 3 * (sum(heavy) - _ZERO * len(heavy)) + sum(light) - _ZERO * len(light)
    return weighted % 10 == 0
