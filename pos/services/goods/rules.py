"""What goods keeping asks of an item: the rule of its class and its own, as one value (CAT-01).

A class without a rule takes that of its nearest parent. What was found is kept for the catalogue
version in force, so that a scan of goods seen before costs one dict lookup.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date, timedelta
from typing import Protocol

import msgspec

from pos.domain.goods.orders import ClassRule, DateRule, ItemRule
from pos.services.context import Till
from pos.store import goods_reference

_MAX_PARENTS = 16


class GoodsRule(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The rules that count for one item: its class's, sharpened by its own."""

    item_code: str = ""
    trade: str = ""
    """medicine, device, imported_food, apparel …; empty for plain goods."""

    batch_tracked: bool = False
    serial_tracked: bool = False
    dates: str = DateRule.NONE.value
    shelf_life_days: int = 0
    min_remaining_days: int = 0
    near_days: tuple[int, ...] = ()
    """Bands of near expiry, widest first; empty where nothing was said."""

    large: bool = False
    checklist: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    """Papers that the class asks for."""

    missing: tuple[str, ...] = ()
    """Those that are not on file for this item (CAT-09..13)."""

    papers_until: tuple[tuple[str, str], ...] = ()
    """Those on file that end: the paper and its last day."""

    temperature_tenths: tuple[int, int] | None = None
    counted_daily: bool = False
    maintenance_days: int = 0
    controlled: bool = False
    in_scope: bool = True
    supplier_id: str = ""
    case_milli: int = 0
    min_milli: int = 0
    max_milli: int = 0
    cycle_days: int = 0
    safety_milli: int = 0
    lead_days: int = 0
    abc: str = ""
    cost_e4: int | None = None
    imported: bool = False
    actual_origin: str = ""
    maker: str = ""
    maker_address: str = ""
    maker_licence_no: str = ""
    certificate: str = ""
    registration_no: str = ""
    generic_name: str = ""
    dosage_form: str = ""
    sterile: bool = False
    shelf: str = ""
    facing_milli: int = 0
    at_sale: bool = False
    """Whether a sale has anything to ask or say; False for plain goods."""

    def missing_on(self, day: str) -> tuple[str, ...]:
        """Papers that the class asks for and that are not on file, or were good until before `day`."""
        if not self.papers_until:
            return self.missing
        return (*self.missing, *(paper for paper, until in self.papers_until if until < day))

    def expiry_of(self, production_day: str) -> str:
        """Production day plus shelf life, as ISO text; empty where either is unknown (QLT-06)."""
        if not production_day or not self.shelf_life_days:
            return ""
        last = date.fromisoformat(production_day) + timedelta(days=self.shelf_life_days)
        return last.isoformat()


PLAIN = GoodsRule()

_FACTS = (
    "supplier_id", "case_milli", "min_milli", "max_milli", "cycle_days", "safety_milli",
    "lead_days", "abc", "cost_e4", "imported", "actual_origin", "maker", "maker_address",
    "maker_licence_no", "certificate", "registration_no", "generic_name", "dosage_form",
    "sterile", "shelf", "facing_milli",
)  # fmt: skip
_SAYS_AT_SALE = frozenset({"safety", "medicine", "device"})


class Filed(Protocol):
    """Anything that knows its item and class: an item, a line of a sale."""

    @property
    def item_code(self) -> str: ...  # noqa: D102 - the item's key
    @property
    def item_class(self) -> str: ...  # noqa: D102 - its class


class RuleBook:
    """Rules of one catalogue version, filled as items are asked for."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.moment = 0
        """The moment of the catalogue's reader in which the version was looked at last."""

        self.has_item_rules: bool | None = None
        self.by_item: dict[str, GoodsRule] = {}
        self.by_class: dict[str, ClassRule | None] = {}
        self.parents: dict[str, str] | None = None


def rule_for(till: Till, item: Filed) -> GoodsRule:
    """The rule of an item in the catalogue version in force."""
    book = fresh_book(till)
    found = book.by_item.get(item.item_code)
    return found if found is not None else _look_up(till, book, item.item_code, item.item_class)


