"""Looking a price up without selling."""

from __future__ import annotations

from pos.domain.barcode import ScanContext, Unknown, classify, lookup_keys
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import PriceCheck
from pos.services import catalogue
from pos.services.checkout.results import PriceChecked, UnknownCode
from pos.services.context import Till


def price_check(
    till: Till, code: str, symbology_id: str | None = None
) -> PriceChecked | UnknownCode:
    """Look a price up; that it was looked at and not charged is journaled (invariant 4)."""
    classified = classify(
        code,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.SALE,
        today_year=till.year,
        upc_e=till.settings.barcode.eight_digits_from_zero == "upce",
    )
    keys = lookup_keys(classified) or (code.strip(),)
    hit = catalogue.find(till, (*keys, code.strip()))
    shown = classified.text if isinstance(classified, Unknown) else code
    till.append(
        EntryKind.PRICE_CHECK,
        PriceCheck(
            code=shown,
            item_code=hit.item.item_code if hit else "",
            unit_price_e4=hit.item.unit_price_e4 if hit else None,
        ),
    )
    if hit is None:
        return UnknownCode(shown, "not_in_catalogue")
    return PriceChecked(hit.item, hit.quantity_milli)
