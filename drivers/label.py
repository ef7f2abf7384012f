"""A label as data: texts and barcodes at their places; price cards, shelf labels, in-store codes.

Places are in tenths of a millimetre from the upper left corner, so that one label fits heads of
203 and 300 dots per inch. A :class:`Label` is an element of a document like any other: a label
printer prints it where it says, and a receipt printer one row below the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LabelSymbology = Literal["CODE128", "EAN13", "EAN8"]


@dataclass(frozen=True, slots=True)
class LabelField:
    """One text, or one barcode when ``symbology`` is set."""

    x_dmm: int
    y_dmm: int
    text: str
    size: int = 1
    """How many times as large as the printer's font of 3 mm; 1 to 4."""
    symbology: LabelSymbology | None = None
    height_dmm: int = 80
    """Of the bars."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a roll."""

    width_mm: int
    height_mm: int
    fields: tuple[LabelField, ...]
    gap_mm: int = 2
    """Between two labels of the roll."""
    copies: int = 1
