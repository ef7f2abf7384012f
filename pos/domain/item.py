"""Items, their barcodes, packs and prices: what the catalogue answers to a scan (CAT-01, CAT-02)."""

from __future__ import annotations

import msgspec

from pos.domain.quantity import ONE


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item as the till needs it at the moment of a scan: master data and the price in force."""

    item_code: str
    """The store's own key, exact and case-sensitive."""

    name: str
    """Name as printed (zh in a Chinese shop)."""

    name_en: str = ""
    spec: str = ""
    """规格, shown large beside the name so that the cashier can compare with the goods."""

    model: str = ""
    unit: str = ""
    """Unit of sale: 瓶, 袋, kg."""

    item_class: str = ""
    """商品分类: the switch that turns extra rules on (CAT-01)."""

    tax_code: str = ""
    tax_rate_bp: int = 0
    """Tax-inclusive rate in basis points: 13 % is 1,300."""

    unit_price_e4: int | None = None
    """Price in force at the business day asked for, or None: nothing without a price is sold."""

    price_version: int = 0
    """Catalogue version that the price belongs to; 0 for a local price."""

    weighed: bool = False
    """Sold by weight: the quantity is typed, read from a scale, or comes from a label."""

    department: bool = False
    """An open department: sold at a typed price (unknown codes, sundries)."""

    held: bool = False
    """Under a head-office hold: refused at the scan whatever the rights (QLT-04)."""

    hold_reason: str = ""
    pack_holds: bool = False
    """Some batch or pack of it is held, though not all of it."""

    origin: str = ""
    grade: str = ""
    mnemonic: str = ""
    """助记码: pinyin initials, ready-made at import."""


class ItemBarcode(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One code that finds an item; a case code finds several units of it."""

    code: str
    """GTIN-14 text for GTINs, the exact text otherwise."""

    item_code: str
    quantity_milli: int = ONE
    """How much of the item the code stands for: 12,000 for a case of 12 (ITF-14)."""


class CatalogueHit(msgspec.Struct, frozen=True, gc=False):
    """What a lookup found: the item and how much of it the scanned code stands for."""

    item: Item
    quantity_milli: int = ONE
    barcode: str = ""


class Price(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A price that is effective from a business day on (R13)."""

    item_code: str
    effective_day: str
    """Business day as ISO text; the price with the latest effective day not after today's counts."""

    unit_price_e4: int
    version: int = 0
