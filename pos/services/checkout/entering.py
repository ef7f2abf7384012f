"""Entering goods: a scan or a typed code becomes a line, or a value that says what is missing."""

from __future__ import annotations

from pos.domain.barcode import (
    Classified,
    CommandCode,
    Gs1Message,
    Gtin,
    InStoreCode,
    PackRead,
    PaymentCode,
    ReceiptNumber,
    ScanContext,
    TraceCode,
    Unknown,
    classify,
    lookup_keys,
)
from pos.domain.cart import (
    EntryMethod,
    Refusal,
    line_for_item,
)
from pos.domain.item import CatalogueHit
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import UnknownCode as UnknownCodeBody
from pos.domain.quantity import ONE
from pos.services import catalogue
from pos.services.checkout import tracking
from pos.services.checkout.item_lines import sell_department, sell_item, sell_label, take_quantity
from pos.services.checkout.packs import (
    PackFacts,
    check,
    facts_of,
    other_code_of_pack,
    put_back,
    replaces_last,
    sold_as,
)
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import (
    CommandFound,
    CountedOnce,
    LineAdded,
    PaymentCodeSeen,
    PriceNeeded,
    ReceiptFound,
    UnknownCode,
    WeightNeeded,
)
from pos.services.context import Grant, NeedsApproval, Till

_CNY = "156"
"""ISO 4217 number of the currency that a price in a GS1 code may name."""

ScanResult = (
    LineAdded
    | WeightNeeded
    | PriceNeeded
    | ReceiptFound
    | UnknownCode
    | PaymentCodeSeen
    | CommandFound
    | CountedOnce
    | tracking.BatchToSee
    | tracking.BatchNeeded
    | tracking.SerialNeeded
    | Refusal
    | NeedsApproval
)


def scan(
    till: Till,
    code: str | bytes,
    symbology_id: str | None = None,
    *,
    in_payment: bool = False,
    keyed: bool = False,
    at_ns: int = 0,
) -> ScanResult:
    """Take a scanned or typed code in the sale; every outcome is a value.

    A code typed by hand is the same road with another entry method (SEL-02). `at_ns` says when
    the code was read (monotonic), for packs that carry two codes; 0 when that is not known.
    """
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    context = ScanContext.PAYMENT if in_payment else ScanContext.SALE
    classified = classify(
        code,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=context,
        today_year=till.year,
        upc_e=till.settings.barcode.eight_digits_from_zero == "upce",
    )
    match classified:
        case ReceiptNumber(text=text):
            return ReceiptFound(text)
        case CommandCode(command=command):
            return CommandFound(command)
        case PaymentCode(text=text, masked=masked):
            return PaymentCodeSeen(masked, text)
        case _:
            pass
    if in_payment and till.sale.payment is not None and till.sale.payment.tenders:
        return Refusal(
            "item_after_tender", "a tender is already entered; take it back before adding goods"
        )
    if at_ns and (twice := other_code_of_pack(till, classified, at_ns)):
        return twice
    keys = lookup_keys(classified)
    hit = catalogue.find(till, keys) if keys else None
    if hit is None and keyed and isinstance(code, str):
        # A short number typed by hand may be an item code or PLU that no barcode rule knows.
        hit = catalogue.find(till, (code.strip(),))
    if hit is None:
        if isinstance(classified, Unknown):
            return UnknownCode(classified.text, str(classified.reason))
        shown = classified.text if isinstance(classified, TraceCode) else classified.raw
        return UnknownCode(shown, "not_in_catalogue")
    raw = code if isinstance(code, str) else code.decode("ascii", "replace")
    method = EntryMethod.KEYED if keyed else EntryMethod.SCANNED
    times = till.sale.next_quantity_milli
    result = _enter(till, hit, classified, raw, method, at_ns)
    if isinstance(result, NeedsApproval):
        # The same code comes once more with the approval, and counts as often as it was meant to.
        till.sale.next_quantity_milli = times
    return result


def _enter(
    till: Till,
    hit: CatalogueHit,
    classified: Classified,
    raw: str,
    method: EntryMethod,
    at_ns: int,
) -> ScanResult:
    """What was found, entered as its code wants it."""
    if isinstance(classified, InStoreCode) and (
        classified.quantity_milli is not None or classified.amount_minor is not None
    ):
        return sell_label(till, hit.item, classified, raw)
    if isinstance(classified, (Gs1Message, TraceCode)):
        return _add_pack(till, hit, classified, raw, method, at_ns)
    result = _add_hit(till, hit, raw, method)
    if at_ns and isinstance(classified, Gtin) and isinstance(result, LineAdded):
        till.sale.last_pack = PackRead(classified.gtin14, is_2d=False, at_ns=at_ns)
    return result


