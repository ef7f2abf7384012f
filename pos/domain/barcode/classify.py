"""The classifier: one scan in, one value out, never an exception (B1, B3, S2).

The package's docstring says in which order the questions are asked and why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pos.domain.barcode import gs1
from pos.domain.barcode.gtin import GTIN_LENGTHS, read_gtin, split_add_on, split_bare_add_on
from pos.domain.barcode.in_store import WeighedLayout, read_weighed
from pos.domain.barcode.payment import mask, mask_payment_codes, payment_scheme
from pos.domain.barcode.values import (
    Classified,
    CommandCode,
    Gs1Message,
    Gtin,
    InStoreCode,
    PaymentCode,
    ReceiptNumber,
    ScanContext,
    TraceCode,
    Unknown,
    UnknownReason,
)

MAX_SCAN_LENGTH = 2048
"""Characters; a Digital Link with every attribute is a few hundred."""

COMMAND_PREFIX = "$POS:"
"""Begins the codes of the command sheet. No GTIN, label or GS1 message begins with a dollar sign."""

TRACE_CODE_LENGTH = 20
TRACE_CODE_PREFIXES = ("8",)
"""How drug trace codes of 码上放心 begin; imports carry GS1 codes instead."""

TRACE_PRODUCT_DIGITS = 7

MAX_LOOKUP_LENGTH = 64
"""The longest stock code that the catalogue is asked for."""

MAX_SHOWN_LENGTH = 120

_AIM = re.compile(r"\]?([A-Za-z][0-9A-Za-z])")
_RECEIPT_NUMBER = re.compile(r"[A-Za-z0-9_.]+-[0-9]{8}-[0-9]{4,}")
_FRAME_BLANKS = " \t\r\n"

_GS1_SYMBOLOGIES = frozenset({"C1", "e0", "e1", "e2", "d2", "Q3", "J1"})
_ADD_ON_ALONE = frozenset({"E1", "E2"})
_WITH_ADD_ON = "E3"
_ADD_ON_LENGTHS = frozenset({14, 15, 17, 18})
_MATRIX_KINDS = frozenset("dQLzJUh")
"""Data Matrix, QR, PDF417, Aztec, DotCode, MaxiCode, Han Xin: what phones and posters use too."""

_TRACE_KINDS = frozenset({"", "C", "d", "Q"})

_PAYMENT_KINDS = frozenset("CQ")
"""Payment codes are shown as Code 128 and QR."""

_UNIDENTIFIED_KINDS = frozenset("XZ")
"""`]X` other barcode and `]Z` no barcode (typed) say as little as no identifier."""


def classify(  # noqa: C901 - the questions stand in their order
    scan: str | bytes,
    *,
    symbology_id: str | None,
    layouts: Sequence[WeighedLayout],
    context: ScanContext,
    today_year: int | None = None,
    upc_e: bool = False,
) -> Classified:
    """Say what one scan is. Never raises for any text or bytes.

    Args:
        scan: the data of one frame; an AIM identifier still in front of it is taken off.
        symbology_id: AIM identifier that the framing took off, such as `]E0`, or None.
        layouts: the shop's weighed labels, in order of priority.
        context: the step of the till; payment codes exist only in `ScanContext.PAYMENT`.
        today_year: year of the business day, for the century of GS1 dates; without it 20YY.
        upc_e: the scanners send UPC-E as eight digits beginning with 0 and no identifier.
    """
    if len(scan) == 13 and (symbology_id is None or symbology_id == "]E0") and scan.isdigit():
        # The road of nearly every scan: thirteen digits are no payment code and no GS1 message.
        digits = scan if isinstance(scan, str) else scan.decode("ascii")
        if digits.isascii():
            return read_weighed(digits, layouts) or read_gtin(digits, upc_e=False)

    decoded = _decode(scan)
    if isinstance(decoded, Unknown):
        return decoded
    aim, text = _take_off_aim(decoded, symbology_id)
    if not text:
        return Unknown(UnknownReason.EMPTY, "")
    kind = "" if aim[:1] in _UNIDENTIFIED_KINDS else aim[:1]
    if aim in _GS1_SYMBOLOGIES:
        # Some scales print their labels as GS1-128: the shop's own layout knows better.
        weighed = read_weighed(text, layouts) if text.isdigit() else None
        return weighed if isinstance(weighed, InStoreCode) else _read_gs1(text, today_year)
    if aim in _ADD_ON_ALONE:
        return Unknown(UnknownReason.ADD_ON_ALONE, _shown(text))
    if not text.isdigit():
        return _read_text(text, kind, today_year)
    scheme = payment_scheme(text) if kind == "" or kind in _PAYMENT_KINDS else None
    if scheme is not None and context is ScanContext.PAYMENT:
        return PaymentCode(text, scheme, mask(text))
    if aim == _WITH_ADD_ON and len(text) in _ADD_ON_LENGTHS:
        return split_add_on(text) or Unknown(UnknownReason.BAD_CHECK_DIGIT, text, text)
    weighed = read_weighed(text, layouts)
    if weighed is not None:
        return _hide(weighed, text) if scheme else weighed
    # Interleaved 2 of 5 gives short reads of longer codes: only its fourteen digits are trusted.
    if len(text) in GTIN_LENGTHS and (kind != "I" or len(text) == 14):
        return read_gtin(text, upc_e=_is_upc_e(text, aim, setting=upc_e))
    if scheme is not None:
        return Unknown(UnknownReason.PAYMENT_CODE_OUTSIDE_PAYMENT, mask(text))
    return _read_other_digits(text, kind, today_year)


def lookup_keys(classified: Classified) -> tuple[str, ...]:
    """The keys under which the catalogue may know what was scanned, in the order to try them.

    Fourteen digits first, the text as read after them. A magazine's issue (code and add-on
    together) is tried before the title. A weighed label is looked up by its PLU, then by prefix
    and PLU. The content (02) of a logistic unit is not a key: it was not scanned.
    """
    match classified:
        case Gtin(gtin14, raw, _, None):
            return (gtin14,) if raw == gtin14 else (gtin14, raw)
        case Gtin(gtin14, raw, _, add_on):
            return (f"{raw}{add_on}", gtin14, raw)
        case InStoreCode(item_code=item_code, prefixed_item_code=str(prefixed)):
            return (item_code, prefixed)
        case InStoreCode(raw=raw, gtin14=own_number):
            return (raw,) if own_number in (None, raw) else (own_number, raw)
        case Gs1Message(gtin14=str(gtin14)):
            return (gtin14,)
        case TraceCode(text=text, product_code=product_code):
            return (product_code, text)
        case Unknown(lookup_text=str(text)):
            return (text,)
        case _:
            return ()


def _decode(scan: str | bytes) -> str | Unknown:
    """ASCII first (B1): text without the frame's blanks, or why it cannot be a code."""
    if len(scan) > MAX_SCAN_LENGTH:
        head = scan[:MAX_SHOWN_LENGTH]
        return Unknown(UnknownReason.TOO_LONG, _shown(_as_text(head)))
    text = _as_text(scan)
    if not text.isascii():
        return Unknown(UnknownReason.NOT_ASCII, _shown(text))
    text = text.strip(_FRAME_BLANKS)
    if not text.replace(gs1.GS, "").isprintable():
        return Unknown(UnknownReason.CONTROL_CHARACTER, _shown(text))
    return text


