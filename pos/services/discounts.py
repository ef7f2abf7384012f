"""How much to take off a sale: rounding off, and the discount that leads to an agreed total."""

from __future__ import annotations

from pos.domain.money import MINOR_PER_UNIT
from pos.services.context import Till


def round_off_amount(till: Till, step_minor: int = MINOR_PER_UNIT) -> int:
    """抹零: what stands behind the point of the sale's total, discounts of before taken back."""
    goods = sum(line.amount_minor for line in till.sale.cart.lines)
    return goods % step_minor if goods > 0 else 0


def discount_for_total(till: Till, total_minor: int) -> int:
    """The whole-sale discount after which `total_minor` is to be paid; may be out of range."""
    return sum(line.amount_minor for line in till.sale.cart.lines) - total_minor
