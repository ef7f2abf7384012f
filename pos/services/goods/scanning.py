"""Codes where goods are counted: which item, how many at one scan, and what the pack says of itself.

The same road as at the sale (`classify`, `lookup_keys`, the catalogue), with what only goods in,
counts and transfers meet: cases (ITF-14, the pack table), logistic labels ((02) with (37)),
production days, one code per unit. What is not understood is a `Refusal` that names the code.
"""

from __future__ import annotations

import msgspec

from drivers.events import ScanEvent
from pos.domain.barcode import (
    Classified,
    CommandCode,
    Gs1Message,
    Gtin,
    GtinFormat,
    InStoreCode,
    PaymentCode,
    ReceiptNumber,
    ScanContext,
    TraceCode,
    Unknown,
    check_digit,
    classify,
    iso_date,
    lookup_keys,
    mask_payment_codes,
    quantity_from_amount,
)
from pos.domain.cart import Refusal
from pos.domain.item import CatalogueHit, Item
from pos.domain.quantity import ONE
from pos.i18n import N_
from pos.services import catalogue
from pos.services.checkout.packs import facts_of
from pos.services.context import Till
from pos.services.goods.rules import GoodsRule, rule_for

_PRODUCED, _PACKED = "11", "13"
"""GS1 application identifiers of the production and the packaging day."""


