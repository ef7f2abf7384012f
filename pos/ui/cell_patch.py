"""The least that turns one row of the terminal into another: which cells, in which colours.

A row is a `Line`; its cells are counted, not its characters, since a hanzi covers two. Words and
figures are sent whole, so that what follows the terminal's bytes (a screen reader, a log of the
line) meets `6902000000049` and not `49`; of big digits, drawn in blocks, only the changed cells go.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import get_character_cell_size

from pos.ui.text_grid import Line

_BLOCKS = frozenset(map(chr, (0x20, *range(0x2580, 0x25A0))))
"""What big digits are made of; the blank belongs to no word either."""

_NARROW = frozenset(map(chr, range(0x20, 0x7F))) | _BLOCKS
_PARTS = re.compile("[ -~▀-▟]+|.", re.DOTALL).findall
"""Runs of characters that are surely one cell each, and the others one by one."""

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
    old, old_roles = _cells(before)
    new, new_roles = _cells(after)
    if len(old) != len(new):
        old = [""] * len(new)
        differs = list(range(len(new)))
    elif old_roles == new_roles:
        differs = [
            at for at, (one, other) in enumerate(zip(new, old, strict=True)) if one != other
        ]
    else:
        both = zip(new, old, new_roles, old_roles, strict=True)
        differs = [at for at, (a, b, c, d) in enumerate(both) if a != b or c != d]
    found: list[Patch] = []
    end = 0
    run: tuple[int, int] | None = None
    for at in differs:
        if at < end:
            continue
        start, end = _word(new, at)
        if run is not None and start <= run[1] + _GAP:
            run = run[0], end
            continue
        if run is not None:
            found += _split(row, new, new_roles, *run)
        run = start, end
    if run is not None:
        found += _split(row, new, new_roles, *run)
    return found


def _cells(line: Line) -> tuple[list[str], list[str]]:
    """Text and role of each cell; the second cell of a wide character has an empty text."""
    texts: list[str] = []
    roles: list[str] = []
    for text, role in line:
        before = len(texts)
        for part in _PARTS(text):
            if part[0] in _NARROW:
                texts += part
                continue
            size = get_character_cell_size(part)
            if size:
                texts.append(part)
                texts += [""] * (size - 1)
            elif texts:
                texts[-1] += part
        roles += [role] * (len(texts) - before)
    return texts, roles


def _word(cells: list[str], at: int) -> tuple[int, int]:
    """Where the word begins and ends that this cell belongs to; a blank or block is its own."""
    start, end = at, at + 1
    while start and not cells[start]:
        start -= 1
    if cells[start] not in _BLOCKS:
        while start and cells[start - 1] not in _BLOCKS:
            start -= 1
        while end < len(cells) and cells[end] not in _BLOCKS:
            end += 1
    while end < len(cells) and not cells[end]:
        end += 1
    return start, end


def _split(row: int, cells: list[str], roles: list[str], start: int, end: int) -> list[Patch]:
    found = []
    while start < end:
        stop = start + 1
        while stop < end and roles[stop] == roles[start]:
            stop += 1
        found.append(Patch(row, start, "".join(cells[start:stop]), roles[start]))
        start = stop
    return found
