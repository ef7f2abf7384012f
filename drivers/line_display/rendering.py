"""What a customer display is sent for what it is to show (D1). Pure.

Every text passes the printers' encoder, which leaves no control byte, so a name in the catalogue
can never command the display (P1). A number that does not fit a numeric display is left out: no
figure is better than a wrong one.
"""

from __future__ import annotations

import re
from typing import Final

from drivers.escpos.encoder import clean, encode_text
from drivers.line_display.profile import LineDisplayProfile
from drivers.ports import Lamp, Shown

ESC_RESET: Final = b"\x1b@"
CLEAR: Final = b"\x0c"
DIGITS_MAX: Final = 8
"""Of a numeric display; points stand between digits and take no place."""

_LAMPS: Final[dict[Lamp, int]] = {
    Lamp.NONE: 0,
    Lamp.PRICE: 1,
    Lamp.TOTAL: 2,
    Lamp.RECEIVED: 3,
    Lamp.CHANGE: 4,
}
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def initial(profile: LineDisplayProfile) -> bytes:
    """What a display is sent when the line is opened: reset, empty."""
    return _wrapped(profile, ESC_RESET + CLEAR)


def cleared(profile: LineDisplayProfile) -> bytes:
    """What empties it."""
    return _wrapped(profile, CLEAR + _lamp(profile, Lamp.NONE))


def rendered(profile: LineDisplayProfile, shown: Shown) -> bytes:
    """What shows ``shown``, as far as the model can."""
    if profile.commands == "led8":
        return _wrapped(
            profile, _lamp(profile, shown.lamp) + _number(shown.number or shown.amount)
        )
    upper, lower = lines(profile, shown)
    top, bottom = _cells(upper, profile.columns), _cells(lower, profile.columns)
    if profile.commands == "cd5220":
        return _wrapped(profile, b"\x1bQA" + top + b"\r" + b"\x1bQB" + bottom + b"\r")
    return _wrapped(profile, b"\x1f$\x01\x01" + top + b"\x1f$\x01\x02" + bottom)


def lines(profile: LineDisplayProfile, shown: Shown) -> tuple[str, str]:
    """The two lines of a display with letters: printable, each of at most ``columns`` cells."""
    upper = clean(shown.upper)
    if profile.charset == "ascii" and not upper.isascii():
        plain = clean(shown.plain)
        upper = plain if plain.isascii() else ""
    label = clean(shown.label)
    if profile.charset == "ascii" and not label.isascii():
        label = clean(shown.plain_label)
        label = label if label.isascii() else ""
    amount = clean(shown.amount)
    space = profile.columns - _width(amount)
    if space < 0:
        return _cut(upper, profile.columns), ""
    label = _cut(label, max(0, space - 1))
    gap = " " * (profile.columns - _width(label) - _width(amount))
    return _cut(upper, profile.columns), label + gap + amount


def _wrapped(profile: LineDisplayProfile, data: bytes) -> bytes:
    return profile.select + data + profile.deselect


def _lamp(profile: LineDisplayProfile, lamp: Lamp) -> bytes:
    if profile.commands != "led8" or profile.lamp == "none":
        return b""
    number = _LAMPS[lamp]
    if profile.lamp == "binary":
        return b"\x1bs" + bytes([number])
    digit = str(number).encode()
    return digit if profile.lamp == "bare" else b"\x1bs" + digit


def _number(amount: str) -> bytes:
    text = amount.replace(",", "")
    digits = sum(one.isdigit() or one == "-" for one in text)
    if not text.isascii() or not _NUMBER.fullmatch(text) or digits > DIGITS_MAX:
        return CLEAR
    return b"\x1bQA" + text.encode() + b"\r"


def _width(text: str) -> int:
    return len(encode_text(text).data)


def _cut(text: str, columns: int) -> str:
    """As many characters as fit; a hanzi never straddles the edge."""
    used = 0
    for at, character in enumerate(text):
        used += _width(character)
        if used > columns:
            return text[:at]
    return text


def _cells(text: str, columns: int) -> bytes:
    return encode_text(_cut(text, columns)).data.ljust(columns)
