"""Reads drawn text back from its dots, with glyphs that carry their character's number."""

from drivers.document_layout import LaidLine
from drivers.escpos.decoder import PaperLine
from drivers.escpos.glyphs import GLYPH_DOTS, LINE_GAP_DOTS

MARK = 0b100000000001
"""First and last dot of an ASCII cell: a glyph is as wide as it says."""


class NumberedGlyphs:
    """Glyphs whose rows 2 to 22 say the bits of their code point, in dots of four."""

    def glyph(self, character, width):
        number = ord(character)
        rows = [0] * GLYPH_DOTS
        if character != " ":
            rows[1] = 1 << width - 1 | 1 << 2
            for bit in range(21):
                rows[2 + bit] = 0b1000 << width - 8 if number >> bit & 1 else 0
        return tuple(rows)


class NoGlyphs:
    """A font that holds ASCII and the full-width question mark."""

    def glyph(self, character, width):
        known = character.isascii() or character == "\uff1f"
        return NumberedGlyphs().glyph(character, width) if known else None


def read_column_glyph(columns: bytes) -> str:
    """Undo :func:`drivers.escpos.glyphs.bit_image`, whatever the width and weight."""
    width = len(columns) // 3
    rows = [0] * GLYPH_DOTS
    for place in range(width):
        column = int.from_bytes(columns[3 * place : 3 * place + 3], "big")
        for row in range(GLYPH_DOTS):
            rows[row] = rows[row] << 1 | (column >> GLYPH_DOTS - 1 - row & 1)
    return chr(sum(1 << bit for bit in range(21) if rows[2 + bit]))


def read_strip(image: PaperLine, lines: list[LaidLine], columns: int) -> list[str]:
    """The text of raster rows; ``lines`` say only how high each one is and how wide its cells."""
    stride = image.width_bytes
    rows = [
        int.from_bytes(image.dots[at : at + stride], "big") << 4096 - stride * 8
        for at in range(0, len(image.dots), stride)
    ]
    texts, top = [], 0
    for line in lines:
        height = GLYPH_DOTS * (2 if line.double_height else 1)
        block = rows[top : top + height : 2 if line.double_height else 1]
        gap = rows[top + height : top + height + LINE_GAP_DOTS]
        assert not any(gap)
        texts.append(_read_line(block, columns, 2 if line.double_width else 1))
        top += height + LINE_GAP_DOTS
    assert top == len(rows)
    return texts


def _read_line(block: list[int], columns: int, factor: int) -> str:
    text, at = "", 0
    while at < columns * 12:
        if not _dot(block[1], at):
            text += " "
            at += 12
            continue
        number = sum(
            1 << bit
            for bit in range(21)
            if any(_dot(block[2 + bit], at + place) for place in range(12 * factor))
        )
        width = 12 if number < 0x80 else 24
        text += chr(number) + " " * ((width // 12) * (factor - 1))
        at += width * factor
    return text.rstrip(" ")


def _dot(row: int, at: int) -> bool:
    return bool(row >> 4095 - at & 1)
