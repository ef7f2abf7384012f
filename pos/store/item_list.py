"""Item lists as shops keep them (CSV, XLSX), read row by row: good rows as values, bad ones named.

A list is untrusted input: unknown encodings, spreadsheet habits (codes turned into numbers, ￥ in
prices, full-width digits), control characters that would reach a printer or a screen. A bad row
costs that row and is reported with its number, what was expected and what came; nothing is guessed
about codes, which stay text. What is odd but usable (a check digit that a shop made up, a row
without a price) is kept and noted.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from pos.domain.barcode import check_digit, normalise_gtin14
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import ONE, QuantityFormatError, parse_quantity
from pos.store.errors import N_, ImportRefused, Translate

MAX_CODE = 64
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


class ItemList:
    """An opened list: iterate for its good rows; problems go to `report` as they are met.

    `fraction` tells how much of the file has been read. Raises ImportRefused when the file cannot
    be read as a list at all: no such encoding, no headings, a workbook that is none.
    """

    def __init__(self, path: Path, report: Report) -> None:
        self.path = path
        self.encoding = ""
        self._report = report
        self._size = max(path.stat().st_size, 1) if path.is_file() else 1
        self._stream: BinaryIO | None = None
        self._opened: Generator[Sequence[str], None, None] | None = None
        self._done = False

    def close(self) -> None:
        """Let the file go, also when iterating was given up half way."""
        if self._opened is not None:
            self._opened.close()

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        if self._done:
            return 1.0
        return 0.0 if self._stream is None else min(self._stream.tell() / self._size, 1.0)

    def __iter__(self) -> Iterator[Listed]:
        rows = self._opened = self._rows()
        headings = next(rows, None)
        if headings is None:
            raise ImportRefused(N_("{path} is empty."), path=self.path)
        read = _RowReader(_places(self.path, headings), self._report)
        # Blank rows count, as they do in a spreadsheet, and are no problem.
        for number, cells in enumerate(rows, start=2):
            if any(cells):
                row = read(number, cells)
                if row is not None:
                    yield row
        self._done = True

    def _rows(self) -> Generator[Sequence[str], None, None]:
        try:
            if self.path.suffix.lower() in {".xlsx", ".xlsm"}:
                self.encoding = "xlsx"
                yield from _workbook_rows(self.path)
                return
            self.encoding = detect_encoding(self.path)
            with self.path.open("rb") as stream:
                self._stream = stream
                # Not str.splitlines: it would cut rows at U+2028 and other characters in names.
                text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
                first = text.readline()
                delimiter = max("\t;,", key=first.count)
                text.seek(0)
                lines = (line.replace("\0", "") for line in text)
                yield from csv.reader(lines, delimiter=delimiter)
        except OSError as error:
            raise ImportRefused(
                N_("{path} cannot be read: {reason}."), path=self.path, reason=error.strerror
            ) from error
        except csv.Error as error:
            raise ImportRefused(
                N_("{path} is not a list: {reason}."), path=self.path, reason=error
            ) from error
        finally:
            self._stream = None


def detect_encoding(path: Path) -> str:
    """UTF-8 with or without mark, UTF-16 with mark, else GB18030; the whole file decides.

    Chinese spreadsheets save CSV as GB18030, and the first Chinese name may come late. Raises
    ImportRefused with the offending offset when it is none of these.
    """
    with path.open("rb") as stream:
        mark = stream.read(3)
        if mark[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        for encoding in ("utf-8-sig", "gb18030"):
            stream.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            offset = 0
            try:
                while block := stream.read(1 << 20):
                    decoder.decode(block)
                    offset += len(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                offset += error.start
                continue
            return encoding
    raise ImportRefused(
        N_("{path}: expected text in UTF-8, UTF-16 or GB18030, got other bytes near {offset}."),
        path=path,
        offset=offset,
    )


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


def _workbook_rows(path: Path) -> Iterator[Sequence[str]]:
    try:
        import openpyxl
    except ImportError as error:
        raise ImportRefused(
            N_("Reading {path} needs the `hq` extra (openpyxl)."),
            path=path,
            hint=N_("Save the list as CSV, or install guitai[hq]."),
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise ImportRefused(
            N_("{path} is not a workbook: {reason}."), path=path, reason=error
        ) from error
    try:
        for cells in book.worksheets[0].iter_rows(values_only=True):
            yield [_cell_text(cell) for cell in cells]
    finally:
        book.close()


def _cell_text(cell: object) -> str:
    """A cell as text; whole numbers without the `.0` that spreadsheets give them."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def _places(path: Path, headings: Sequence[str]) -> dict[str, int]:
    """Where each column stands; raises ImportRefused when a required one is missing."""
    known = {alias: name for name, aliases in COLUMNS.items() for alias in (name, *aliases)}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = known.get(clean(heading).lower())
        if name is not None:
            places.setdefault(name, place)
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise ImportRefused(
            N_("{path}: expected headings {required}, {missing} missing; got {got}."),
            path=path,
            required=", ".join(REQUIRED),
            missing=", ".join(missing),
            got=", ".join(clean(heading) for heading in headings)[:200],
        )
    return places


class _RowReader:
    """Turns the cells of one row into a Listed, or reports why not."""

    def __init__(self, places: dict[str, int], report: Report) -> None:
        self._report = report
        # A column that the list lacks stands at -1: rows are padded with an empty last cell.
        self._at = {name: places.get(name, -1) for name in COLUMNS}
        self._width = max(places.values()) + 1
        self._texts = itemgetter(*(self._at[name] for name in _TEXTS))
        self._items: dict[str, int] = {}
        self._codes: dict[str, int] = {}

    def __call__(self, number: int, cells: Sequence[str]) -> Listed | None:
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
        item_code = _checked_code("item_code", cells[at["item_code"]])
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
        weighed = cells[at["weighed"]].lower()
        if weighed not in _YES and weighed not in _NO:
            raise _BadRow("weighed", N_("yes or no"), weighed)
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
            weighed in _YES, False, origin, grade, mnemonic, price, codes,
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
