"""Putting goods, operators and holds into the feed: item lists (CSV, xlsx), PINs, holds.

An item list is read whole, checked row by row, compared with what is there, and only what differs
is published, in versions of at most 100,000 items.
"""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from pos.domain.barcode import normalise_gtin14
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import QuantityFormatError, parse_quantity
from sync.head_office.feed import Feed
from sync.protocol import (
    FeedBarcode,
    FeedChanges,
    FeedClass,
    FeedHold,
    FeedItem,
    FeedOperator,
    FeedPrice,
    FeedQuickKey,
)

REQUIRED = ("item_code", "name", "price")
HEADINGS = {
    "item_code": ("商品编码", "编码", "货号", "商品代码", "商品编号", "sku", "code"),
    "name": ("品名", "商品名称", "名称", "商品名", "item_name"),
    "price": ("售价", "零售价", "单价", "价格", "销售价", "unit_price"),
    "name_en": ("英文名", "英文名称"),
    "spec": ("规格",),
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
"""Columns with the other headings that item lists of the trade give them."""

_COLUMN_OF = {heading: name for name, known in HEADINGS.items() for heading in known}
_MANGLED = re.compile(r"[\d.]+E\+?\d+", re.IGNORECASE)
_SEPARATORS = re.compile(r"[;；]+")
MAX_ITEMS_PER_VERSION = 100_000
MAX_PROBLEMS = 50
MAX_TEXT = 400
ARGON2_PARAMETERS = "m=19456,t=2,p=1"
_TRUE = {"1", "true", "yes", "y", "是"}


class ImportProblem(msgspec.Struct, frozen=True):
    """A row that was not taken: its number in the file (the header is row 1) and why."""

    row: int
    reason: str


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    rows: int
    published: int
    """Items whose master data, codes or price changed."""

    versions: tuple[int, ...] = ()
    problems: tuple[ImportProblem, ...] = ()


class ImportFileError(ValueError):
    """A file that is no item list at all: the message says what was expected."""


class ImportedItem(msgspec.Struct, frozen=True):
    """One row of an item list."""

    item: FeedItem
    unit_price_e4: int
    barcodes: tuple[FeedBarcode, ...]


def import_items(
    feed: Feed,
    file: Path,
    *,
    effective_day: str = "",
    scope: str = "",
    by: str = "",
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportResult:
    """Import an item list; rows with problems are named and left out, the rest is published.

    `effective_day` is the business day from which the prices count; empty means at once.
    """
    if effective_day:
        dt.date.fromisoformat(effective_day)
    items: dict[str, ImportedItem] = {}
    codes: set[str] = set()
    problems: list[ImportProblem] = []
    count = 0
    for number, row in enumerate(_read(file), start=2):
        count += 1
        try:
            item = _item(row)
        except (ValueError, MoneyFormatError, QuantityFormatError) as error:
            problems.append(ImportProblem(number, str(error)))
            continue
        if item.item.item_code in items:
            problems.append(ImportProblem(number, f"item_code {item.item.item_code} came before"))
            continue
        taken = next((b.code for b in item.barcodes if b.code in codes), "")
        if taken:
            problems.append(ImportProblem(number, f"barcode {taken} came before"))
            continue
        codes.update(b.code for b in item.barcodes)
        items[item.item.item_code] = item
        if progress is not None and count % 1000 == 0:
            progress(count)
    versions: list[int] = []
    published = 0
    values = list(items.values())
    dated = set[str]() if effective_day else _dated_items(feed, scope)
    for start in range(0, len(values), MAX_ITEMS_PER_VERSION):
        changes, changed = _differences(
            feed, values[start : start + MAX_ITEMS_PER_VERSION], effective_day, scope, dated
        )
        if changed:
            published += changed
            if not dry_run:
                versions.append(feed.publish(changes, scope=scope, by=by))
    return ImportResult(
        rows=count,
        published=published,
        versions=tuple(versions),
        problems=tuple(problems[:MAX_PROBLEMS]),
    )


def operator(
    operator_id: str, name: str, role: str, pin: str, *, language: str = "", active: bool = True
) -> FeedOperator:
    """An operator with salt and argon2id verifier (R29); the PIN itself is kept nowhere."""
    if re.fullmatch(r"\d{4,12}", pin, re.ASCII) is None:
        raise ValueError("expected a PIN of 4 to 12 digits")
    salt = secrets.token_bytes(16)
    return FeedOperator(
        operator_id=_text(operator_id, "operator_id", 40),
        name=_text(name, "name", 80),
        role=_text(role, "role", 40),
        language=language,
        active=active,
        salt=base64.b64encode(salt).decode(),
        verifier=base64.b64encode(pin_verifier(pin, salt)).decode(),
        parameters=ARGON2_PARAMETERS,
    )


def pin_verifier(pin: str, salt: bytes) -> bytes:
    """argon2id(PIN, salt) with `ARGON2_PARAMETERS`, 32 bytes."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        secret=pin.encode(),
        salt=salt,
        time_cost=2,
        memory_cost=19_456,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def set_operator(feed: Feed, made: FeedOperator, *, scope: str = "", by: str = "") -> int:
    """Publish an operator, to every store or to one."""
    return feed.publish(FeedChanges(operators=(made,)), scope=scope, by=by)


def hold(feed: Feed, item_code: str, reason: str, *, scope: str = "", by: str = "") -> str:
    """Hold an item (I7); returns the hold's id."""
    hold_id = secrets.token_hex(6)
    row = FeedHold(
        hold_id=hold_id,
        item_code=_text(item_code, "item_code", MAX_TEXT),
        reason=reason,
        since_utc_ms=feed.office.clock_ms(),
    )
    feed.publish(FeedChanges(holds=(row,)), scope=scope, by=by)
    return hold_id


def lift_hold(feed: Feed, hold_id: str, *, scope: str = "", by: str = "") -> None:
    """Take a hold away."""
    feed.publish(FeedChanges(removed={"holds": (hold_id,)}), scope=scope, by=by)


def set_quick_keys(feed: Feed, keys: Sequence[FeedQuickKey], *, scope: str = "") -> int:
    """Publish quick keys."""
    return feed.publish(FeedChanges(quick_keys=tuple(keys)), scope=scope)


def set_classes(feed: Feed, classes: Sequence[FeedClass], *, scope: str = "") -> int:
    """Publish item classes."""
    return feed.publish(FeedChanges(classes=tuple(classes)), scope=scope)


# ---------------------------------------------------------------------------- reading files


def _read(file: Path) -> Iterator[Mapping[str, str]]:
    rows = _read_xlsx(file) if file.suffix.lower() == ".xlsx" else _read_csv(file)
    first = [name.strip().lower() for name in next(rows, [])]
    header = [_COLUMN_OF.get(name, name) for name in first]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ImportFileError(
            f"{file.name}: expected the columns {', '.join(REQUIRED)}; "
            f"missing: {', '.join(missing)}"
        )
    for values in rows:
        if any(value.strip() for value in values):
            yield dict(zip(header, values, strict=False))


def _read_csv(file: Path) -> Iterator[list[str]]:
    data = file.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise ImportFileError(f"{file.name}: expected UTF-8 or GB18030 text")
    try:
        yield from csv.reader(io.StringIO(text, newline=""), strict=True)
    except csv.Error as error:
        raise ImportFileError(f"{file.name}: {error}") from error


def _read_xlsx(file: Path) -> Iterator[list[str]]:
    try:
        import openpyxl
    except ImportError as error:
        raise ImportFileError("reading .xlsx needs the extra 'hq'") from error
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises whatever its zip and XML readers raise
        raise ImportFileError(f"{file.name}: not a workbook: {error}") from error
    for row in book.worksheets[0].iter_rows(values_only=True):
        yield ["" if value is None else _cell(value) for value in row]


def _cell(value: object) -> str:
    # Excel holds 6901234567892 as a number: its text must not become 6901234567892.0.
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _item(row: Mapping[str, str]) -> ImportedItem:
    def text(name: str) -> str:
        return clean_text(row.get(name) or "")

    code = _text(row.get("item_code") or "", "item_code", MAX_TEXT)
    name = _text(row.get("name") or "", "name", MAX_TEXT)
    price = parse_unit_price(row.get("price") or "")
    if price < 0:
        raise ValueError(f"expected a price of 0 or more, got {row.get('price')!r}")
    barcodes = [
        FeedBarcode(code=_code(part), item_code=code)
        for part in _SEPARATORS.split(row.get("barcodes") or "")
        if part.strip()
    ]
    for pack in _SEPARATORS.split(row.get("packs") or ""):
        if pack.strip():
            part, _, quantity = pack.replace("：", ":").partition(":")
            milli = parse_quantity(quantity)
            if milli <= 0:
                raise ValueError(f"expected a pack such as 16901234567899:12, got {pack!r}")
            barcodes.append(FeedBarcode(code=_code(part), item_code=code, quantity_milli=milli))
    return ImportedItem(
        item=FeedItem(
            item_code=code,
            name=name,
            name_en=text("name_en"),
            spec=text("spec"),
            model=text("model"),
            unit=text("unit"),
            item_class=text("item_class"),
            tax_code=text("tax_code"),
            weighed=(row.get("weighed") or "").strip().lower() in _TRUE,
            department=(row.get("department") or "").strip().lower() in _TRUE,
            mnemonic=text("mnemonic").lower() or _mnemonic(name),
            origin=text("origin"),
            grade=text("grade"),
        ),
        unit_price_e4=price,
        barcodes=tuple(barcodes),
    )


def _code(text: str) -> str:
    """A barcode as the catalogue keeps it: a GTIN in fourteen digits, anything else as it is."""
    code = text.strip()
    if _MANGLED.fullmatch(code):
        raise ValueError(f"expected a code as text; the spreadsheet made a number of it: {code}")
    if len(code) > 64 or " " in code or not code.isprintable():
        raise ValueError(f"expected a code of at most 64 characters, got {code[:80]!r}")
    return normalise_gtin14(code) or code


def clean_text(text: str) -> str:
    """NFC text without control, format and unassigned characters (hostile names)."""
    normal = unicodedata.normalize("NFC", text.strip())
    if normal.isascii() and normal.isprintable():
        return normal
    return "".join(c for c in normal if unicodedata.category(c)[0] != "C")


def _text(text: str, name: str, limit: int) -> str:
    cleaned = clean_text(text)
    if not cleaned or len(cleaned) > limit:
        raise ValueError(f"expected {name} of 1 to {limit} characters, got {text[:60]!r}")
    return cleaned


def _mnemonic(name: str) -> str:
    """助记码: pinyin initials; Latin letters and digits stay."""
    if name.isascii():
        return "".join(c for c in name.lower() if c.isalnum())[:40]
    from pypinyin import Style, lazy_pinyin

    parts = lazy_pinyin(name, style=Style.FIRST_LETTER)
    return "".join(c for c in "".join(parts).lower() if c.isascii() and c.isalnum())[:40]


def _dated_items(feed: Feed, scope: str) -> set[str]:
    """Items that have a price with a day: a price "at once" must come after it, so it is today's."""
    today = _today(feed)
    rows = feed.dialect.query(
        "SELECT row_key FROM catalogue WHERE dataset = 'prices' AND scope IN ('', ?) "
        "AND row_key NOT LIKE '%\t'",
        (scope,),
    )
    keys = (str(key).rpartition("\t") for (key,) in rows)
    return {code for code, _, day in keys if day <= today}


def _today(feed: Feed) -> str:
    now = dt.datetime.fromtimestamp(feed.office.clock_ms() / 1000, tz=dt.UTC)
    return now.date().isoformat()


def _differences(
    feed: Feed,
    values: Sequence[ImportedItem],
    effective_day: str,
    scope: str,
    dated: set[str],
) -> tuple[FeedChanges, int]:
    today = _today(feed)
    items = [value.item for value in values]
    prices = [
        FeedPrice(
            item_code=value.item.item_code,
            effective_day=today if value.item.item_code in dated else effective_day,
            unit_price_e4=value.unit_price_e4,
        )
        for value in values
    ]
    barcodes = [barcode for value in values for barcode in value.barcodes]
    same_items = feed.unchanged("items", items, scope)
    same_prices = feed.unchanged("prices", prices, scope)
    same_codes = feed.unchanged("barcodes", barcodes, scope)
    changes = FeedChanges(
        items=tuple(i for i in items if i.item_code not in same_items),
        prices=tuple(p for p in prices if f"{p.item_code}\t{p.effective_day}" not in same_prices),
        barcodes=tuple(b for b in barcodes if b.code not in same_codes),
    )
    changed = {i.item_code for i in changes.items} | {p.item_code for p in changes.prices}
    return changes, len(changed | {b.item_code for b in changes.barcodes})
