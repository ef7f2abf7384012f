"""Typed text → values of the domain; every wrong text raises `TypedError` with a sentence."""

from __future__ import annotations

from datetime import date
from typing import Final

from pos.domain.money import MoneyFormatError, parse_amount, parse_unit_price
from pos.domain.quantity import QuantityFormatError, parse_quantity
from pos.i18n import gettext as _
from pos.i18n import language

BARCODE_DIGITS: Final = 8
"""From this many digits on a number is taken for a barcode (rule 1)."""


class TypedError(ValueError):
    """What was typed is not what was asked for: the message is for the screen."""


def _refuse_barcode(text: str, digits: int = BARCODE_DIGITS) -> None:
    if len(text.split(".", maxsplit=1)[0].lstrip("-")) >= digits:
        raise TypedError(_("That looks like a barcode, not like a number"))


def amount(text: str, digits: int = BARCODE_DIGITS) -> int:
    """`12.5` → 1250 minor units."""
    _refuse_barcode(text, digits)
    try:
        return parse_amount(_number(text))
    except MoneyFormatError as error:
        raise TypedError(_("Type an amount such as 12.50")) from error


def price(text: str) -> int:
    """`12.5` → 125000 ten-thousandths."""
    _refuse_barcode(text)
    try:
        return parse_unit_price(_number(text))
    except MoneyFormatError as error:
        raise TypedError(_("Type a price such as 12.50")) from error


def quantity(text: str) -> int:
    """`0.328` → 328 thousandths."""
    _refuse_barcode(text)
    try:
        return parse_quantity(_number(text))
    except QuantityFormatError as error:
        raise TypedError(_("Type a quantity such as 2 or 0.328")) from error


def discount(text: str) -> int:
    """The part to pay in basis points: 8500 for `8.5` (折) in Chinese, `15` (% off) in English."""
    try:
        typed = parse_quantity(_number(text))
    except QuantityFormatError as error:
        raise TypedError(_("Type the discount, for example 8.5")) from error
    pay = typed if language() == "zh_CN" else 10_000 - typed // 10
    if not 0 <= pay <= 10_000:
        raise TypedError(_("The discount must be between 0 and the whole amount"))
    return pay


def count(text: str) -> int:
    """A whole number, not below 0."""
    if not text.isascii() or not text.isdigit() or len(text) >= BARCODE_DIGITS:
        raise TypedError(_("Type a whole number"))
    return int(text)


def day(text: str) -> str:
    """A business day: `2026-11-21`, or `20261121` from the pad."""
    digits = text.replace("-", "").strip()
    shown = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    try:
        return date.fromisoformat(shown).isoformat()
    except ValueError as error:
        raise TypedError(_("Type a date such as 2026-11-21")) from error


def time_of_day(text: str) -> str:
    """A time of day: `08:30`, or `0830` from the pad."""
    digits = text.replace(":", "").strip().zfill(4)
    hours, minutes = digits[:-2], digits[-2:]
    if len(digits) != 4 or not digits.isdigit() or int(hours) > 23 or int(minutes) > 59:
        raise TypedError(_("Type a time such as 08:30"))
    return f"{hours}:{minutes}"


def words(text: str) -> str:
    """Any text that is not blank."""
    if not text.strip():
        raise TypedError(_("Type something"))
    return text.strip()


def pin(text: str) -> str:
    """A PIN: digits, not empty."""
    if not text.isascii() or not text.isdigit():
        raise TypedError(_("Type the PIN in digits"))
    return text


def _number(text: str) -> str:
    text = text.strip()
    return f"0{text}" if text.startswith(".") else text.removesuffix(".")
