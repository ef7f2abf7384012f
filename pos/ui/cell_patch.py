"""The least that turns one row of the terminal into another: which cells, in which colours.

A row is a `Line`; its cells are counted, not its characters, since a hanzi covers two. Words and
figures are sent whole, so that what follows the terminal's bytes (a screen reader, a log of the
line) meets `6902000000049` and not `49`; of big digits, drawn in blocks, only the changed cells go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from rich.cells import get_character_cell_size

from pos.ui.text_grid import Line, cells

_BLOCKS = frozenset(map(chr, (0x20, *range(0x2580, 0x25A0))))
"""What big digits are made of; the blank belongs to no word either."""

_PIECES = re.compile("[ ▀-▟]+|[^ ▀-▟]+").finditer
"""Words, and what is between them."""

_UNSURE = re.compile("[^ -~▀-▟]")
"""Characters that are not surely one cell each."""

_SECOND = "\0"
"""Stands for the second cell of a wide character, so that a row has a character for each cell."""

_ONE_OR_TWO = frozenset({1, 2})

_GAP = 4
"""Equal cells that cost no more to send again than to step over."""


class Patch(NamedTuple):
    """A text of one role to be written from a cell of a row on."""

    row: int
    column: int
    text: str
    role: str


def patches(row: int, before: Line, after: Line) -> list[Patch]:
    """What has to be written where `before` stands so that `after` stands there; equally wide."""
    old, new = _cells(before), _cells(after)
    if old is None or new is None or len(old[0]) != len(new[0]):
        return [] if before == after else _whole(row, after)
    (old_text, old_roles), (new_text, new_roles) = old, new
    same_roles = old_roles == new_roles
    found: list[Patch] = []
    first = last = -1
    for piece in _PIECES(new_text):
        start, end = piece.span()
        if new_text[start:end] == old_text[start:end] and (
            same_roles or new_roles[start:end] == old_roles[start:end]
        ):
            continue
        if new_text[start] not in _BLOCKS:
            parts = [(start, end)]
        else:
            parts = [
                (at, at + 1)
                for at in range(start, end)
                if new_text[at] != old_text[at] or new_roles[at] != old_roles[at]
            ]
        for begin, stop in parts:
            if last < 0:
                first = begin
            elif begin > last + _GAP:
                found += _split(row, new_text, new_roles, first, last)
                first = begin
            last = stop
    if last >= 0:
        found += _split(row, new_text, new_roles, first, last)
    return found


@lru_cache(maxsize=512)
def _cells(line: Line) -> tuple[str, str] | None:
    """A character for the text and one for the role of each cell; None where that cannot be.

    Kept, since what stands on a row was painted there before, and blank rows are all alike.
    """
    texts = roles = ""
    for text, role in line:
        shown = text
        unsure = _UNSURE.findall(text)
        if unsure:
            sizes = set(map(get_character_cell_size, unsure))
            if not sizes <= _ONE_OR_TWO:
                return None
            shown = _UNSURE.sub(_spread, text)
        texts += shown
        roles += _letter(role) * len(shown)
    return texts, roles


def _spread(match: re.Match[str]) -> str:
    character = match[0]
    return character + _SECOND if get_character_cell_size(character) > 1 else character


_letters: dict[str, str] = {}
_roles: list[str] = []


def _letter(role: str) -> str:
    """One character that stands for a role."""
    letter = _letters.get(role)
    if letter is None:
        letter = _letters[role] = chr(len(_roles))
        _roles.append(role)
    return letter


def _whole(row: int, line: Line) -> list[Patch]:
    found, column = [], 0
    for text, role in line:
        if text:
            found.append(Patch(row, column, text, role))
        column += cells(text)
    return found


def _split(row: int, texts: str, roles: str, start: int, end: int) -> list[Patch]:
    """The cells from `start` to before `end`, a patch for each role."""
    found = []
    while start < end:
        letter = roles[start]
        behind = roles[start:end].lstrip(letter)
        stop = end - len(behind)
        text = texts[start:stop].replace(_SECOND, "")
        found.append(Patch(row, start, text, _roles[ord(letter)]))
        start = stop
    return found
