"""Text on a grid of cells: fit, pad, wrap and spread without ever breaking a hanzi.

A *span* is (text, role), a *line* a tuple of spans; the palette gives a role its colours. Data
(names, codes) may be shortened with `…`; a label that does not fit is a fault of the layout and is
counted in `clipped`, which tests read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Literal

from rich.cells import get_character_cell_size

Span = tuple[str, str]
Line = tuple[Span, ...]
Align = Literal["left", "right", "center"]

ELLIPSIS: Final = "…"

_UNSURE: Final = re.compile("[^ -~]")
"""Characters that are not surely one cell each."""

clipped: list[str] = []
"""Labels that did not fit since a test emptied the list: text that a cashier cannot read."""


def clean(text: str) -> str:
    """Data as one harmless line: no control, escape, line-break or direction characters."""
    if text.isprintable():  # says no for everything that `_harmless` would change, and some more
        return text
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    if character in "\t\r\n\x0b\x0c\u2028\u2029":
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return ""
    return character


def cells(text: str) -> int:
    """Width of a text in cells of the terminal: two for a hanzi."""
    if text.isascii() and text.isprintable():
        return len(text)
    unsure = _UNSURE.findall(text)
    return len(text) - len(unsure) + sum(map(get_character_cell_size, unsure))


@lru_cache(maxsize=1024)
def line_cells(line: Line) -> int:
    """Width of a line in cells; a screen asks for the same rows again and again."""
    return sum(cells(text) for text, _role in line)


def cut(text: str, width: int) -> str:
    """The longest beginning of a text that fits; a hanzi is never halved."""
    if width <= 0:
        return ""
    if text.isascii():
        return text[:width]
    used = 0
    for index, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width:
            return text[:index]
    return text


def fit(text: str, width: int, align: Align = "left") -> str:
    """Data in exactly `width` cells, shortened with `…` where it is longer."""
    text = clean(text)
    size = cells(text)
    if size > width:
        if width <= 0:
            return ""
        text = cut(text, width - 1) + ELLIPSIS
        size = cells(text)
    return pad(text, width - size, align)


def label(text: str, width: int, align: Align = "left") -> str:
    """A text of ours in exactly `width` cells; one that does not fit is reported in `clipped`."""
    size = cells(text)
    if size > width:
        clipped.append(text)
        text = cut(text, width)
        size = cells(text)
    return pad(text, width - size, align)


def pad(text: str, missing: int, align: Align = "left") -> str:
    """The text with `missing` blanks on the side that the alignment leaves open."""
    if missing <= 0:
        return text
    if align == "left":
        return text + " " * missing
    if align == "right":
        return " " * missing + text
    return " " * (missing // 2) + text + " " * (missing - missing // 2)


def spread(left: str, right: str, width: int) -> str:
    """A text at each edge; the left one is shortened when both do not fit."""
    room = width - cells(right)
    if room < 1:
        return label(right, width)
    if cells(left) >= room:
        return fit(left, room - 1) + " " + right if room > 1 else right
    return left + " " * (room - cells(left)) + right


_NOT_FIRST: Final = "，。、；：？！）》”’…"
"""Stops and closing marks, which no Chinese line begins with."""


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` cells, at blanks or between hanzi."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        rest = clean(paragraph).rstrip()
        while cells(rest) > width:
            piece = cut(rest, width)
            following = rest[len(piece)]
            if following != " " and following.isascii() and piece[-1].isascii():
                blank = piece.rfind(" ")
                if blank > 0:
                    piece = piece[:blank]
            elif following in _NOT_FIRST and len(piece) > 1 and piece[-1] not in _NOT_FIRST:
                # The hanzi before a Chinese stop goes to the next line with it.
                piece = piece[:-1]
            lines.append(piece.rstrip())
            rest = rest[len(piece) :].lstrip()
            if not piece:
                break
        lines.append(rest)
    return lines or [""]


def fill(line: Line, width: int, role: str) -> Line:
    """The line with blanks of `role` up to `width`; what stands beyond it is cut."""
    size = line_cells(line)
    if size == width:
        return line
    if size < width:
        return (*line, (" " * (width - size), role))
    kept: list[Span] = []
    used = 0
    for text, span_role in line:
        room = width - used
        if room <= 0:
            break
        piece = text if cells(text) <= room else cut(text, room)
        kept.append((piece, span_role))
        used += cells(piece)
    clipped.append("".join(text for text, _ in line))
    if used < width:
        kept.append((" " * (width - used), role))
    return tuple(kept)


def lines_of(text: str, width: int, role: str) -> list[Line]:
    """A wrapped text as lines of one role."""
    return [((piece, role),) for piece in wrap(text, width)]


def columns(parts: Sequence[tuple[str, int, Align]], role: str, gap: int = 1) -> Line:
    """One table row: data fitted to fixed widths, `gap` blanks between."""
    return (((" " * gap).join(fit(text, width, align) for text, width, align in parts), role),)


def plain(lines: Iterable[Line]) -> str:
    """The lines as plain text."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)
