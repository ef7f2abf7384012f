"""Rows of item lists as shops keep them: good rows as values, bad ones named. Pure; no file is read.

A list is untrusted input: spreadsheet habits (codes turned into numbers, ￥ in prices, full-width
digits), control characters that would reach a printer or a screen. A bad row costs that row and is
reported with its number, what was expected and what came; nothing is guessed about codes, which
stay text. What is odd but usable (a check digit that a shop made up, a row without a price) is kept
and noted. `pos.config.item_list` reads files; till and head office share both.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import msgspec

from pos.domain.barcode import check_digit, normalise_gtin14
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import ONE, QuantityFormatError, parse_quantity

Translate = Callable[[str], str]
MAX_CODE = 64
MAX_FOREIGN_CODE = 200
"""Of an item code that another system gave; some take the whole name for a code."""

MAX_TEXT = 200
MAX_UNIT_PRICE_E4 = 10**12

COLUMNS: dict[str, tuple[str, ...]] = {
    "item_code": ("商品编码", "编码", "货号", "商品代码", "商品编号", "sku", "code"),
    "name": ("品名", "商品名称", "名称", "商品名", "description", "item_name"),
    "price": ("售价", "零售价", "单价", "价格", "unit_price", "销售价"),
    "name_en": ("英文名", "英文名称"),
    "spec": ("规格", "size"),
    "model": ("型号",),
    "unit": ("单位", "计量单位"),
    "item_class": ("类别", "分类", "商品分类", "品类", "category", "class"),
    "tax_code": ("税码", "税率代码"),
    "weighed": ("称重", "是否称重"),
    "department": ("部类", "部门商品"),
    "barcodes": ("条码", "条形码", "商品条码", "国际条码", "barcode", "ean", "gtin"),
    "packs": ("箱码", "包装条码"),
    "mnemonic": ("助记码", "拼音码"),
    "origin": ("产地",),
    "grade": ("等级",),
}
"""Columns of an item list with the other headings they are known by."""

REQUIRED = ("item_code", "name", "price")
_TEXTS = (
    "name", "name_en", "spec", "model", "unit", "item_class", "tax_code", "origin", "grade",
    "mnemonic",
)  # fmt: skip
_YES = frozenset({"1", "y", "yes", "true", "t", "是", "√", "称重"})
_NO = frozenset({"", "0", "n", "no", "false", "f", "否", "×"})
_SEPARATORS = re.compile(r"[;；,，、|\s]+")
_MANGLED = re.compile(r"[\d.]+E\+?\d+", re.IGNORECASE)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a template for extraction."""
    return text


