"""Text to GBK bytes for receipt printers: sanitising, substitution and cell width (P1, P2).

Theory of operation. A printer obeys control bytes wherever they stand, so a product name that
holds ``ESC p`` would open the cash drawer. Every text therefore passes :func:`clean` first, which
leaves only characters that have a GBK form of one byte (ASCII 0x20-0x7E) or two bytes. Chinese
printers know only the double-byte areas: a four-byte GB18030 sequence prints garbage and eats four
cells, so it is never produced. What cannot be printed is replaced, and the number of replacements
is reported, never hidden.

Cells: font A is 12 dots wide and a hanzi 24, so a character is exactly as many cells wide as its
GBK form has bytes. East Asian width tables disagree with that for ambiguous characters such as
``①`` and ``…`` and are not used.

Rare characters: hanzi outside GBK (``𠮷``, ``㐂``) and Korean syllables have no bytes. A printer that
takes pictures can have them drawn, two cells wide; ``rare=True`` keeps them in the text then.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SUBSTITUTE: Final = "?"
"""What stands for a character that the printer's character set does not hold."""

ASCII_FIRST: Final = 0x20
ASCII_LAST: Final = 0x7E

_EQUIVALENTS: Final[dict[str, str]] = {
    "\u00a5": "\uffe5",  # the half-width yen sign is not GBK; the full-width one is
    "\u20ac": "EUR",
    "\u2022": "\u00b7",
    "\u00a3": "\uffe1",
    "\u00a2": "\uffe0",
    "\u00a0": " ",
    "\u2007": " ",
    "\u202f": " ",
    "\u2009": " ",
    "\u200a": " ",
    "\u2002": " ",
    "\u2003": "  ",
    "\t": " ",
    "\n": " ",
    "\r": " ",
    "\u2028": " ",
    "\u2029": " ",
    "\u0085": " ",
    "\u2013": "-",
    "\u2212": "-",
    "\u2011": "-",
    "\u2010": "-",
    "\u2122": "TM",
    "\u00ae": "(R)",
    "\u00a9": "(C)",
}
"""Characters outside GBK that have an honest printed equivalent; none counts as a substitution."""

_RARE_RANGES: Final = (
    (0x2E80, 0x2FDF),  # radicals
    (0x3400, 0x4DBF),  # extension A
    (0x4E00, 0x9FFF),  # unified ideographs that came after GBK
    (0xAC00, 0xD7A3),  # Korean syllables, on imported goods
    (0xF900, 0xFAFF),  # compatibility ideographs that NFC keeps
    (0x20000, 0x323AF),  # extensions B to H
)
"""Characters that a font can draw in the square of a hanzi."""

_DROPPED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me"})
"""Controls, bidi and zero-width marks, lone surrogates, combining marks left over after NFC."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Bytes ready for the paper."""

    data: bytes
    """GBK; ASCII 0x20-0x7E and two-byte sequences only, no control byte."""
    substitutions: int
    """How many characters had no printable form and became :data:`SUBSTITUTE`."""


@lru_cache(maxsize=8192)
def _printable(character: str, rare: bool) -> tuple[str, int]:  # noqa: FBT001 - a cache key
    """Give the printable form of one character and 1 when it is a substitute."""
    if ASCII_FIRST <= ord(character) <= ASCII_LAST:
        return character, 0
    equivalent = _EQUIVALENTS.get(character)
    if equivalent is not None:
        return equivalent, 0
    if unicodedata.category(character) in _DROPPED_CATEGORIES:
        return "", 0
    if _is_double_byte(character):
        return character, 0
    if rare and is_rare(character):
        return character, 0
    compatible = unicodedata.normalize("NFKD", character)
    base = "".join(part for part in compatible if unicodedata.category(part) != "Mn")
    if base and base != character and all(_is_plain(part) for part in base):
        return base, 0
    return SUBSTITUTE, 1


def _is_plain(character: str) -> bool:
    return ASCII_FIRST <= ord(character) <= ASCII_LAST or _is_double_byte(character)


def _is_double_byte(character: str) -> bool:
    try:
        encoded = character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2


def is_rare(character: str) -> bool:
    """Whether one character has no GBK bytes and can be drawn in the square of a hanzi."""
    code = ord(character)
    return (
        any(first <= code <= last for first, last in _RARE_RANGES)
        and unicodedata.category(character) != "Cn"
        and not _is_double_byte(character)
    )


def clean(text: str, *, rare: bool = False) -> str:
    """Give ``text`` as it will stand on the paper: one line, no control character.

    Only GBK is left, and with ``rare`` what :func:`is_rare` says of as well.
    """
    if text.isprintable():  # no control, format, surrogate or unusual blank among them
        if text.isascii():
            return text
        try:
            text.encode("gbk")
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _measured(text, rare)[0]


def encode_text(text: str) -> Encoded:
    """Encode ``text`` for the paper; see the module's theory for what may come out."""
    cleaned, substitutions, _ = _measured(text, rare=False)
    return Encoded(cleaned.encode("gbk"), substitutions)


def cell_width(text: str) -> int:
    """Cells that cleaned ``text`` takes at normal width: its encoded length, two for a rare one."""
    if text.isprintable():
        if text.isascii():
            return len(text)
        try:
            return len(text.encode("gbk"))
        except UnicodeEncodeError:
            pass
    return _measured(text, rare=True)[2]


def gbk_width(text: str) -> int:
    """Cells of a text that needs no cleaning at all; 0 when it is empty or may need some."""
    if not text.isprintable():
        return 0
    try:
        return len(text.encode("gbk"))
    except UnicodeEncodeError:
        return 0


def substitutions_in(text: str, *, rare: bool = False) -> int:
    """How many characters of ``text`` come out as :data:`SUBSTITUTE`."""
    if text.isascii():
        return 0
    return _measured(text, rare)[1]


@lru_cache(maxsize=4096)  # the same few texts are measured several times for each receipt
def _measured(text: str, rare: bool) -> tuple[str, int, int]:  # noqa: FBT001 - a cache key
    """Cleaned text, number of substitutions, width in cells."""
    if text.isprintable():  # no control, format, surrogate or unusual blank among them
        try:
            return text, 0, len(text.encode("gbk"))
        except UnicodeEncodeError:
            pass
    pieces = [_printable(character, rare) for character in unicodedata.normalize("NFC", text)]
    cleaned = "".join(piece for piece, _ in pieces)
    substitutions = sum(count for _, count in pieces)
    return cleaned, substitutions, sum(1 if one.isascii() else 2 for one in cleaned)
