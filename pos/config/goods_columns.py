"""Columns of the lists that say how goods are kept: suppliers, rules of classes, rules of items.

Each column knows its headings, how a cell is read and how a value is written, so that a list that
was exported reads back as it was. `pos.config.goods_list` reads files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from pos.config.item_rows import MAX_CODE, MAX_TEXT, MAX_UNIT_PRICE_E4, N_
from pos.domain.goods.orders import ClassRule, DateRule, ItemRule, Supplier, SupplierState
from pos.domain.money import format_unit_price, parse_unit_price
from pos.domain.quantity import format_quantity, parse_quantity

MAX_DAYS = 36_500
_SEPARATORS = re.compile(r"[;；,，、|\s]+")
_RANGE = re.compile(r"(-?\d{1,3}(?:\.\d)?)\s*(?:~|～|至|\.\.|/)\s*(-?\d{1,3}(?:\.\d)?)")
_YES = {"1", "y", "yes", "true", "t", "是", "√"}
_NO = {"0", "n", "no", "false", "f", "否", "×"}
_WEEKDAYS = {
    "一": "1",
    "二": "2",
    "三": "3",
    "四": "4",
    "五": "5",
    "六": "6",
    "日": "7",
    "天": "7",
}


class Unreadable(ValueError):
    """A cell that is not what its column holds; the column says what it expects."""


class Column(NamedTuple):
    """One column: heading, other headings, field of the row, how it is read and written."""

    heading: str
    aliases: tuple[str, ...]
    field: str
    read: Callable[[str], Any]
    write: Callable[[Any], str]
    expected: str
    """English template of what belongs into a cell."""


class ClassRow(msgspec.Struct, frozen=True, kw_only=True):
    """A class of goods and its names."""

    item_class: str
    name: str
    name_en: str = ""
    parent: str = ""


class Table(NamedTuple):
    """One kind of list; a row is a value of `kind`, and the first column is its key."""

    dataset: str
    kind: type[msgspec.Struct]
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    """Headings without which the list is another one."""


def _text(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Unreadable
    return text


def _code(text: str) -> str:
    if len(text) > MAX_CODE or " " in text:
        raise Unreadable
    return text


def _item_code(text: str) -> str:
    """As the item list takes them from other systems: long, and with blanks inside."""
    return _text(text)


def _yes(text: str) -> bool:
    word = text.lower()
    if word not in _YES | _NO:
        raise Unreadable
    return word in _YES


def _quantity(text: str) -> int:
    milli = parse_quantity(text)
    if milli < 0:
        raise Unreadable
    return milli


def _cost(text: str) -> int:
    e4 = parse_unit_price(text.strip("¥￥元 "))
    if not 0 <= e4 <= MAX_UNIT_PRICE_E4:
        raise Unreadable
    return e4


def _days(text: str) -> int:
    if re.fullmatch(r"\d{1,5}", text, re.ASCII) is None or int(text) > MAX_DAYS:
        raise Unreadable
    return int(text)


def _percent(text: str) -> int:
    """Per cent with two decimals → basis points."""
    try:
        points = Decimal(text.rstrip("%％ ")) * 100
    except InvalidOperation as error:
        raise Unreadable from error
    if not points.is_finite() or points != points.to_integral_value() or not 0 <= points <= 10_000:
        raise Unreadable
    return int(points)


def _write_percent(points: int) -> str:
    whole, rest = divmod(points, 100)
    return str(whole) if not rest else f"{whole}.{rest:02d}".rstrip("0")


def _weekdays(text: str) -> str:
    digits = "".join(_WEEKDAYS.get(c, c) for c in text if c not in "周星期 ;；,，、")
    if re.fullmatch(r"[1-7]{0,7}", digits, re.ASCII) is None:
        raise Unreadable
    return "".join(sorted(set(digits)))


def _state(text: str) -> str:
    words = {"在用": "active", "整改": "rectify", "停用": "dropped", "淘汰": "dropped"}
    word = words.get(text, text.lower())
    if word not in set(SupplierState):
        raise Unreadable
    return word


def _date_rule(text: str) -> str:
    words = {"效期": "expiry", "到期日": "expiry", "生产日期": "production", "两者": "both"}
    word = words.get(text, text.lower())
    if word not in set(DateRule):
        raise Unreadable
    return word


def _abc(text: str) -> str:
    if text.upper() not in {"A", "B", "C"}:
        raise Unreadable
    return text.upper()


def _words(text: str) -> tuple[str, ...]:
    return tuple(_text(part) for part in _SEPARATORS.split(text) if part)


def _bands(text: str) -> tuple[int, ...]:
    return tuple(sorted({_days(part) for part in _words(text)}, reverse=True))


def _temperatures(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text.replace("℃", "").strip())
    if match is None:
        raise Unreadable
    low, high = (int(Decimal(part) * 10) for part in match.groups())
    if low > high:
        raise Unreadable
    return low, high


def _write_temperatures(tenths: tuple[int, int] | None) -> str:
    return "" if tenths is None else "~".join(str(Decimal(one) / 10) for one in tenths)


def _plain(value: object) -> str:
    return str(value)


def _write_yes(value: object) -> str:
    return "1" if value else "0"


def _write_number(value: int) -> str:
    return str(value) if value else ""


def _write_quantity(milli: int) -> str:
    return format_quantity(milli) if milli else ""


def _write_cost(e4: int | None) -> str:
    return "" if e4 is None else format_unit_price(e4)


def _write_list(values: tuple[object, ...]) -> str:
    return ";".join(map(str, values))


_TEXT = N_("at most 200 characters")
_CODE = N_("a code of at most 64 characters without blanks")
_YES_NO = N_("yes or no")
_QUANTITY = N_("a quantity such as 12 or 0.5, not below zero")
_COST = N_("a cost like 3.50, with up to 4 decimals")
_DAYS = N_("a number of days")


def _texts(heading: str, *aliases: str) -> Column:
    return Column(heading, aliases, heading, _text, _plain, _TEXT)


def _switch(heading: str, *aliases: str) -> Column:
    return Column(heading, aliases, heading, _yes, _write_yes, _YES_NO)


def _number(heading: str, *aliases: str) -> Column:
    return Column(heading, aliases, heading, _days, _write_number, _DAYS)


def _amount(heading: str, field: str, *aliases: str) -> Column:
    return Column(heading, aliases, field, _quantity, _write_quantity, _QUANTITY)


def _list(heading: str, *aliases: str) -> Column:
    return Column(heading, aliases, heading, _words, _write_list, _TEXT)


_SUPPLIERS = Table(
    "suppliers",
    Supplier,
    (
        Column("supplier_id", ("供应商编码", "供应商编号"), "supplier_id", _code, _plain, _CODE),
        _texts("name", "供应商名称", "名称"),
        Column("state", ("状态",), "state", _state, _plain, N_("active, rectify or dropped")),
        _texts("contact", "联系人"),
        _texts("phone", "电话"),
        _switch("needs_seal", "需盖章"),
        Column(
            "delivery_weekdays",
            ("送货日", "到货日"),
            "delivery_weekdays",
            _weekdays,
            _plain,
            N_("weekdays as digits: 14 is Monday and Thursday"),
        ),
        Column("lead_days", ("提前期", "订货提前天数"), "lead_days", _days, str, _DAYS),
        Column(
            "tolerance_percent",
            ("超收允差", "允差"),
            "tolerance_bp",
            _percent,
            _write_percent,
            N_("per cent from 0 to 100, with at most two decimals"),
        ),
        _texts("mnemonic", "助记码"),
    ),
    ("supplier_id", "name"),
)
_CLASS_RULES = Table(
    "class_rules",
    ClassRule,
    (
        Column(
            "item_class", ("class_code", "类别", "商品分类"), "item_class", _code, _plain, _CODE
        ),
        _texts("trade", "行业"),
        _switch("batch_tracked", "管批号"),
        _switch("serial_tracked", "管序列号"),
        Column(
            "dates",
            ("日期",),
            "dates",
            _date_rule,
            _plain,
            N_("expiry, production, both or nothing"),
        ),
        _number("shelf_life_days", "保质期"),
        _number("min_remaining_days", "收货最少剩余天数"),
        Column("near_days", ("临期天数",), "near_days", _bands, _write_list, _DAYS),
        _switch("large", "大件"),
        _list("checklist", "检查项"),
        _list("papers", "证照"),
        Column(
            "temperature",
            ("温度", "温度范围"),
            "temperature_tenths",
            _temperatures,
            _write_temperatures,
            N_("lowest and highest temperature, as 2~8"),
        ),
        _switch("counted_daily", "日盘"),
        _number("maintenance_days", "养护天数"),
        _switch("controlled", "专管"),
        _switch("in_scope", "经营范围内"),
    ),
    ("item_class",),
)
_ITEM_RULES = Table(
    "item_rules",
    ItemRule,
    (
        Column("item_code", ("商品编码", "货号", "sku"), "item_code", _item_code, _plain, _TEXT),
        Column("supplier_id", ("供应商", "供应商编码"), "supplier_id", _code, _plain, _CODE),
        _amount("case", "case_milli", "箱装", "箱规"),
        _amount("min", "min_milli", "最低库存", "下限"),
        _amount("max", "max_milli", "最高库存", "上限"),
        _number("cycle_days", "补货周期"),
        _amount("safety", "safety_milli", "安全库存"),
        _number("lead_days", "提前期"),
        Column("abc", ("ABC",), "abc", _abc, _plain, N_("A, B or C")),
        Column("cost", ("进价", "成本"), "cost_e4", _cost, _write_cost, _COST),
        _number("shelf_life_days", "保质期"),
        _switch("batch_tracked", "管批号"),
        _switch("serial_tracked", "管序列号"),
        _switch("imported", "进口"),
        _texts("actual_origin", "实际产地", "实际生产产地"),
        _texts("maker", "厂名", "生产企业"),
        _texts("maker_address", "厂址"),
        _texts("maker_licence_no", "生产许可证号"),
        _texts("certificate", "合格证", "产品合格证"),
        _texts("registration_no", "注册证号", "批准文号"),
        _texts("generic_name", "通用名"),
        _texts("dosage_form", "剂型"),
        _switch("sterile", "无菌"),
        _list("papers", "证照"),
        _texts("shelf", "陈列位置", "货架"),
        _amount("facing", "facing_milli", "排面", "排面量"),
    ),
    ("item_code",),
)
_CLASSES = Table(
    "classes",
    ClassRow,
    (
        Column(
            "item_class",
            ("class_code", "类别编码", "分类编码"),
            "item_class",
            _code,
            _plain,
            _CODE,
        ),
        _texts("name", "类别名称", "分类名称", "名称"),
        _texts("name_en", "英文名称"),
        Column("parent", ("上级分类", "上级"), "parent", _code, _plain, _CODE),
    ),
    ("item_class", "name"),
)
TABLES = {table.dataset: table for table in (_ITEM_RULES, _CLASS_RULES, _SUPPLIERS)}
"""Datasets whose lists are read; a list is taken for the first one whose headings it has."""

NAMED_TABLES = {**TABLES, "classes": _CLASSES}
"""With those that are read only where they are asked for by name: names of classes."""
