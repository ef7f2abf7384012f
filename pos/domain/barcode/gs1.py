"""GS1 element strings and Digital Links: biip reads the fields, this module decides what counts.

biip is asked only for data that is already known to be GS1, and its answer is checked again: it
leaves a wrong check digit in a field, applies no rule between fields, ignores upper-case schemes,
and takes the century of a date from the machine's clock. Here keys must have their check digits,
(02) and (37) need each other, and dates follow the year that the caller gives.
"""

from __future__ import annotations

import calendar
import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING

from pos.domain.barcode.check_digit import has_valid_check_digit
from pos.domain.barcode.values import Gs1Message, UnknownReason
from pos.domain.money import divide_half_away
from pos.domain.quantity import weight_to_milli_kg

if TYPE_CHECKING:
    from biip.gs1_element_strings import GS1ElementStrings

GS = "\x1d"
"""FNC1 as scanners send it: ends a field of variable length."""

_KEYS_WITH_CHECK_DIGIT = frozenset({"00", "01", "02", "03"})
_DATES = ("11", "12", "13", "15", "16", "17")
_MIN_LINK_GTIN = 12


def preload_gs1() -> None:
    """Import biip now, in an idle moment, rather than at the first GS1 scan (about 0.2 s)."""
    import biip.gs1_digital_link_uris
    import biip.gs1_messages  # noqa: F401 - imported to be ready


def iso_date(text: str, today_year: int | None) -> str | None:
    """A GS1 date YYMMDD as ISO text, or None when no calendar has it.

    Day 00 is the last day of the month. The century is the one that puts the year at most 49
    years before and 50 years after `today_year` (GS1 General Specifications 7.12); without it
    every year is of this century.
    """
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    if today_year is None:
        year += 2000
    else:
        distance = year - today_year % 100
        year += today_year - today_year % 100
        if distance >= 51:
            year -= 100
        elif distance <= -50:
            year += 100
    try:
        if day == 0:
            day = calendar.monthrange(year, month)[1]
        return dt.date(year, month, day).isoformat()
    except (ValueError, OverflowError):
        return None


def looks_like_element_string(text: str) -> bool:
    """Whether text that no scanner vouched for has the shape of a GS1 message.

    Only (01), (02) or (00) with a right check digit at the start of at least 16 characters show
    it. Nothing shorter: an EAN-13 that begins with 21 is no serial number.
    """
    if text.startswith(("01", "02")):
        return len(text) >= 16 and has_valid_check_digit(text[2:16])
    return text.startswith("00") and len(text) >= 20 and has_valid_check_digit(text[2:20])


def is_web_address(text: str) -> bool:
    """Whether the text begins with http:// or https:// in any case."""
    return text[:8].lower().startswith(("http://", "https://"))


def read_element_string(text: str, today_year: int | None) -> Gs1Message | UnknownReason:
    """Read element strings, GS between variable fields; a reason when they do not make sense."""
    from biip import ParseConfig
    from biip.gs1_messages import GS1Message

    data = text.lstrip(GS)
    if not data:
        return UnknownReason.EMPTY
    try:
        message = GS1Message.parse(data, config=ParseConfig(gs1_element_strings_verify_date=False))
    except Exception:  # noqa: BLE001 - whatever a parser says to hostile data, the till goes on
        return UnknownReason.GS1_UNREADABLE
    return _message(text, _pairs(message.element_strings), today_year)


