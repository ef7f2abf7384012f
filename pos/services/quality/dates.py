"""Batches in the shop with their dates: near the end by band, past it, held (QLT-06)."""

from __future__ import annotations

from datetime import date

import msgspec

from pos.services import catalogue
from pos.services.checkout.tracking import band_of
from pos.services.context import Till
from pos.services.goods import stock
from pos.services.goods.days import stock_day
from pos.services.goods.rules import rule_for
from pos.store import units


class BatchLine(msgspec.Struct, frozen=True, kw_only=True):
    """One batch in the shop."""

    item_code: str
    name: str
    name_en: str = ""
    unit: str = ""
    batch: str
    expiry: str = ""
    days_left: int | None = None
    """None where no date is known; below 0 it is past its date."""

    band: int = 0
    """The narrowest band of near expiry in days, 0 for none."""

    quantity_milli: int = 0
    held: str = ""
    """The hold's reason where head office holds it."""

    @property
    def expired(self) -> bool:
        """Past its date."""
        return self.days_left is not None and self.days_left < 0


def batches_of(till: Till, item_code: str) -> list[BatchLine]:
    """Batches of one item in the shop, the one that ends first in front."""
    item = catalogue.find_item(till, item_code)
    bands: tuple[int, ...] = ()
    if item is not None:
        bands = rule_for(till, item).near_days
    bands = bands or (till.settings.barcode.near_expiry_days,)
    holds = till.reference.holds_of((item_code,))
    today = date.fromisoformat(stock_day(till))
    found = []
    for one in stock.batches(till, item_code):
        if not one.batch and not one.expiry:
            continue
        days = (date.fromisoformat(one.expiry) - today).days if one.expiry else None
        hold = next((h for h in holds if not h.serial and h.batch in ("", one.batch)), None)
        found.append(
            BatchLine(
                item_code=item_code,
                name=item.name if item is not None else item_code,
                name_en=item.name_en if item is not None else "",
                unit=item.unit if item is not None else "",
                batch=one.batch,
                expiry=one.expiry,
                days_left=days,
                band=band_of(days, bands) if days is not None else 0,
                quantity_milli=one.quantity_milli,
                held=(hold.reason or hold.hold_id) if hold is not None else "",
            )
        )
    return found


def all_batches(till: Till) -> list[BatchLine]:
    """Every batch that is in the shop with a quantity, by its date."""
    codes = dict.fromkeys(code for code, _batch in units.batches(till.journal.reader()))
    found = [one for code in codes for one in batches_of(till, code) if one.quantity_milli > 0]
    return sorted(found, key=lambda one: (one.expiry or "9999", one.item_code, one.batch))


def ending(till: Till) -> list[BatchLine]:
    """What is past its date or within a band of it, the worst first."""
    return [one for one in all_batches(till) if one.expired or one.band]
