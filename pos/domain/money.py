"""Money as integers: minor units for amounts, ten-thousandths for unit prices, one rounding.

An *amount* is an integer of minor units (分, pence): `*_minor`. A *unit price* is an integer of
ten-thousandths of the currency unit: `*_e4`. A *quantity* is an integer of thousandths:
`*_milli`. No float is ever near money (invariant 5); the only place where an amount is rounded is
`divide_half_away`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

E4_PER_MINOR = 100
"""Ten-thousandths in one minor unit (a currency of two decimals)."""

MINOR_PER_UNIT = 100
MILLI = 1000

_EXTENSION_DIVISOR = E4_PER_MINOR * MILLI
_AMOUNT = re.compile(r"([+-]?)(\d{1,15})(?:\.(\d{1,4}))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


class MoneyFormatError(ValueError):
    """Text that is not money: the message says what was expected and what came."""


def divide_half_away(numerator: int, denominator: int) -> int:
    """Divide and round half away from zero: the one rounding of the product.

    `denominator` must be positive. 2.5 becomes 3, -2.5 becomes -3.
    """
    if numerator >= 0:
        return (2 * numerator + denominator) // (2 * denominator)
    return -((-2 * numerator + denominator) // (2 * denominator))


def extended_amount(unit_price_e4: int, quantity_milli: int) -> int:
    """Amount of a line in minor units: unit price × quantity, rounded once, half away from zero."""
    return divide_half_away(unit_price_e4 * quantity_milli, _EXTENSION_DIVISOR)


def percent_of_e4(unit_price_e4: int, pay_basis_points: int) -> int:
    """Unit price when `pay_basis_points` of 10,000 are paid: 3.5折 is 3,500 (PRC-13)."""
    return divide_half_away(unit_price_e4 * pay_basis_points, 10_000)


def tax_included(amount_minor: int, rate_basis_points: int) -> int:
    """Tax contained in a tax-inclusive amount: amount × rate / (1 + rate), rounded once."""
    return divide_half_away(amount_minor * rate_basis_points, 10_000 + rate_basis_points)


def round_to_step(amount_minor: int, step_minor: int) -> int:
    """Nearest multiple of `step_minor` (cash rounding), halves away from zero; step 0 or 1 = none."""
    if step_minor <= 1:
        return amount_minor
    return divide_half_away(amount_minor, step_minor) * step_minor


def allocate(amount_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split an amount over weights so that the parts sum back to it exactly.

    Largest remainder, earlier parts first on a tie. Negative weights count as zero; with no
    positive weight everything falls on the first part. An empty `weights` with a non-zero amount
    is an error of the caller.
    """
    if not weights:
        if amount_minor:
            msg = "expected at least one weight to allocate a non-zero amount to, got none"
            raise ValueError(msg)
        return ()
    usable = [max(0, weight) for weight in weights]
    total = sum(usable)
    if total == 0:
        return (amount_minor, *([0] * (len(weights) - 1)))
    sign = -1 if amount_minor < 0 else 1
    magnitude = abs(amount_minor)
    parts = [magnitude * weight // total for weight in usable]
    remainders = sorted(range(len(usable)), key=lambda i: (-(magnitude * usable[i] % total), i))
    for i in remainders[: magnitude - sum(parts)]:
        parts[i] += 1
    return tuple(sign * part for part in parts)


def parse_amount(text: str) -> int:
    """Decimal text with at most two decimals → minor units; raises MoneyFormatError."""
    return _parse(text, 2, "an amount such as 12.50")


def parse_unit_price(text: str) -> int:
    """Decimal text with at most four decimals → ten-thousandths; raises MoneyFormatError."""
    return _parse(text, 4, "a unit price with at most 4 decimals such as 2.3500")


def _parse(text: str, decimals: int, expected: str) -> int:
    match = _AMOUNT.fullmatch(text.strip())
    fraction = match.group(3) or "" if match else ""
    if match is None or len(fraction.rstrip("0")) > decimals:
        msg = f"expected {expected}, got {text!r}"
        raise MoneyFormatError(msg)
    digits = int(match.group(2) + fraction[:decimals].ljust(decimals, "0"))
    return -digits if match.group(1) == "-" else digits


def format_amount(amount_minor: int) -> str:
    """Minor units → `1234.50`: the form of the wire, of files and of JSON."""
    sign = "-" if amount_minor < 0 else ""
    units, minor = divmod(abs(amount_minor), MINOR_PER_UNIT)
    return f"{sign}{units}.{minor:02d}"


def display_amount(amount_minor: int) -> str:
    """Minor units → `1,234.50`: the form of screens and paper."""
    sign = "-" if amount_minor < 0 else ""
    units, minor = divmod(abs(amount_minor), MINOR_PER_UNIT)
    return f"{sign}{units:,}.{minor:02d}"


def format_unit_price(unit_price_e4: int) -> str:
    """Ten-thousandths → at least two decimals, at most four: `2.00`, `2.355`."""
    sign = "-" if unit_price_e4 < 0 else ""
    units, rest = divmod(abs(unit_price_e4), 10_000)
    fraction = f"{rest:04d}".rstrip("0").ljust(2, "0")
    return f"{sign}{units}.{fraction}"


def check_currency(code: str) -> str:
    """Return `code` when it is an ISO 4217 alphabetic code, else raise MoneyFormatError."""
    if _CURRENCY.fullmatch(code) is None:
        msg = f"expected a three-letter currency code such as CNY, got {code!r}"
        raise MoneyFormatError(msg)
    return code
