"""Characters as dots: text lines drawn into raster rows, rare characters as bit images (pure).

A row is one whole number; its highest bit is the leftmost dot. A character is drawn into the box
that the printer's own font would take, 12 dots wide for ASCII and 24 for a hanzi, so that a drawn
line has the same cells as a printed one. Where glyphs come from is a port: :class:`GlyphSource`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, Protocol

from drivers.document_layout import LaidLine
from drivers.escpos.commands import REAL_TIME_DANGER
from drivers.escpos.encoder import cell_width

CELL_DOTS: Final = 12
GLYPH_DOTS: Final = 24
LINE_GAP_DOTS: Final = 6
"""Between two lines: a printer's own spacing is 30 dots for 24 dots of glyph."""

MISSING: Final = "\uff1f"
"""The full-width question mark: what stands for a character that the font does not hold."""


class GlyphSource(Protocol):
    """Draws single characters."""

    def glyph(self, character: str, width: int) -> tuple[int, ...] | None:
        """24 rows of ``width`` dots; None when the font does not hold the character."""


def draw_line(line: LaidLine, dots: int, glyphs: GlyphSource) -> tuple[list[int], int]:
    """Rows of ``dots`` dots with the gap below, and how many characters the font lacked."""
    rows = [0] * GLYPH_DOTS
    at = line.indent * CELL_DOTS
    lost = 0
    for character in line.text:
        width = cell_width(character) * CELL_DOTS
        glyph = glyphs.glyph(character, width)
        if glyph is None:
            lost += 1
            glyph = glyphs.glyph(MISSING if width == GLYPH_DOTS else "?", width) or ()
        if line.bold:
            glyph = embolden(glyph)
        if line.double_width:
            glyph = tuple(widen(row, width) for row in glyph)
            width *= 2
        at += width
        for number, row in enumerate(glyph):
            rows[number] |= row << dots - at if at <= dots else row >> at - dots
    if line.double_height:
        rows = [row for row in rows for _ in (0, 1)]
    return rows + [0] * LINE_GAP_DOTS, lost


def embolden(glyph: Iterable[int]) -> tuple[int, ...]:
    """Each dot twice, side by side, within the glyph's own box."""
    return tuple(row | row >> 1 for row in glyph)


@lru_cache(maxsize=4096)
def widen(row: int, width: int) -> int:
    """Each of ``width`` dots doubled."""
    made = 0
    for place in range(width):
        if row >> place & 1:
            made |= 3 << 2 * place
    return made


def pack(rows: Sequence[int], dots: int) -> tuple[int, bytes]:
    """Bytes a row, and the rows one after the other; what is blank at the right is left out."""
    used = 0
    for row in rows:
        used |= row
    right = (used & -used).bit_length() - 1 if used else dots - 1
    width = max(1, (dots - right + 7) // 8)
    shift = dots - width * 8
    packed = [row >> shift if shift >= 0 else row << -shift for row in rows]
    return width, disarm(b"".join(row.to_bytes(width, "big") for row in packed))


def bit_image(glyph: Sequence[int], width: int) -> bytes:
    """``ESC * 33``'s data: three bytes for each column, the top dot the high bit."""
    made = bytearray()
    for place in reversed(range(width)):
        column = 0
        for row in glyph:
            column = column << 1 | (row >> place & 1)
        made += column.to_bytes(3, "big")
    return disarm(bytes(made))


def disarm(data: bytes) -> bytes:
    """Blacken one dot more where dots would spell a real-time request (DLE EOT, DLE DC4)."""
    for danger in REAL_TIME_DANGER:
        data = data.replace(danger, bytes((danger[0] | 0x20, danger[1])))
    return data
