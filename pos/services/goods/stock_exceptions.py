"""What is odd about the stock: below zero, without a price, past its date (STK-15)."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import stock
from pos.services.goods.days import stock_day
from pos.store import goods_reference, units

_MOST = 500


class Oddity(StrEnum):
    """What is odd, the most urgent first."""

    EXPIRED = "expired"
    NEGATIVE = "negative"
    NO_PRICE = "no_price"


class Odd(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item that somebody should look at."""

    oddity: Oddity
    item_code: str
    name: str = ""
    name_en: str = ""
    quantity_milli: int = 0
    batch: str = ""
    expiry: str = ""


def exceptions(till: Till) -> list[Odd]:
    """Everything odd, at most some hundreds of each kind."""
    quantities = stock.shop_quantities(till)
    found = [_named(till, odd) for odd in _expired(till)]
    below = sorted((quantity, code) for code, quantity in quantities.items() if quantity < 0)
    found += [
        _named(till, Odd(oddity=Oddity.NEGATIVE, item_code=code, quantity_milli=quantity))
        for quantity, code in below[:_MOST]
    ]
    unpriced: list[str] = till.reference.ask(
        lambda c: goods_reference.unpriced(c, stock_day(till)), []
    )
    there = [code for code in unpriced if quantities.get(code, 0) > 0]
    for code in there[:_MOST]:
        item = catalogue.find_item(till, code)  # a price set at this till counts
        if item is not None and not item.unit_price_e4 and not item.department:
            odd = Odd(oddity=Oddity.NO_PRICE, item_code=code, quantity_milli=quantities[code])
            found.append(_named(till, odd))
    return found


def _expired(till: Till) -> list[Odd]:
    today = stock_day(till)
    codes = units.items_ending_before(till.journal.reader(), today)[:_MOST]
    found = [
        Odd(
            oddity=Oddity.EXPIRED,
            item_code=code,
            quantity_milli=one.quantity_milli,
            batch=one.batch,
            expiry=one.expiry,
        )
        for code in codes
        for one in stock.batches(till, code)
        if one.expiry and one.expiry < today and one.quantity_milli > 0
    ]
    return sorted(found, key=lambda odd: (odd.expiry, odd.item_code))


def _named(till: Till, odd: Odd) -> Odd:
    item = catalogue.find_item(till, odd.item_code)
    if item is None:
        return odd
    return msgspec.structs.replace(odd, name=item.name, name_en=item.name_en)
