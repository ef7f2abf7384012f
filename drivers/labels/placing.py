"""What the label languages share: places in dots, texts cut to the label, codes that suit (pure)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.document import Document
from drivers.errors import Illegal
from drivers.escpos.encoder import cell_width, clean, substitutions_in
from drivers.label import Label, LabelField, LabelSymbology
from drivers.labels.profile import LabelProfile

_CODE128_MAX: Final = 40
_CODE128_EXTRA: Final = frozenset(" -.$/+%:")
_DIGITS: Final[dict[LabelSymbology, tuple[int, int]]] = {"EAN13": (12, 13), "EAN8": (7, 8)}


@dataclass(frozen=True, slots=True)
class Placed:
    """One field in dots; text is sanitised and fits the label."""

    x: int
    y: int
    text: str
    size: int
    symbology: LabelSymbology | None
    height: int


@dataclass(frozen=True, slots=True)
class CompiledLabels:
    """Bytes of one job."""

    data: bytes
    substitutions: int
    labels: int
    """Pieces of paper that come out."""


def place(label: Label, profile: LabelProfile) -> list[Placed]:
    """The fields of ``label`` in dots; what lies outside of it is left out.

    Raises:
        Illegal: the label is wider than the head, or nothing at all.
    """
    width = label.width_mm * profile.dots_per_mm
    height = label.height_mm * profile.dots_per_mm
    if not 0 < width <= profile.width_dots_max or not 0 < label.height_mm <= 1000:
        raise Illegal(f"{label.width_mm} x {label.height_mm} mm")
    made = []
    for field in label.fields:
        x = field.x_dmm * profile.dots_per_mm // 10
        y = field.y_dmm * profile.dots_per_mm // 10
        if not (0 <= x < width and 0 <= y < height):
            continue
        made.append(_placed(field, x, y, width - x, profile))
    return [one for one in made if one.text]


def _placed(field: LabelField, x: int, y: int, room: int, profile: LabelProfile) -> Placed:
    size = max(1, min(4, field.size))
    bars = max(8, field.height_dmm * profile.dots_per_mm // 10)
    if field.symbology is not None and _suits(field.text, field.symbology):
        return Placed(x, y, field.text, 1, field.symbology, bars)
    cell = profile.font_dots * size // 2
    return Placed(x, y, _fitting(clean(field.text).strip(), max(1, room // cell)), size, None, 0)


def _suits(data: str, symbology: LabelSymbology) -> bool:
    """Whether ``data`` can be these bars; otherwise it stands there as text."""
    if not data.isascii():
        return False
    if symbology in _DIGITS:
        return data.isdigit() and len(data) in _DIGITS[symbology]
    return 0 < len(data) <= _CODE128_MAX and all(
        one.isalnum() or one in _CODE128_EXTRA for one in data
    )


def _fitting(text: str, cells: int) -> str:
    used, end = 0, 0
    for character in text:
        used += cell_width(character)
        if used > cells:
            break
        end += 1
    return text[:end].rstrip()


def lost_in(label: Label) -> int:
    """Characters of ``label`` that come out as ``?``."""
    return sum(substitutions_in(field.text) for field in label.fields)


def compiled(document: Document, one: Callable[[Label], bytes]) -> CompiledLabels:
    """The labels of ``document``, each by ``one`` in the printer's language.

    Raises:
        Illegal: there is none, or one does not fit the printer.
    """
    labels = [element for element in document.elements if isinstance(element, Label)]
    if not labels:
        raise Illegal("no label in the document")
    copies = max(1, document.copies)
    return CompiledLabels(
        b"".join(map(one, labels)) * copies,
        sum(map(lost_in, labels)),
        sum(max(1, min(999, label.copies)) for label in labels) * copies,
    )
