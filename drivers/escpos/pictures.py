"""A picture file as a :class:`drivers.document.Picture`: the shop's logo, ready for the paper."""

from __future__ import annotations

import base64
import binascii
from functools import lru_cache
from pathlib import Path
from typing import Final

from drivers.document import Picture
from drivers.errors import Illegal

HEIGHT_DOTS_MAX: Final = 400
"""5 cm of paper; more is not a logo."""


def load_picture(path: str | Path, dots: int) -> Picture:
    """Read a picture file in any format that Pillow knows, shrunk to ``dots`` and made of dots.

    Raises:
        Illegal: with the code ``bad_picture`` when it cannot be read.
    """
    try:
        stamp = Path(path).stat().st_mtime_ns
        return _load(str(path), dots, stamp)
    except (ImportError, OSError, ValueError, SyntaxError) as error:
        raise Illegal(f"{path}: {error}", code="bad_picture") from error


@lru_cache(maxsize=4)
def _load(path: str, dots: int, stamp: int) -> Picture:
    del stamp  # a changed file is read anew
    from PIL import Image

    with Image.open(path) as opened:
        opened.load()
        image = opened.convert("RGBA")
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    grey = paper.convert("L")
    shrink = min(1.0, dots / grey.width, HEIGHT_DOTS_MAX / grey.height)
    width = max(1, int(grey.width * shrink))
    height = max(1, int(grey.height * shrink))
    dotted = grey.resize((width, height)).point(lambda value: 255 - value).convert("1")
    return Picture(width, base64.b64encode(dotted.tobytes()).decode("ascii"))


def picture_rows(picture: Picture, dots: int) -> list[int]:
    """Rows of ``dots`` dots with the picture in the middle; empty when it is none."""
    try:
        data = base64.b64decode(picture.data, validate=True)
    except (binascii.Error, ValueError):
        return []
    stride = (picture.width_dots + 7) // 8
    if not 0 < picture.width_dots <= dots or not data:
        return []
    left = (dots - picture.width_dots) // 2
    shift = dots - left - stride * 8
    rows = []
    for at in range(0, len(data) - stride + 1, stride):
        row = int.from_bytes(data[at : at + stride], "big")
        rows.append(row << shift if shift >= 0 else row >> -shift)
    return rows[:HEIGHT_DOTS_MAX]
