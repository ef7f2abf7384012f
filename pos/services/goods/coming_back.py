"""Tracked goods that come back: the unit that was sold, and goods under a recall (CAT-03, QLT-05)."""

from __future__ import annotations

from pos.domain.barcode import Gs1Message, ScanContext, TraceCode, classify
from pos.domain.cart import Refusal
from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.sale import TransactionLine
from pos.i18n import N_
from pos.services.context import ROLL, Till
from pos.services.goods.rules import Filed, rule_for
from pos.store import goods_reference, units


def wants_unit(till: Till, line: Filed) -> bool:
    """Whether goods coming back must show the number of the unit that was sold."""
    return till.authority != ROLL and rule_for(till, line).serial_tracked


def check_unit(till: Till, line: TransactionLine, given: str) -> Refusal | None:
    """Why the unit in hand is not the one on the slip, or None (CAT-03)."""
    if not line.unit_code or not wants_unit(till, line):
        return None
    if not given.strip():
        return Refusal(
            "serial_needed",
            N_("scan the serial number of the unit that comes back"),
            {"item": line.description, "line_no": line.line_no},
        )
    # Sold by its 2D code, it may come back with the serial number alone, and the other way round.
    if {line.unit_code, units.serial_of(line.unit_code)} & names_of(till, given):
        return None
    return Refusal(
        "serial_differs",
        N_("this is not the unit that was sold"),
        {"item": line.description, "serial": line.unit_code},
    )


def names_of(till: Till, code: str, symbology_id: str | None = None) -> set[str]:
    """What a unit's code may be called in the books: as read, its serial number, GTIN and serial."""
    found = classify(
        code.strip(),
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.RETURN,
        today_year=till.year,
    )
    names = {code.strip()}
    if isinstance(found, Gs1Message) and found.serial:
        names |= {found.serial, f"01{found.gtin14}21{found.serial}"}
    elif isinstance(found, TraceCode):
        names.add(found.text)
    return names


def recalls(till: Till) -> list[Order]:
    """Recalls of head office that are open."""
    kinds = (OrderKind.RECALL.value,)
    return till.reference.ask(lambda c: goods_reference.orders(c, kinds), [])


def recall(till: Till, order_id: str) -> Order | None:
    """One open recall, or None."""
    return next((one for one in recalls(till) if one.order_id == order_id), None)


def recalled_line(order: Order, item_code: str, batch: str, unit_code: str) -> OrderLine | None:
    """The line of a recall that some goods fall under, or None; goods without batch may do so."""
    for line in order.lines:
        if line.item_code != item_code:
            continue
        if line.unit_codes and unit_code and unit_code not in line.unit_codes:
            continue
        if line.batch and batch and line.batch != batch:
            continue
        return line
    return None
