"""What a 2D or trace code says of the one pack in hand: held, past its date, sold before (B4).

A plain EAN never comes here. Each check is one lookup by key; the rules say how strict a shop is,
but a hold is never softened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import msgspec

from pos.domain.barcode import Classified, Gs1Message, Gtin, TraceCode, is_same_pack
from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.domain.journal.sale_bodies import LineVoided
from pos.services.checkout.persisting import save_cart
from pos.services.checkout.results import CountedOnce
from pos.services.context import Authorised, NeedsApproval, Till, authorise
from pos.services.goods.rules import rule_in_sale
from pos.store import units


class PackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept on the line."""

    batch: str = ""
    expiry: str = ""
    """ISO text; the use-by date, else the best-before date."""

    unit_code: str = ""
    serial: str = ""
    """What a hold may name: the serial number, or the trace code itself."""


PLAIN = PackFacts()


def facts_of(classified: Classified) -> PackFacts:
    """The pack's own facts; empty for a code that only says which item it is."""
    match classified:
        case Gs1Message(gtin14=str(gtin14), serial=serial):
            return PackFacts(
                batch=classified.batch or "",
                expiry=classified.expiry or classified.best_before or "",
                unit_code=f"01{gtin14}21{serial}" if serial else "",
                serial=serial or "",
            )
        case TraceCode(text=text):
            return PackFacts(unit_code=text, serial=text)
        case _:
            return PLAIN


def unit_code_of(classified: Classified) -> str:
    """What names this one pack, or empty."""
    return facts_of(classified).unit_code


def check(till: Till, item: Item, facts: PackFacts) -> Refusal | NeedsApproval | str:
    """Whether this pack may be sold: why not, whose approval it needs, or a rule to warn of."""
    if facts is PLAIN:
        return ""
    hold = till.reference.pack_hold(item.item_code, facts.batch, facts.serial)
    if hold is not None:
        return Refusal(
            "pack_held",
            f"this batch of {item.name} is held by head office ({hold.reason})",
            {"item": item.name, "batch": facts.batch or facts.serial, "reason": hold.reason},
        )
    warning = ""
    for rule, detail in _concerns(till, item, facts):
        allowed = authorise(till, rule, detail=detail)
        if isinstance(allowed, Refusal) and allowed.code == "blocked_by_rule":
            return _blocked(rule, item, facts)
        if not isinstance(allowed, Authorised):
            return allowed
        warning = warning or allowed.warning
    return warning


def sold_as(till: Till, unit_code: str) -> str:
    """Number of this till's own transaction in which this pack was sold and not taken back."""
    row = (
        till.journal.reader()
        .execute(
            "SELECT transaction_no FROM sold_unit WHERE unit_code = ? AND sold = 1", (unit_code,)
        )
        .fetchone()
    )
    return row[0] if row else ""


def _concerns(till: Till, item: Item, facts: PackFacts) -> list[tuple[str, str]]:
    """Rules that this pack touches, the gravest first, each with its detail."""
    found: list[tuple[str, str]] = []
    if facts.expiry and till.business_day:
        left = date.fromisoformat(facts.expiry) - date.fromisoformat(till.business_day)
        if left.days < 0:
            found.append(("sale.expired", f"{item.name} {facts.expiry}"))
        elif left.days < _near_days(till, item):
            found.append(("sale.near_expiry", f"{item.name} {facts.expiry}"))
    if facts.unit_code and _sold_before(till, facts.unit_code):
        rule = "sale.trace_code_again" if facts.unit_code == facts.serial else "sale.serial_again"
        found.append((rule, item.name))
    return found


def _near_days(till: Till, item: Item) -> int:
    """Fewer days left than this are near the date: by the class's widest band (QLT-06)."""
    bands = rule_in_sale(till, item).near_days
    return bands[0] + 1 if bands else till.settings.barcode.near_expiry_days


def _sold_before(till: Till, unit_code: str) -> bool:
    on_screen = any(line.unit_code == unit_code for line in till.sale.cart.lines)
    return on_screen or bool(units.sold_with(till.journal.reader(), unit_code))


def _blocked(rule: str, item: Item, facts: PackFacts) -> Refusal:
    if rule == "sale.expired":
        return Refusal(
            "pack_expired",
            f"{item.name} is past its date {facts.expiry}; take it off the shelf",
            {"item": item.name, "date": facts.expiry},
        )
    if rule in ("sale.trace_code_again", "sale.serial_again"):
        return Refusal(
            "pack_sold_before",
            f"this pack of {item.name} was sold before; scan another one",
            {"item": item.name},
        )
    return Refusal("blocked_by_rule", "this shop does not allow it", {"rule": rule})


def other_code_of_pack(till: Till, classified: Classified, at_ns: int) -> CountedOnce | None:
    """The EAN beside a 2D code that was just counted; None lets the scan go on.

    A 2D code after the EAN says more (date, batch), so it is sold in the EAN's place, or refused:
    `replaces_last` says so.
    """
    last = till.sale.last_pack
    if last is None or not isinstance(classified, Gtin):
        return None
    if not is_same_pack(last, classified.gtin14, is_2d=False, at_ns=at_ns):
        return None
    till.sale.last_pack = replace(last, both_read=True)
    line = till.sale.cart.last
    return CountedOnce(line.line_no if line is not None else 0)


def replaces_last(till: Till, classified: Classified, at_ns: int) -> bool:
    """Whether this 2D code is that of the pack whose EAN was counted last."""
    gtin14 = classified.gtin14 if isinstance(classified, Gs1Message) else None
    if gtin14 is None or not till.sale.history:
        return False
    return is_same_pack(till.sale.last_pack, gtin14, is_2d=True, at_ns=at_ns)


def put_back(till: Till, reason: str) -> None:
    """The EAN's piece of a pack that may not be sold leaves the sale, and the journal says so."""
    sale = till.sale
    before, line = sale.history.pop(), sale.cart.last
    sale.last_pack = None
    if line is None:
        return
    old = before.line(line.line_no)
    trace = LineVoided(
        line=line,
        quantity_milli=line.quantity_milli - (old.quantity_milli if old is not None else 0),
        amount_minor=line.amount_minor - (old.amount_minor if old is not None else 0),
        reason=reason,
        sale_uuid=sale.sale_uuid,
    )
    save_cart(till, before, voided=(trace,), undoable=False)
