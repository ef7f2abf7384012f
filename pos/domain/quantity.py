"""Quantities as integers of thousandths: pieces, kilograms and everything between."""

from __future__ import annotations

import re

ONE = 1000
"""One piece, or one kilogram, in thousandths."""

MAX_QUANTITY_MILLI = 10**12
"""A thousand million units: beyond it a quantity is a slip of the fingers or a barcode."""

_QUANTITY = re.compile(r"([+-]?)(\d{1,12})(?:\.(\d{1,6}))?", re.ASCII)

_GRAMS_PER = {"kg": 1000, "g": 1, "jin": 500}

_MG_PER = {
    "": 1_000_000,
    "kg": 1_000_000,
    "公斤": 1_000_000,
    "千克": 1_000_000,
    "斤": 500_000,
    "市斤": 500_000,
    "jin": 500_000,
    "两": 50_000,
    "g": 1_000,
    "克": 1_000,
}
"""Milligrams in the unit that an item is priced by; goods without a unit are priced by kg."""


class QuantityFormatError(ValueError):
    """Text that is not a quantity: the message says what was expected and what came."""


def parse_quantity(text: str) -> int:
    """Decimal text with at most three decimals → thousandths; raises QuantityFormatError."""
    match = _QUANTITY.fullmatch(text.strip())
    fraction = match.group(3) or "" if match else ""
    if match is None or len(fraction.rstrip("0")) > 3:
        msg = f"expected a quantity with at most 3 decimals such as 2 or 0.328, got {text!r}"
        raise QuantityFormatError(msg)
    milli = int(match.group(2) + fraction[:3].ljust(3, "0"))
    if milli > MAX_QUANTITY_MILLI:
        msg = f"expected a quantity of at most {MAX_QUANTITY_MILLI // ONE}, got {text!r}"
        raise QuantityFormatError(msg)
    return -milli if match.group(1) == "-" else milli


def format_quantity(quantity_milli: int) -> str:
    """Thousandths → the shortest decimal text: `2`, `0.328`, `-1.5`."""
    sign = "-" if quantity_milli < 0 else ""
    units, rest = divmod(abs(quantity_milli), ONE)
    return f"{sign}{units}" if rest == 0 else f"{sign}{units}.{f'{rest:03d}'.rstrip('0')}"


def weight_to_milli_kg(value: int, decimals: int, unit: str) -> int:
    """A scale's or label's number (`value` / 10^decimals of kg, g or jin=500 g) → thousandths of kg.

    Rounds half away from zero to the gram; an unknown unit raises QuantityFormatError.
    """
    grams = _GRAMS_PER.get(unit)
    if grams is None:
        msg = f"expected one of {', '.join(_GRAMS_PER)} as weight unit, got {unit!r}"
        raise QuantityFormatError(msg)
    divisor = int(10**decimals)
    scaled = 2 * abs(value) * grams + divisor
    milli = scaled // (2 * divisor)
    return -milli if value < 0 else milli


def quantity_of_weight(weight_mg: int, unit: str) -> int | None:
    """Milligrams → thousandths of the item's unit, half away from zero; None for no weight unit."""
    per = _MG_PER.get(unit.strip().lower())
    if per is None:
        return None
    milli = (2 * abs(weight_mg) * ONE + per) // (2 * per)
    return -milli if weight_mg < 0 else milli
