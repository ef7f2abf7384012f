"""One item into a line of the sale: as its price says, by a weighed label, or in an open department."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pos.domain.barcode import InStoreCode, quantity_from_amount
from pos.domain.cart import EntryMethod, PriceOverride, Refusal, line_for_item
from pos.domain.item import Item
from pos.domain.quantity import ONE
from pos.services.checkout import asking, tracking
from pos.services.checkout.lines import enter_line, with_facts
from pos.services.checkout.packs import PLAIN, PackFacts
from pos.services.context import Authorised, Grant, Till, authorise

if TYPE_CHECKING:
    from pos.services.checkout.entering import ScanResult


def sell_item(
    till: Till,
    item: Item,
    quantity_milli: int,
    barcode: str,
    method: EntryMethod,
    facts: PackFacts = PLAIN,
    warning: str = "",
    *,
    instead: bool = False,
) -> ScanResult:
    """Sell `quantity_milli` of an item, or say what it still asks for; a price of 0 needs a right."""
    if item.unit_price_e4 == 0:
        allowed = authorise(till, "sale.zero_price", detail=item.name)
        if not isinstance(allowed, Authorised):
            return allowed
        warning = warning or allowed.warning
    line = line_for_item(
        item,
        quantity_milli=quantity_milli,
        barcode=barcode,
        entry_method=method,
        at=till.local_iso(),
    )
    if isinstance(line, Refusal):
        return line
    if till.stock_watch is not None and not instead:
        from pos.services.goods import stock_watch

        below = stock_watch.check(till, item, quantity_milli)
        if not isinstance(below, str):
            return below
        warning = warning or below
    if tracking.asks_nothing(till, item):
        return enter_line(till, with_facts(line, facts), warning=warning, instead=instead)
    return asking.enter(
        till,
        tracking.Entry(
            item=item,
            quantity_milli=quantity_milli,
            barcode=barcode,
            method=method,
            facts=facts,
            warning=warning,
            instead=instead,
        ),
    )


def sell_label(
    till: Till,
    item: Item,
    label: InStoreCode,
    raw: str,
    facts: PackFacts = PLAIN,
    warning: str = "",
) -> ScanResult:
    """A weighed label: its amount is what is charged, whatever the price now is (B2)."""
    flags: tuple[str, ...] = ()
    quantity = label.quantity_milli
    if quantity is None and label.amount_minor is not None:
        quantity = quantity_from_amount(label.amount_minor, item.unit_price_e4 or 0)
        if quantity is None or quantity == 0:
            quantity, flags = ONE, ("label_without_price",)
    line = line_for_item(
        item,
        quantity_milli=quantity or 0,
        barcode=raw,
        entry_method=EntryMethod.LABEL,
        label_amount_minor=label.amount_minor,
        at=till.local_iso(),
    )
    if isinstance(line, Refusal):
        return line
    if till.stock_watch is not None:
        from pos.services.goods import stock_watch

        below = stock_watch.check(till, item, line.quantity_milli)
        if not isinstance(below, str):
            return below
        warning = warning or below
    if not tracking.asks_nothing(till, item):
        # What else it lacks (a batch, a look at the pack) is asked for before it is paid.
        refusal = tracking.refused(till, item)
        if refusal is not None:
            return refusal
    if label.amount_minor is not None and label.quantity_milli is not None:
        plain = msgspec.structs.replace(line, label_amount_minor=None)
        if plain.amount_minor != label.amount_minor:
            flags = (*flags, "label_price_differs")
            warning = warning or "sale.label_price_differs"
    line = msgspec.structs.replace(
        line,
        flags=flags,
        override=PriceOverride(source="label") if flags else None,
    )
    return enter_line(till, with_facts(line, facts), merge=False, warning=warning)


def sell_department(
    till: Till,
    item: Item,
    quantity_milli: int | None,
    unit_price_e4: int,
    barcode: str,
    description: str,
    approval: Grant | None,
) -> ScanResult:
    """Sell in an open department at a typed price (1/10000 of the currency), within one's right."""
    allowed = authorise(
        till,
        "sale.open_item",
        detail=description or item.name,
        limit_name="item.open_item.limit_minor",
        limit_value=unit_price_e4 // 100,
        approval=approval,
    )
    if not isinstance(allowed, Authorised):
        return allowed
    if unit_price_e4 <= 0:
        return Refusal("price_not_positive", "type a price above 0")
    line = line_for_item(
        item,
        quantity_milli=quantity_milli if quantity_milli is not None else take_quantity(till),
        barcode=barcode,
        entry_method=EntryMethod.DEPARTMENT,
        at=till.local_iso(),
    )
    if isinstance(line, Refusal):
        return line
    line = msgspec.structs.replace(
        line,
        unit_price_e4=unit_price_e4,
        list_price_e4=unit_price_e4,
        description=description or line.description,
        override=PriceOverride(
            source="department" if allowed.source == "cashier" else allowed.source,
            approver_id=allowed.approver_id,
            approval_uuid=allowed.approval_uuid,
        ),
    )
    return enter_line(till, line, merge=False, warning=allowed.warning, approval=approval)


def take_quantity(till: Till) -> int:
    """The quantity typed before the scan, in thousandths, and forget it; one when none was."""
    quantity = till.sale.next_quantity_milli
    till.sale.next_quantity_milli = None
    return ONE if quantity is None else quantity