def read_digital_link(text: str, today_year: int | None) -> Gs1Message | UnknownReason:
    """Read a GS1 Digital Link URI; NOT_A_PRODUCT_CODE when the address names no trade item.

    Scheme and host may be upper case (as QR codes prefer); a slash or a fragment at the end does
    not matter. A GTIN must have 12 digits or more: `/2026/01/20260115` is a news page.
    """
    scheme, _, rest = text.partition("://")
    rest = rest.partition("#")[0]
    address, question_mark, query = rest.partition("?")
    host, slash, path = address.rstrip("/").partition("/")
    if not _names_a_key(path):
        return UnknownReason.NOT_A_PRODUCT_CODE

    from biip import ParseConfig
    from biip.gs1_digital_link_uris import GS1DigitalLinkURI

    uri = f"{scheme.lower()}://{host.lower()}{slash}{path}{question_mark}{query}"
    try:
        link = GS1DigitalLinkURI.parse(
            uri, config=ParseConfig(gs1_element_strings_verify_date=False)
        )
    except Exception:  # noqa: BLE001 - whatever a parser says to hostile data, the till goes on
        return UnknownReason.GS1_UNREADABLE
    return _message(text, _pairs(link.element_strings), today_year)


def _names_a_key(path: str) -> bool:
    """Whether the path holds /01/ with a GTIN's digits or /00/ with an SSCC's."""
    parts = path.split("/")
    for name, value in pairwise(parts):
        if not (value.isascii() and value.isdigit()):
            continue
        if name == "01" and _MIN_LINK_GTIN <= len(value) <= 14:
            return True
        if name == "00" and len(value) == 18:
            return True
    return False


def _pairs(strings: GS1ElementStrings) -> tuple[tuple[str, str], ...]:
    """Each application identifier with its value; that of (393n) begins with the currency."""
    return tuple((element.ai.ai, element.value) for element in strings)


def _message(
    raw: str, elements: tuple[tuple[str, str], ...], today_year: int | None
) -> Gs1Message | UnknownReason:
    fields: dict[str, str] = {}
    for identifier, value in elements:
        # A Digital Link may carry anything percent-encoded; biip's \d takes digits of any script.
        if not (value.isascii() and value.isprintable()):
            return UnknownReason.GS1_UNREADABLE
        if fields.setdefault(identifier, value) != value:
            return UnknownReason.GS1_INCONSISTENT
        if identifier in _KEYS_WITH_CHECK_DIGIT and not has_valid_check_digit(value):
            return UnknownReason.BAD_CHECK_DIGIT
    if not _consistent(fields):
        return UnknownReason.GS1_INCONSISTENT
    dates: dict[str, str] = {}
    for identifier in _DATES:
        if identifier in fields:
            date = iso_date(fields[identifier], today_year)
            if date is None:
                return UnknownReason.BAD_DATE
            dates[identifier] = date
    price_minor, price_currency = _price(fields)
    return Gs1Message(
        raw=raw,
        gtin14=fields.get("01"),
        batch=fields.get("10"),
        expiry=dates.get("17"),
        best_before=dates.get("15"),
        serial=fields.get("21"),
        net_weight_milli=_net_weight(fields),
        price_minor=price_minor,
        price_currency=price_currency,
        count=int(fields["37"]) if "37" in fields else None,
        content_gtin=fields.get("02"),
        sscc=fields.get("00"),
        elements=elements,
    )


def _consistent(fields: dict[str, str]) -> bool:
    """Rules between fields (GS1 General Specifications 4.13, 4.14).

    (01) excludes (02); (02) and (37) need each other ((37) may count (8026) instead); one net
    weight and one price at most. (00) beside (02) is not insisted on: old pallet labels lack it.
    """
    if "02" in fields and ("01" in fields or "37" not in fields):
        return False
    if "37" in fields and "02" not in fields and "8026" not in fields:
        return False
    weights = sum(key.startswith("310") for key in fields)
    prices = sum(key.startswith(("392", "393")) for key in fields)
    return weights <= 1 and prices <= 1


def _net_weight(fields: dict[str, str]) -> int | None:
    for identifier, value in fields.items():
        if identifier.startswith("310"):
            return weight_to_milli_kg(int(value), int(identifier[3]), "kg")
    return None


def _price(fields: dict[str, str]) -> tuple[int | None, str | None]:
    for identifier, value in fields.items():
        if identifier.startswith(("392", "393")):
            currency = value[:3] if identifier.startswith("393") else None
            digits = value[3:] if currency else value
            return divide_half_away(int(digits) * 100, 10 ** int(identifier[3])), currency
    return None, None