def add_item(
    till: Till,
    item_code: str,
    quantity_milli: int | None = None,
    *,
    entry_method: EntryMethod = EntryMethod.KEYED,
    unit_price_e4: int | None = None,
    barcode: str = "",
    description: str = "",
    approval: Grant | None = None,
) -> ScanResult:
    """Add an item by its code: from search, a quick key, with a weight, or a department's price."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    item = catalogue.find_item(till, item_code)
    if item is None:
        return UnknownCode(item_code, "not_in_catalogue")
    if item.department:
        if unit_price_e4 is None:
            return PriceNeeded(item, barcode)
        return sell_department(
            till, item, quantity_milli, unit_price_e4, barcode, description, approval
        )
    if item.weighed and quantity_milli is None:
        return WeightNeeded(item, barcode)
    method = EntryMethod.WEIGHED if item.weighed else entry_method
    quantity = quantity_milli if quantity_milli is not None else take_quantity(till)
    return sell_item(till, item, quantity, barcode, method)


def sell_unknown_as_department(
    till: Till,
    code: str,
    department_item_code: str,
    unit_price_e4: int,
    description: str = "",
    approval: Grant | None = None,
) -> ScanResult:
    """Sell an unknown code as a department; code and price go on the 待建档 list (rule 14)."""
    result = add_item(
        till,
        department_item_code,
        unit_price_e4=unit_price_e4,
        barcode=code,
        description=description,
        approval=approval,
    )
    if isinstance(result, LineAdded):
        till.append(
            EntryKind.UNKNOWN_CODE,
            UnknownCodeBody(
                code=code,
                action="department",
                description=description,
                unit_price_e4=unit_price_e4,
            ),
        )
    return result


def set_next_quantity(till: Till, quantity_milli: int) -> Refusal | None:
    """Number before the scan: `12 *` and the next item counts twelve."""
    if quantity_milli <= 0 or quantity_milli % ONE:
        return Refusal("quantity_not_positive", "the quantity must be a whole number above 0")
    till.sale.next_quantity_milli = quantity_milli
    return None


def _add_hit(till: Till, hit: CatalogueHit, raw: str, method: EntryMethod) -> ScanResult:
    item = hit.item
    if item.held:
        line = line_for_item(item)
        assert isinstance(line, Refusal)  # noqa: S101 - a held item never makes a line
        return line
    if item.department:
        return PriceNeeded(item, raw)
    if item.weighed and hit.quantity_milli == ONE:
        return WeightNeeded(item, raw)
    return sell_item(till, item, hit.quantity_milli * take_quantity(till) // ONE, raw, method)


def _add_pack(
    till: Till,
    hit: CatalogueHit,
    classified: Gs1Message | TraceCode,
    raw: str,
    method: EntryMethod,
    at_ns: int,
) -> ScanResult:
    """A code that names the pack: its date, batch and number are looked at before it is sold."""
    if till.sale.return_mode and isinstance(classified, TraceCode):
        number = sold_as(till, classified.text)
        if number:
            return ReceiptFound(number)
    if hit.item.held or hit.item.department:
        return _add_hit(till, hit, raw, method)
    facts = tracking.dated(till, hit.item, facts_of(classified), classified)
    checked = check(till, hit.item, facts)
    instead = replaces_last(till, classified, at_ns)
    if not isinstance(checked, str):
        if instead:
            put_back(till, checked.code if isinstance(checked, Refusal) else checked.rule)
        return checked
    result = _sell_pack(till, hit, classified, raw, method, facts, checked, instead=instead)
    if at_ns and isinstance(classified, Gs1Message) and isinstance(result, LineAdded):
        till.sale.last_pack = PackRead(
            classified.gtin14 or "", is_2d=True, at_ns=at_ns, both_read=instead
        )
    return result


def _sell_pack(
    till: Till,
    hit: CatalogueHit,
    classified: Gs1Message | TraceCode,
    raw: str,
    method: EntryMethod,
    facts: PackFacts,
    warning: str,
    *,
    instead: bool,
) -> ScanResult:
    item = hit.item
    weight = amount = None
    if isinstance(classified, Gs1Message):
        weight = classified.net_weight_milli
        if classified.price_currency in (None, _CNY):
            amount = classified.price_minor
    if amount:
        label = InStoreCode(
            raw=raw,
            item_code=item.item_code,
            quantity_milli=weight if item.weighed else ONE,
            amount_minor=amount,
            layout=None,
            check_ok=True,
        )
        return sell_label(till, item, label, raw, facts, warning)
    if weight and item.weighed:
        quantity = weight
    elif item.weighed and hit.quantity_milli == ONE:
        return WeightNeeded(item, raw)
    elif instead:
        # The EAN took the quantity typed before it.
        quantity = max(ONE, till.sale.cart.pieces_milli - till.sale.history[-1].pieces_milli)
    else:
        quantity = hit.quantity_milli * take_quantity(till) // ONE
    if facts.unit_code and quantity != hit.quantity_milli:
        return Refusal("one_pack", "this code names one pack; scan each pack by itself")
    return sell_item(till, item, quantity, raw, method, facts, warning, instead=instead)


__all__ = [
    "add_item",
    "scan",
    "sell_unknown_as_department",
    "set_next_quantity",
]