class ListRefused(Exception):
    """A file that cannot be read as a list at all: an English template with its values."""

    def __init__(self, template: str, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint_template = hint or N_(
            "Save the list as CSV (UTF-8) or XLSX with a header row and try again."
        )
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(self.text())

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.hint_text()

    def text(self, translate: Translate = str) -> str:
        """What is wrong, in the language of `translate`."""
        return translate(self.template).format_map(self.values)

    def hint_text(self, translate: Translate = str) -> str:
        """What to do about it, in the language of `translate`."""
        return translate(self.hint_template).format_map(self.values)


class Listed(NamedTuple):
    """One good row of a list: an item, its codes, its price."""

    row: int
    item_code: str
    name: str
    name_en: str
    spec: str
    model: str
    unit: str
    item_class: str
    tax_code: str
    weighed: bool
    department: bool
    origin: str
    grade: str
    mnemonic: str
    unit_price_e4: int | None
    codes: tuple[tuple[str, int], ...]
    """(code as the catalogue keeps it, thousandths of the item that it stands for)."""


class RowProblem(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one row."""

    row: int
    """As a spreadsheet counts: the headings are row 1."""

    column: str
    expected: str
    """English template of what belongs there."""

    got: str
    kept: bool = False
    """The row was good enough to keep all the same."""

    def text(self, translate: Translate = str) -> str:
        """One line for a person, in the language of `translate`."""
        template = (
            N_("row {row}, {column}: expected {expected}, got {got} (kept)")
            if self.kept
            else N_("row {row}, {column}: expected {expected}, got {got}")
        )
        return translate(template).format_map(
            {
                "row": self.row,
                "column": self.column,
                "expected": translate(self.expected),
                "got": repr(self.got[:80]),
            }
        )


class _BadRow(Exception):
    def __init__(self, column: str, expected: str, got: str) -> None:
        super().__init__(column)
        self.problem = (column, expected, got)


Report = Callable[[RowProblem], None]


def clean(text: str) -> str:
    """Text without control, format and unassigned characters (Unicode category C), blanks trimmed.

    Names are printed and drawn: an escape sequence in one would kick a drawer or move a cursor.
    """
    if not text.isprintable():
        text = "".join(
            " " if c in "\t\r\n" else c
            for c in text
            if c in "\t\r\n" or unicodedata.category(c)[0] != "C"
        )
    return text.strip()


def places_of(name: object, headings: Sequence[str]) -> dict[str, int]:
    """Where each column stands; raises ListRefused, naming the list, when one is missing."""
    known = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = known.get(clean(heading).lower())
        if column is not None:
            places.setdefault(column, place)
    missing = [column for column in REQUIRED if column not in places]
    if missing:
        raise ListRefused(
            N_("{path}: expected headings {required}, {missing} missing; got {got}."),
            path=name,
            required=", ".join(REQUIRED),
            missing=", ".join(missing),
            got=", ".join(clean(heading) for heading in headings)[:200],
        )
    return places


class RowReader:
    """Turns the cells of one row into a Listed, or reports why not.

    `foreign_codes` takes item codes as other systems give them: with blanks inside, and long.
    """

    def __init__(
        self, places: dict[str, int], report: Report, *, foreign_codes: bool = False
    ) -> None:
        self._report = report
        self._item_code = _foreign_code if foreign_codes else _checked_code
        # A column that the list lacks stands at -1: rows are padded with an empty last cell.
        self._at = {name: places.get(name, -1) for name in COLUMNS}
        self._width = max(places.values()) + 1
        self._texts = itemgetter(*(self._at[name] for name in _TEXTS))
        self._items: dict[str, int] = {}
        self._codes: dict[str, int] = {}

    def __call__(self, number: int, cells: Sequence[str]) -> Listed | None:
        """The row with that number, as a spreadsheet counts; None when it was reported bad."""
        if not "".join(cells).isprintable():
            cells = [clean(cell) for cell in cells]
        padded = [cell.strip() for cell in cells]
        padded += [""] * max(self._width - len(padded) + 1, 1)
        try:
            return self._read(number, padded)
        except _BadRow as bad:
            column, expected, got = bad.problem
            self._report(RowProblem(row=number, column=column, expected=expected, got=got))
            return None

    def _read(self, number: int, cells: Sequence[str]) -> Listed:
        at = self._at
        item_code = self._item_code("item_code", cells[at["item_code"]])
        earlier = self._items.get(item_code)
        if earlier is not None:
            raise _BadRow("item_code", N_("each item code once"), f"{item_code} (row {earlier})")
        texts = self._texts(cells)
        name, name_en, spec, model, unit, item_class, tax_code, origin, grade, mnemonic = texts
        if len(max(texts, key=len)) > MAX_TEXT:
            column = next(c for c, t in zip(_TEXTS, texts, strict=True) if len(t) > MAX_TEXT)
            raise _BadRow(column, N_("at most 200 characters"), cells[at[column]])
        if not name:
            raise _BadRow("name", N_("a name"), "")
        weighed = _yes("weighed", cells[at["weighed"]])
        department = _yes("department", cells[at["department"]])
        price = _read_price(cells[at["price"]])
        barcodes, packs = cells[at["barcodes"]], cells[at["packs"]]
        codes = tuple(self._codes_of(number, barcodes, packs)) if barcodes or packs else ()
        self._items[item_code] = number
        for code, _quantity in codes:
            self._codes[code] = number
        if price is None:
            self._note(number, "price", N_("a price: without one it cannot be sold"), "")
        return Listed(
            number, item_code, name, name_en, spec, model, unit, item_class, tax_code,
            weighed, department, origin, grade, mnemonic, price, codes,
        )  # fmt: skip

    def _codes_of(self, number: int, barcodes: str, packs: str) -> Iterator[tuple[str, int]]:
        seen: set[str] = set()
        wanted = [("barcodes", code, ONE) for code in _split(barcodes)]
        for entry in _split(packs):
            code, colon, quantity = entry.replace("：", ":").partition(":")
            try:
                milli = parse_quantity(quantity) if colon else 0
            except QuantityFormatError:
                milli = 0
            if milli <= 0:
                raise _BadRow("packs", N_("barcode:quantity, as 16901234567899:12"), entry)
            wanted.append(("packs", code, milli))
        for column, text, quantity_milli in wanted:
            code = self._catalogue_code(number, column, text)
            earlier = self._codes.get(code)
            if earlier is not None:
                raise _BadRow(column, N_("each barcode once"), f"{text} (row {earlier})")
            if code not in seen:
                seen.add(code)
                yield code, quantity_milli

    def _catalogue_code(self, number: int, column: str, text: str) -> str:
        code = normalise_gtin14(text)
        if code is not None:
            return code
        code = _checked_code(column, text)
        if code.isdigit() and len(code) in {8, 12, 13, 14}:
            expected = N_("a check digit that fits: a scanner will not read this code")
            self._note(number, column, expected, f"{code} ({check_digit(code[:-1])})")
        return code

    def _note(self, number: int, column: str, expected: str, got: str) -> None:
        self._report(RowProblem(row=number, column=column, expected=expected, got=got, kept=True))


def _split(text: str) -> list[str]:
    return [part for part in _SEPARATORS.split(text) if part] if text else []


def _checked_code(column: str, text: str) -> str:
    if not text:
        raise _BadRow(column, N_("a code"), "")
    if _MANGLED.fullmatch(text):
        raise _BadRow(column, N_("the code as text: the spreadsheet made a number of it"), text)
    if len(text) > MAX_CODE or " " in text:
        raise _BadRow(column, N_("a code of at most 64 characters without blanks"), text)
    return text


def _foreign_code(column: str, text: str) -> str:
    if not text:
        raise _BadRow(column, N_("a code"), "")
    if len(text) > MAX_FOREIGN_CODE:
        raise _BadRow(column, N_("at most 200 characters"), text)
    return text


def _yes(column: str, text: str) -> bool:
    word = text.lower()
    if word not in _YES and word not in _NO:
        raise _BadRow(column, N_("yes or no"), word)
    return word in _YES


@lru_cache(maxsize=65_536)
def _price_of(text: str) -> int | None:
    """Unit price of a price cell, or None when it is none; prices repeat, so they are kept."""
    text = unicodedata.normalize("NFKC", text).strip("¥￥元 \t")
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    try:
        unit_price_e4 = parse_unit_price(text)
    except MoneyFormatError:
        return None
    return unit_price_e4 if 0 <= unit_price_e4 <= MAX_UNIT_PRICE_E4 else None


def _read_price(text: str) -> int | None:
    if not text:
        return None
    unit_price_e4 = _price_of(text)
    if unit_price_e4 is None:
        raise _BadRow("price", N_("a price like 3.50, with up to 4 decimals"), text)
    return unit_price_e4
