"""GTINs: lengths, UPC-E, restricted ranges, add-ons, and the fourteen digits they all become.

A GTIN-14 of indicator 1-8 is a pack of an item and has a key of its own; its first digit is never
taken off to sell one piece instead.
"""

from __future__ import annotations

from pos.domain.barcode.check_digit import has_valid_check_digit
from pos.domain.barcode.values import Gtin, GtinFormat, InStoreCode, Unknown, UnknownReason

GTIN_LENGTHS = frozenset({8, 12, 13, 14})

_FORMATS = {8: GtinFormat.EAN_8, 12: GtinFormat.UPC_A, 14: GtinFormat.ITF_14}


def is_valid_gtin(code: str) -> bool:
    """Whether `code` is 8, 12, 13 or 14 ASCII digits with the right check digit."""
    return len(code) in GTIN_LENGTHS and has_valid_check_digit(code)


def normalise_gtin14(code: str, *, upc_e: bool = False) -> str | None:
    """Fourteen digits of a GTIN as item lists write it, or None when it is not one.

    Blanks around it are ignored. Eight digits beginning with 0 are both EAN-8 and UPC-E: they are
    read as EAN-8 unless `upc_e` is set and they are a valid UPC-E.
    """
    text = code.strip(" \t\r\n")
    if upc_e and len(text) == 8 and text.startswith("0"):
        expanded = expand_upc_e(text)
        if expanded is not None:
            return expanded.zfill(14)
    return text.zfill(14) if is_valid_gtin(text) else None


def expand_upc_e(code: str) -> str | None:
    """The UPC-A (12 digits) that an 8-digit UPC-E stands for, or None when it is not one.

    The digits are number system (0 or 1), six, check digit; the check digit is that of the UPC-A.
    Rule: GS1 General Specifications 5.2.2.4.2 (zero suppression).
    """
    if len(code) != 8 or code[0] not in "01" or not (code.isascii() and code.isdigit()):
        return None
    d = code[1:7]
    last = d[5]
    if last in "012":
        middle = d[:2] + last + "0000" + d[2:5]
    elif last == "3":
        middle = d[:3] + "00000" + d[3:5]
    elif last == "4":
        middle = d[:4] + "00000" + d[4]
    else:
        middle = d[:5] + "0000" + last
    expanded = code[0] + middle + code[7]
    return expanded if has_valid_check_digit(expanded) else None


def is_restricted(gtin14: str) -> bool:
    """Whether the number is from a range that shops give out themselves (RCN).

    GTIN-13 prefixes 20-29, 02 and 04 (UPC-A number systems 2 and 4), GTIN-8 prefixes 0 and 2; a
    pack (indicator 1-9) is not. Source: GS1 General Specifications, GS1 and GS1-8 prefixes.
    """
    if gtin14[0] != "0":
        return False
    if gtin14.startswith("000000"):
        return gtin14[6] in "02"
    return gtin14[1] == "2" or gtin14[1:3] in ("02", "04")


def read_gtin(code: str, *, upc_e: bool) -> Gtin | InStoreCode | Unknown:
    """Read 8, 12, 13 or 14 ASCII digits as a GTIN or as a code of the shop's own range.

    A wrong check digit is an Unknown that keeps the code for an exact lookup: shops do file codes
    with invented check digits, and a misread GTIN never equals a filed one.
    """
    if upc_e:
        expanded = expand_upc_e(code)
        if expanded is not None:
            return Gtin(expanded.zfill(14), code, GtinFormat.UPC_E)
    if not has_valid_check_digit(code):
        return Unknown(UnknownReason.BAD_CHECK_DIGIT, code, code)
    gtin14 = code.zfill(14)
    if is_restricted(gtin14):
        return InStoreCode(code, code, None, None, None, check_ok=True, gtin14=gtin14)
    return Gtin(gtin14, code, _FORMATS.get(len(code), GtinFormat.EAN_13))


def split_add_on(text: str) -> Gtin | None:
    """Split 14, 15, 17 or 18 digits of `]E3` into an EAN-13 or UPC-A and its supplement."""
    for length in (13, 12):
        for add_on_length in (2, 5):
            if len(text) == length + add_on_length and has_valid_check_digit(text[:length]):
                code, add_on = text[:length], text[length:]
                form = GtinFormat.EAN_13 if length == 13 else GtinFormat.UPC_A
                return Gtin(code.zfill(14), code, form, add_on)
    return None


def split_bare_add_on(text: str) -> Gtin | None:
    """Split 15 or 18 digits without identifier: periodicals (977) and books (978, 979)."""
    if (len(text) == 15 and text.startswith("977")) or (
        len(text) == 18 and text.startswith(("977", "978", "979"))
    ):
        return split_add_on(text)
    return None
