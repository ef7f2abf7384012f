"""Price cards (六标齐全, CAT-05), shelf labels and barcodes of goods, as labels of any size."""

from __future__ import annotations

from typing import Final, Literal

from drivers.label import Label, LabelField, LabelSymbology
from pos.domain.barcode.check_digit import check_digit
from pos.domain.item import Item
from pos.domain.money import format_unit_price
from pos.i18n import N_
from pos.receipt.words import Words

CardKind = Literal["card", "shelf", "barcode", "burst"]
"""Price card, shelf label, barcode alone, burst label (爆炸签): the price as large as it goes."""
Mark = Literal["name", "origin", "spec", "grade", "unit", "price"]

MARK_WORDS: Final[dict[str, str]] = {
    "name": N_("Name of goods"),
    "origin": N_("Origin"),
    "spec": N_("Specification"),
    "grade": N_("Grade"),
    "unit": N_("Unit of price"),
    "price": N_("Retail price"),
}
"""The six marks by their names in the settings."""

_EDGE: Final = 15
_ROW: Final = 38
_GLYPH: Final = 30
"""Height of the font at size 1: 24 dots at 8 dots a millimetre, in tenths of a millimetre."""
_BARS: Final = 75
_WIDE: Final = 500


def missing_marks(item: Item, marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
    """The marks that a card of `item` would lack."""
    return tuple(mark for mark in marks if not _mark(item, mark))


def _mark(item: Item, mark: Mark) -> str:
    if mark == "price":
        return "" if item.unit_price_e4 is None else format_unit_price(item.unit_price_e4)
    return str(getattr(item, mark))


def barcode_for(item: Item, code: str) -> tuple[str, LabelSymbology]:
    """What to print as bars: the item's own GTIN, else its item code, which every till finds."""
    digits = code.lstrip("0")
    for length, symbology in ((8, "EAN8"), (13, "EAN13")):
        padded = digits.rjust(length, "0")
        if digits and len(digits) <= length and _is_gtin(padded) and len(code) in (8, 12, 13, 14):
            return padded, "EAN8" if symbology == "EAN8" else "EAN13"
    return code or item.item_code, "CODE128"


def _is_gtin(digits: str) -> bool:
    return digits.isascii() and digits.isdigit() and check_digit(digits[:-1]) == int(digits[-1])


def price_card(
    item: Item,
    code: str,
    *,
    kind: CardKind,
    width_mm: int,
    height_mm: int,
    gap_mm: int = 2,
    language: str = "zh",
    copies: int = 1,
) -> Label:
    """The label of `item`; `code` is its barcode, or empty for goods without one."""
    words = Words(language)
    price = "" if item.unit_price_e4 is None else f"¥{format_unit_price(item.unit_price_e4)}"
    if item.unit:
        price += f"/{item.unit}"
    wide = width_mm * 10 >= _WIDE
    fields = [LabelField(_EDGE, _EDGE, item.name)]
    y = _EDGE + _ROW
    if kind == "card":
        pairs = [("origin", "spec"), ("grade", "unit")]
        rows = pairs if wide else [(mark,) for pair in pairs for mark in pair]
        for row in rows:
            for place, mark in enumerate(row):
                text = f"{words(MARK_WORDS[mark])}:{_mark(item, mark)}"  # type: ignore[arg-type]  # keys of MARK_WORDS
                fields.append(LabelField(_EDGE + place * (width_mm * 5 - _EDGE), y, text))
            y += _ROW
    elif kind == "shelf" and item.spec:
        fields.append(LabelField(_EDGE, y, item.spec))
        y += _ROW
    bottom = height_mm * 10 - _EDGE
    if kind == "burst" and price:
        # CAT-16: read from across the aisle; the bars would only take room from it.
        fields.append(LabelField(_EDGE, y, price, size=_largest(price, width_mm, bottom - y)))
        return Label(width_mm, height_mm, tuple(fields), gap_mm, copies)
    if kind != "barcode" and price:
        size = 3 if wide and kind == "shelf" and y + 3 * _GLYPH <= bottom else 2
        fields.append(LabelField(_EDGE, y, price, size=size))
        y += size * _GLYPH + 10
    room = bottom - y
    if kind == "barcode" or room >= _BARS + _GLYPH:
        data, symbology = barcode_for(item, code)
        bars = max(40, min(_BARS if kind != "barcode" else 150, room - _GLYPH - 10))
        fields.append(LabelField(_EDGE, y, data, symbology=symbology, height_dmm=bars))
    return Label(width_mm, height_mm, tuple(fields), gap_mm, copies)


def _largest(text: str, width_mm: int, room_dmm: int) -> int:
    """The largest size, 1 to 4, at which `text` fits the label's width and what room is left."""
    wide = sum(2 if ord(character) > 0x2E80 else 1 for character in text)
    for size in (4, 3, 2):
        if wide * _GLYPH * size // 2 <= width_mm * 10 - 2 * _EDGE and size * _GLYPH <= room_dmm:
            return size
    return 1


__all__ = ["MARK_WORDS", "CardKind", "Mark", "barcode_for", "missing_marks", "price_card"]
