"""Pricing: a cart becomes priced lines with the whole-sale discount and the tax allocated."""

from __future__ import annotations

import msgspec

from pos.domain.cart import Cart, CartLine
from pos.domain.money import allocate, round_to_step, tax_included


class PricedLine(msgspec.Struct, frozen=True, gc=False):
    """A cart line with what is finally charged for it."""

    line: CartLine
    allocated_discount_minor: int
    """This line's part of the whole-sale discount."""

    amount_minor: int
    """What is charged: the line's amount less the allocated discount."""

    discount_minor: int
    """Everything taken off: line discount plus allocated discount."""

    tax_minor: int
    """Tax contained in the amount."""


class TaxTotal(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Gross, tax and net of one tax-inclusive rate."""

    rate_bp: int
    gross_minor: int
    tax_minor: int
    net_minor: int


class PricedCart(msgspec.Struct, frozen=True):
    """A cart with every amount decided."""

    lines: tuple[PricedLine, ...]
    total_minor: int
    discount_minor: int
    taxes: tuple[TaxTotal, ...]


def price(cart: Cart) -> PricedCart:
    """Allocate the whole-sale discount over the lines by amount and compute the contained tax."""
    amounts = [line.amount_minor for line in cart.lines]
    parts: tuple[int, ...] = (
        allocate(cart.whole_discount_minor, amounts)
        if cart.whole_discount_minor
        else (0,) * len(amounts)
    )
    lines = tuple(
        PricedLine(
            line,
            part,
            amount - part,
            line.discount_minor + part,
            tax_included(amount - part, line.tax_rate_bp) if line.tax_rate_bp else 0,
        )
        for line, amount, part in zip(cart.lines, amounts, parts, strict=True)
    )
    return PricedCart(
        lines,
        sum(line.amount_minor for line in lines),
        sum(line.discount_minor for line in lines),
        tax_totals([(p.line.tax_rate_bp, p.amount_minor, p.tax_minor) for p in lines]),
    )


def tax_totals(lines: list[tuple[int, int, int]]) -> tuple[TaxTotal, ...]:
    """Sum (rate, gross, tax) of lines by rate; a rate's tax is the sum of its lines' tax."""
    gross: dict[int, int] = {}
    tax: dict[int, int] = {}
    for rate, amount, tax_minor in lines:
        gross[rate] = gross.get(rate, 0) + amount
        tax[rate] = tax.get(rate, 0) + tax_minor
    return tuple(
        TaxTotal(
            rate_bp=rate,
            gross_minor=gross[rate],
            tax_minor=tax[rate],
            net_minor=gross[rate] - tax[rate],
        )
        for rate in sorted(gross)
    )


def cash_rounding(total_minor: int, step_minor: int) -> int:
    """What a cash payment adds to the total so that it can be paid in coins (may be negative)."""
    return round_to_step(total_minor, step_minor) - total_minor