def _as_text(scan: str | bytes) -> str:
    return scan if isinstance(scan, str) else scan.decode("utf-8", errors="replace")


def _take_off_aim(text: str, symbology_id: str | None) -> tuple[str, str]:
    """The two characters of the AIM identifier ("" for none) and the data behind it."""
    match = _AIM.fullmatch(symbology_id) if symbology_id is not None else None
    aim = match.group(1) if match else ""
    if text.startswith("]") and (in_front := _AIM.match(text)) and aim in ("", in_front.group(1)):
        return in_front.group(1), text[3:]
    return aim, text


def _is_trace_code(text: str, kind: str) -> bool:
    """Twenty digits on a box of medicine, printed as Code 128, Data Matrix or QR."""
    return (
        len(text) == TRACE_CODE_LENGTH
        and text.startswith(TRACE_CODE_PREFIXES)
        and kind in _TRACE_KINDS
    )


def _hide(weighed: InStoreCode | Unknown, text: str) -> InStoreCode | Unknown:
    """A label's refusal that may as well be a payment code: the reason stays, the digits go."""
    return Unknown(weighed.reason, mask(text)) if isinstance(weighed, Unknown) else weighed


def _read_other_digits(text: str, kind: str, today_year: int | None) -> Classified:
    if _is_trace_code(text, kind):
        return TraceCode(text, text[:TRACE_PRODUCT_DIGITS])
    if kind == "":
        if with_add_on := split_bare_add_on(text):
            return with_add_on
        if message := _read_gs1_by_shape(text, today_year):
            return message
    return _not_standard(text, kind)


