"""Lines of the open sale that must not be paid as they stand: held, or without batch or serial.

A hold may reach a line after it was entered (QLT-04), so the whole sale is asked about at the tender.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.cart import CartLine, LineKind
from pos.services.context import ROLL, Till
from pos.services.goods.rules import rule_in_sale
from pos.store.reference_values import Hold


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the open sale that must not be paid as it stands."""

    code: str
    """`held`, `batch_to_see`, `batch_missing` or `serial_missing`."""

    line: CartLine
    holds: tuple[Hold, ...] = ()


def gaps(till: Till) -> list[Gap]:
    """Lines that a hold has reached since they were entered, or that lack batch or serial.

    One question to the holds for the whole sale; plain goods cost one dict lookup each.
    """
    lines = [line for line in till.sale.cart.lines if line.kind is LineKind.SALE]
    if not lines or till.authority == ROLL:
        return []
    found: list[Gap] = []
    by_item: dict[str, list[Hold]] = {}
    for hold in till.reference.holds_of({line.item_code for line in lines}):
        by_item.setdefault(hold.item_code, []).append(hold)
    for line in lines:
        gap = (
            _held_gap(till, line, by_item[line.item_code]) if by_item.get(line.item_code) else None
        )
        gap = gap or _lacking(till, line)
        if gap is not None:
            found.append(gap)
    return found


def _held_gap(till: Till, line: CartLine, holds: Sequence[Hold]) -> Gap | None:
    hits = tuple(hold for hold in holds if _touches(hold, line))
    if hits:
        return Gap(code="held", line=line, holds=hits)
    if line.batch:
        return None
    seen = till.sale.holds_seen.get(line.line_no, set())
    open_ones = tuple(hold for hold in holds if hold.batch and hold.hold_id not in seen)
    return Gap(code="batch_to_see", line=line, holds=open_ones) if open_ones else None


def _touches(hold: Hold, line: CartLine) -> bool:
    if not hold.batch and not hold.serial:
        return True
    serial = line.unit_code[18:] if line.unit_code.startswith("01") else line.unit_code
    named = bool(hold.serial) and hold.serial in (serial, line.unit_code)
    if hold.batch:
        return hold.batch == line.batch and (not hold.serial or named)
    return named


def _lacking(till: Till, line: CartLine) -> Gap | None:
    rule = rule_in_sale(till, line)
    if not rule.at_sale:
        return None
    if rule.serial_tracked and not line.unit_code:
        return Gap(code="serial_missing", line=line)
    if rule.batch_tracked and not line.batch:
        return Gap(code="batch_missing", line=line)
    return None