def rule_in_sale(till: Till, item: Filed) -> GoodsRule:
    """The same for a line of an open sale: the version that was in force at its first line."""
    book = till.goods_rules
    if book is None:
        book = fresh_book(till)
    found = book.by_item.get(item.item_code)
    return found if found is not None else _look_up(till, book, item.item_code, item.item_class)


def class_rule_for(till: Till, item_class: str) -> ClassRule | None:
    """The rule of a class or its nearest parent, or None."""
    return _class_rule(till, fresh_book(till), item_class)


def fresh_book(till: Till) -> RuleBook:
    """The rules kept, thrown away when another catalogue version is in force."""
    book, moment = till.goods_rules, till.reference.moment
    if book is not None and moment and book.moment == moment:
        return book
    version = till.reference.catalogue_version()
    if book is None or book.version != version:
        book = till.goods_rules = RuleBook(version)
    book.moment = moment
    return book


def merge(item_code: str, of_class: ClassRule | None, own: ItemRule | None) -> GoodsRule:
    """One rule of a class's and an item's own: a switch is on when either says so."""
    if of_class is None and own is None:
        return PLAIN
    general = of_class if of_class is not None else ClassRule(item_class="")
    single = own if own is not None else ItemRule(item_code=item_code)
    # A paper that ends is filed with its last day: `health_certificate@2027-03-31`.
    filed = {name: until for name, _at, until in (one.partition("@") for one in single.papers)}
    batch_tracked = general.batch_tracked or single.batch_tracked
    serial_tracked = general.serial_tracked or single.serial_tracked
    return GoodsRule(
        item_code=item_code,
        trade=general.trade,
        batch_tracked=batch_tracked,
        serial_tracked=serial_tracked,
        dates=general.dates,
        shelf_life_days=single.shelf_life_days or general.shelf_life_days,
        min_remaining_days=general.min_remaining_days,
        near_days=tuple(sorted(general.near_days, reverse=True)) if of_class is not None else (),
        large=general.large,
        checklist=general.checklist,
        papers=general.papers,
        missing=tuple(paper for paper in general.papers if paper not in filed),
        papers_until=tuple(
            (paper, filed[paper]) for paper in general.papers if filed.get(paper, "")
        ),
        temperature_tenths=general.temperature_tenths,
        counted_daily=general.counted_daily,
        maintenance_days=general.maintenance_days,
        controlled=general.controlled,
        in_scope=general.in_scope,
        at_sale=(
            batch_tracked
            or serial_tracked
            or general.controlled
            or not general.in_scope
            or general.trade in _SAYS_AT_SALE
        ),
        **{name: getattr(single, name) for name in _FACTS},
    )


def _look_up(till: Till, book: RuleBook, item_code: str, item_class: str) -> GoodsRule:
    of_class = _class_rule(till, book, item_class)
    if book.has_item_rules is None:
        book.has_item_rules = till.reference.ask(goods_reference.has_item_rules, absent=False)
    own = None
    if book.has_item_rules:
        own = till.reference.ask(lambda c: goods_reference.item_rule(c, item_code), None)
    rule = book.by_item[item_code] = merge(item_code, of_class, own)
    return rule


def _class_rule(till: Till, book: RuleBook, item_class: str) -> ClassRule | None:
    if not item_class:
        return None
    if item_class in book.by_class:
        return book.by_class[item_class]
    if book.parents is None:
        book.parents = {row.item_class: row.parent for row in till.reference.item_classes()}
    found, name = None, item_class
    for _ in range(_MAX_PARENTS):
        found = till.reference.ask(_of_class(name), None)
        name = book.parents.get(name, "")
        if found is not None or not name:
            break
    book.by_class[item_class] = found
    return found


def _of_class(item_class: str) -> Callable[[sqlite3.Connection], ClassRule | None]:
    return lambda connection: goods_reference.class_rule(connection, item_class)
