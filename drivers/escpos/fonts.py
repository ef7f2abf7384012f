"""Glyphs from a font file, drawn with Pillow; Pillow is loaded when the first one is wanted.

A Chinese font is looked for where fontconfig keeps fonts, by the names of those that shops have.
"""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.errors import Illegal
from drivers.escpos.glyphs import GLYPH_DOTS, GlyphSource

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "/System/Library/Fonts",
)
_NAMES: Final = (
    "NotoSansMonoCJKsc-Regular",
    "NotoSansCJK-Regular",
    "NotoSansCJKsc-Regular",
    "NotoSansSC-Regular",
    "SourceHanSansSC-Regular",
    "SourceHanSansCN-Regular",
    "wqy-zenhei",
    "wqy-microhei",
    "DroidSansFallbackFull",
    "DroidSansFallback",
    "simsun",
    "simhei",
    "msyh",
    "NotoSerifCJK-Regular",
    "uming",
    "ukai",
    "gbsn00lp",
    "unifont",
)
"""Fonts with Chinese glyphs, the best for thermal paper first."""

_SUFFIXES: Final = frozenset({".ttf", ".ttc", ".otf"})
_SIZE: Final = 22
_FACES_MAX: Final = 10
_INK: Final = 112
"""A dot is black from this much grey on; thermal paper has no grey."""


@lru_cache(maxsize=8)
def find_font(setting: str = "") -> Path | None:
    """The font file of ``setting``, or the best that this machine has; None without any."""
    if setting:
        chosen = Path(setting).expanduser()
        return chosen if chosen.is_file() else None
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for where, _, names in os.walk(Path(folder).expanduser()):
            for name in names:
                path = Path(where, name)
                if path.suffix.lower() in _SUFFIXES:
                    found.setdefault(path.stem.lower(), path)
    return next((found[name.lower()] for name in _NAMES if name.lower() in found), None)


def load_glyphs(setting: str = "") -> GlyphSource:
    """The glyphs of the font of ``setting``, or of the best that this machine has.

    Raises:
        Illegal: with the code ``no_font`` when there is none that can be read.
    """
    path = find_font(setting)
    if path is None:
        raise Illegal(setting or "no Chinese font on this machine", code="no_font")
    return _load(path)


@lru_cache(maxsize=2)
def _load(path: Path) -> GlyphSource:
    try:
        return FontGlyphs(path)
    except (ImportError, OSError) as error:
        raise Illegal(f"{path}: {error}", code="no_font") from error


def _face(path: Path) -> FreeTypeFont:
    """The face for simplified Chinese of a collection, else its first."""
    from PIL import ImageFont

    first = ImageFont.truetype(str(path), _SIZE)
    for index in range(1, _FACES_MAX if path.suffix.lower() == ".ttc" else 1):
        try:
            face = ImageFont.truetype(str(path), _SIZE, index=index)
        except OSError:
            break
        if (face.getname()[0] or "").endswith(" SC"):
            return face
    return first


class FontGlyphs:
    """The characters of one font file in boxes of 12 or 24 by 24 dots."""

    def __init__(self, path: Path) -> None:
        """Open the font; OSError when it is none, ImportError without Pillow."""
        self._font = _face(path)
        ascent, descent = self._font.getmetrics()
        self._top = (GLYPH_DOTS - min(GLYPH_DOTS, ascent + descent)) // 2
        self._baseline = self._top + round(GLYPH_DOTS * ascent / (ascent + descent))
        self._missing = self._ink("\U0010fffe")
        self._made: dict[tuple[str, int], tuple[int, ...] | None] = {}

    def glyph(self, character: str, width: int) -> tuple[int, ...] | None:
        """24 rows of ``width`` dots; None when the font does not hold the character."""
        key = (character, width)
        if key not in self._made:
            self._made[key] = self._draw(character, width)
        return self._made[key]

    def _ink(self, character: str) -> bytes:
        return bytes(self._font.getmask(character, mode="1"))

    def _draw(self, character: str, width: int) -> tuple[int, ...] | None:
        from PIL import Image, ImageDraw

        if not character.isspace() and self._ink(character) == self._missing:
            return None
        natural = max(width, round(self._font.getlength(character)))
        image = Image.new("L", (natural, GLYPH_DOTS), 0)
        left = (natural - round(self._font.getlength(character))) // 2
        ImageDraw.Draw(image).text(
            (left, self._baseline), character, fill=255, font=self._font, anchor="ls"
        )
        if natural > width:
            image = image.resize((width, GLYPH_DOTS))
        grey = image.tobytes()
        return tuple(
            sum(
                1 << width - 1 - place
                for place, value in enumerate(grey[row * width : (row + 1) * width])
                if value >= _INK
            )
            for row in range(GLYPH_DOTS)
        )
