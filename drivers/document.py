"""What printers are told: a document of elements, from which paper and preview are laid out.

A document is data before it is bytes: the same value is printed, previewed on the screen, kept in
the print queue and compared in golden tests. :mod:`drivers.document_layout` places it on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from drivers.label import Label

Align = Literal["left", "center", "right"]
Symbology = Literal["CODE128", "EAN13", "EAN8"]


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; it is wrapped to the paper and never breaks a hanzi."""

    text: str
    align: Align = "left"
    bold: bool = False
    double_height: bool = False
    double_width: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a :class:`Columns` row."""

    text: str
    width: int | None = None
    """Cells; None shares what is left over with the other cells that have None."""
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class Columns:
    """A table row; a left-aligned cell that is too long is wrapped, a right-aligned one never."""

    cells: tuple[Cell, ...]
    bold: bool = False
    double_height: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label on the left and an amount at the right edge."""

    left: str
    right: str
    bold: bool = False
    double_height: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the paper."""

    char: str = "-"


@dataclass(frozen=True, slots=True)
class Blank:
    """Empty lines."""

    lines: int = 1


@dataclass(frozen=True, slots=True)
class Barcode:
    """A linear barcode, centred."""

    data: str
    symbology: Symbology = "CODE128"
    height_dots: int = 64
    hri: bool = True
    """Whether the human-readable text stands under the bars."""


@dataclass(frozen=True, slots=True)
class QrCode:
    """A QR code, centred."""

    data: str
    size: int = 6
    """Dots per module, 1 to 16."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of black and white dots, centred: the shop's logo."""

    width_dots: int
    data: str
    """Base64 of rows from the top, each filled up to whole bytes; the left dot is the high bit."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture that lies in the printer's own memory, centred."""

    number: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Feed to the cutter and cut; on a printer without one, feed to the tear bar."""

    partial: bool = True


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """A buffered drawer pulse (test pages only: see ``POSPrinter.open_drawer`` for a till)."""

    pin: Literal[2, 5] | None = None
    """Connector pin; None takes the profile's."""


Special = Barcode | QrCode | Picture | StoredPicture | Cut | OpenDrawer
Element = Text | Columns | Pair | Rule | Blank | Special | Label


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that comes out of the printer for one job."""

    elements: tuple[Element, ...]
    copies: int = 1
    title: str = ""
    """For lists of jobs on the screen; not printed."""


def without_drawer(document: Document) -> Document:
    """Give ``document`` without drawer pulses: a queued job must not open a drawer later (P6)."""
    kept = tuple(one for one in document.elements if not isinstance(one, OpenDrawer))
    return document if len(kept) == len(document.elements) else replace(document, elements=kept)