def _is_upc_e(text: str, aim: str, *, setting: bool) -> bool:
    """Whether to try eight digits as UPC-E first: `]E0` says so, `]E4` says EAN-8."""
    if len(text) != 8:
        return False
    if aim.startswith("E"):
        return aim == "E0"
    return setting and text.startswith("0")


def _read_text(text: str, kind: str, today_year: int | None) -> Classified:
    if gs1.is_web_address(text) or (kind == "" and gs1.GS in text):
        return _read_gs1(text, today_year)
    if gs1.GS in text:
        return Unknown(UnknownReason.CONTROL_CHARACTER, _shown(text))
    if text.startswith(COMMAND_PREFIX):
        return CommandCode(_shown(text[len(COMMAND_PREFIX) :]))
    if _RECEIPT_NUMBER.fullmatch(text):
        return ReceiptNumber(text)
    if kind == "" and (by_shape := _read_gs1_by_shape(text, today_year)):
        return by_shape
    return _not_standard(text, kind)


def _read_gs1(text: str, today_year: int | None) -> Gs1Message | Unknown:
    """Data that is GS1 by its carrier or its separators: what cannot be read has a reason."""
    if gs1.is_web_address(text):
        message = gs1.read_digital_link(text, today_year)
    else:
        message = gs1.read_element_string(text, today_year)
    return Unknown(message, _shown(text)) if isinstance(message, UnknownReason) else message


def _read_gs1_by_shape(text: str, today_year: int | None) -> Gs1Message | None:
    """Data that only looks like GS1: what cannot be read was something else."""
    if not gs1.looks_like_element_string(text):
        return None
    message = gs1.read_element_string(text, today_year)
    return message if isinstance(message, Gs1Message) else None


def _not_standard(text: str, kind: str) -> Unknown:
    """Perhaps a stock code of the shop's own; 2D codes and addresses are said to be no product."""
    is_address = "://" in text
    reason = UnknownReason.NOT_A_STANDARD_CODE
    if is_address or kind in _MATRIX_KINDS:
        reason = UnknownReason.NOT_A_PRODUCT_CODE
    # What holds a payment code goes no further, not even to a search.
    is_secret = mask_payment_codes(text) != text
    may_be_filed = not is_address and not is_secret and len(text) <= MAX_LOOKUP_LENGTH
    return Unknown(reason, _shown(text), text if may_be_filed else None)


def _shown(text: str) -> str:
    """`text` made safe for screens and logs: payment codes masked, controls as pictures, cut."""
    masked = mask_payment_codes(text)
    pictures = "".join(
        c if c.isprintable() else chr(0x2400 + ord(c)) if ord(c) < 0x20 else "\ufffd"
        for c in masked[: MAX_SHOWN_LENGTH + 1]
    )
    return pictures if len(pictures) <= MAX_SHOWN_LENGTH else pictures[:MAX_SHOWN_LENGTH] + "…"
