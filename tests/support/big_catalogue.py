"""A catalogue of any size out of real names: what a million items look like to a till.

Names come from public price lists (Chinese, English, Hebrew, Croatian …), from a vegetable market
and from vending machines; more items than names are made by adding flavours, sizes and packs to
them, as shops' lists do. Without the data the names are put together from common words.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"

_FLAVOURS = (
    "",
    "原味",
    "香辣",
    "红烧",
    "番茄",
    "葱香",
    "蜜汁",
    "酱香",
    "麻辣",
    "清炖",
    "五香",
    "烧烤",
)
_SIZES = ("", "80g", "100g", "250ml", "330ml", "500ml", "1L", "1.5kg", "2kg", "5kg")
_PACKS = ("", "*4", "*6", "*12", "*24", "礼盒", "家庭装")
_GOODS = (
    "牛肉面", "可乐", "雪碧", "矿泉水", "酱油", "陈醋", "大米", "面粉", "鸡蛋", "牛奶", "豆腐", "饼干",
    "薯片", "巧克力", "洗衣粉", "牙膏", "毛巾", "啤酒", "白酒", "红茶", "绿茶", "咖啡", "火腿肠", "方便面",
)  # fmt: skip
_BRANDS = (
    "康师傅",
    "统一",
    "农夫山泉",
    "海天",
    "金龙鱼",
    "蒙牛",
    "伊利",
    "旺旺",
    "青岛",
    "百事",
    "Lay's",
    "Oreo",
)
_INITIALS = "abcdefghjklmnpqrstwxyz"


class MadeItem(NamedTuple):
    """One item of a made catalogue."""

    item_code: str
    name: str
    spec: str
    mnemonic: str
    barcode: str
    """EAN-13 with a right check digit."""

    unit_price_e4: int


def have_real_names() -> bool:
    """Whether the shared data is there."""
    return (DATA / "gtin_shops.csv.gz").is_file()


@lru_cache(maxsize=1)
def base_names() -> tuple[str, ...]:
    """Distinct names, real ones when there are any; Chinese ones first, so that small catalogues have them."""
    if not have_real_names():
        return tuple(brand + good for brand in _BRANDS for good in _GOODS)
    names: dict[str, None] = {}
    for file, column in (("veg_items.csv", "item_name"), ("vending_goods.csv", "product")):
        with (DATA / file).open(encoding="utf-8-sig", newline="") as stream:
            names.update(dict.fromkeys(row[column].strip() for row in csv.DictReader(stream)))
    with gzip.open(DATA / "gtin_shops.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        shops = [row["name"].strip() for row in csv.DictReader(stream)]
    names.update(dict.fromkeys(n for n in shops if any("\u4e00" <= c <= "\u9fff" for c in n)))
    names.update(dict.fromkeys(shops))
    names.pop("", None)
    return tuple(names)


def ean13(number: int) -> str:
    """The EAN-13 of a number of up to twelve digits."""
    body = f"{number:012d}"
    total = sum(int(c) * (3 if i % 2 else 1) for i, c in enumerate(body))
    return f"{body}{-total % 10}"


def mnemonic_of(name: str) -> str:
    """A stand-in for pinyin initials: the same letter for the same character, at no cost."""
    return "".join(
        _INITIALS[ord(c) % len(_INITIALS)] if c > "\u2e80" else c.lower()
        for c in name
        if c.isalnum()
    )[:16]


def made_items(count: int, *, seed: int = 2) -> Iterator[MadeItem]:
    """`count` items in a random but repeatable order of codes."""
    names = base_names()
    numbers = random.Random(seed)
    for index in range(count):
        turn, which = divmod(index, len(names))
        name = names[which]
        spec = _SIZES[(turn + which) % len(_SIZES)]
        if turn:
            name = f"{_FLAVOURS[turn % len(_FLAVOURS)]}{name}{_PACKS[turn % len(_PACKS)]}"
        number = 690_000_000_000 + (index * 7_919_993) % 9_999_999_967
        yield MadeItem(
            f"{100_000 + index * 7 % 9_000_011}",
            name,
            spec,
            mnemonic_of(name),
            ean13(number),
            numbers.randrange(50, 20_000) * 100,
        )


def write_csv(path: Path, count: int, *, seed: int = 2) -> None:
    """The made catalogue as an item list for `pos import` and `hq import-items`."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["item_code", "name", "spec", "unit", "price", "barcodes", "mnemonic"])
        for item in made_items(count, seed=seed):
            price = f"{item.unit_price_e4 // 10_000}.{item.unit_price_e4 // 100 % 100:02d}"
            writer.writerow(
                [item.item_code, item.name, item.spec, "件", price, item.barcode, item.mnemonic]
            )