class Scanned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one scan stands for."""

    item: Item
    rule: GoodsRule
    quantity_milli: int
    """How much one scan counts; 0 when only a person knows: a case of unknown content, goods sold
    by weight without a label."""

    barcode: str = ""
    """The code as read."""

    case: bool = False
    """It is a pack of the item (a case, a pallet), not one piece."""

    batch: str = ""
    production_day: str = ""
    expiry: str = ""
    """ISO dates, from the code or worked out of production day and shelf life (QLT-06)."""

    unit_code: str = ""
    """What names this one unit (serial or trace code), as at its sale; empty otherwise."""

    serial: str = ""


def read(
    till: Till, scan: ScanEvent | str, symbology_id: str | None = None, *, keyed: bool = False
) -> Scanned | Refusal:
    """Say what a scanned (or typed, `keyed`) code counts, or why nobody knows it."""
    code: str | bytes
    if isinstance(scan, str):
        code = scan
    else:
        code, symbology_id = scan.data, scan.symbology_id
    classified = classify(
        code,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.RECEIVING,
        today_year=till.year,
        upc_e=till.settings.barcode.eight_digits_from_zero == "upce",
    )
    refusal = _no_goods(classified)
    if refusal is not None:
        return refusal
    shown = shown_text(classified)
    keys = lookup_keys(classified)
    hit = catalogue.find(till, keys) if keys else None
    if hit is not None:
        return _with_facts(till, hit, classified, shown)
    if isinstance(classified, Gs1Message) and classified.content_gtin:
        inside = catalogue.find(till, (classified.content_gtin,))
        if inside is not None:
            return _logistic(till, inside, classified, shown)
    base = _case_of(classified)
    inside = catalogue.find(till, (base,)) if base else None
    if inside is not None:
        rule = rule_for(till, inside.item)
        return Scanned(
            item=inside.item,
            rule=rule,
            quantity_milli=rule.case_milli,
            barcode=shown,
            case=True,
        )
    if keyed and isinstance(code, str):
        item = catalogue.find_item(till, code.strip())
        hit = CatalogueHit(item) if item is not None else catalogue.find(till, (code.strip(),))
        if hit is not None:
            return of_item(till, hit.item, hit.quantity_milli)
    reason = str(classified.reason) if isinstance(classified, Unknown) else ""
    return Refusal("unknown_code", N_("nobody knows this code"), {"code": shown, "reason": reason})


def of_item(till: Till, item: Item, quantity_milli: int = ONE) -> Scanned:
    """An item found by name or by its own code, as if one piece of it had been scanned."""
    return Scanned(
        item=item,
        rule=rule_for(till, item),
        quantity_milli=0 if item.weighed and quantity_milli == ONE else quantity_milli,
        barcode=item.item_code,
    )


def shown_text(classified: Classified) -> str:
    """The code as a person may read it."""
    match classified:
        case Unknown(text=text) | TraceCode(text=text) | ReceiptNumber(text=text):
            return text
        case CommandCode(command=command):
            return command
        case PaymentCode(masked=masked):
            return masked
        case Gs1Message(raw=raw):
            return mask_payment_codes("".join(c if c.isprintable() else " " for c in raw))
        case _:
            return classified.raw


def _no_goods(classified: Classified) -> Refusal | None:
    """Codes that are read well and are no goods."""
    code = shown_text(classified)
    match classified:
        case ReceiptNumber():
            return Refusal("receipt_number", N_("this is a receipt's number"), {"code": code})
        case CommandCode():
            return Refusal(
                "command_code", N_("command codes do nothing where goods are counted"), {}
            )
        case PaymentCode():
            return Refusal("payment_code", N_("this is a customer's payment code"), {"code": code})
        case Gs1Message(gtin14=None, content_gtin=None, sscc=str(sscc)):
            return Refusal(
                "pallet_number",
                N_("a pallet's number does not say what is on it; scan the cases"),
                {"code": sscc},
            )
        case _:
            return None


def _with_facts(till: Till, hit: CatalogueHit, classified: Classified, shown: str) -> Scanned:
    item, quantity = hit.item, hit.quantity_milli
    rule = rule_for(till, item)
    case = quantity != ONE
    if isinstance(classified, Gtin):
        # The road of nearly every scan.
        if item.weighed and not case:
            quantity = 0
        return Scanned(item=item, rule=rule, quantity_milli=quantity, barcode=shown, case=case)
    if isinstance(classified, InStoreCode):
        label = classified.quantity_milli
        if label is None and classified.amount_minor:
            label = quantity_from_amount(classified.amount_minor, item.unit_price_e4 or 0)
        quantity = label if label and item.weighed else 0 if item.weighed else quantity
        return Scanned(item=item, rule=rule, quantity_milli=quantity, barcode=shown)
    facts = facts_of(classified)
    produced = _produced(classified, till.year)
    weight = classified.net_weight_milli if isinstance(classified, Gs1Message) else None
    if item.weighed and not case:
        quantity = weight or 0
    return Scanned(
        item=item,
        rule=rule,
        quantity_milli=quantity,
        barcode=shown,
        case=case,
        batch=facts.batch,
        production_day=produced,
        expiry=facts.expiry or rule.expiry_of(produced),
        # A case's own number names the case, not the units inside.
        unit_code="" if case else facts.unit_code,
        serial="" if case else facts.serial,
    )


def _logistic(till: Till, inside: CatalogueHit, message: Gs1Message, shown: str) -> Scanned:
    """(02) what is inside, (37) how many of it; the batch and dates are those of the content."""
    rule = rule_for(till, inside.item)
    produced = _produced(message, till.year)
    return Scanned(
        item=inside.item,
        rule=rule,
        quantity_milli=inside.quantity_milli * (message.count or 0),
        barcode=shown,
        case=True,
        batch=message.batch or "",
        production_day=produced,
        expiry=message.expiry or message.best_before or rule.expiry_of(produced),
    )


def _produced(classified: Classified, year: int) -> str:
    if not isinstance(classified, Gs1Message):
        return ""
    elements = dict(classified.elements)
    text = elements.get(_PRODUCED) or elements.get(_PACKED) or ""
    return iso_date(text, year) or "" if text else ""


def _case_of(classified: Classified) -> str:
    """GTIN-14 of the piece in a case that the catalogue does not know, or empty.

    Indicators 1 to 8 are packs of the same number with a check digit of their own (B1).
    """
    match classified:
        case Gtin(gtin14=gtin14, format=GtinFormat.ITF_14):
            number = gtin14
        case Gs1Message(gtin14=str(gtin14)):
            number = gtin14
        case _:
            return ""
    if number[0] in "09":
        return ""
    return f"0{number[1:13]}{check_digit('0' + number[1:13])}"
