"""A finished line put on the sale and on disk."""

from __future__ import annotations

import msgspec

from pos.domain.cart import CartLine, LineKind, add_line
from pos.services.checkout.packs import PLAIN, PackFacts
from pos.services.checkout.persisting import begin, save_cart
from pos.services.checkout.results import LineAdded
from pos.services.context import ROLL, Grant, Till


def with_facts(line: CartLine, facts: PackFacts) -> CartLine:
    """The line with what is kept of its pack."""
    if facts is PLAIN:
        return line
    return msgspec.structs.replace(
        line, batch=facts.batch, expiry=facts.expiry, unit_code=facts.unit_code
    )


def enter_line(
    till: Till,
    line: CartLine,
    *,
    merge: bool = True,
    warning: str = "",
    approval: Grant | None = None,
    instead: bool = False,
) -> LineAdded:
    """Put a finished line on the sale and on disk: the one door for every way of entering.

    `instead` puts it in the place of what was entered last (the same pack's other code).
    """
    begin(till)
    sale = till.sale
    base = sale.history[-1] if instead else sale.cart
    before = len(base.lines)
    # A roll's lines stand as they were traded, each with its own time.
    merge = merge and line.kind is LineKind.SALE and till.authority != ROLL
    cart = add_line(base, line, merge=merge)
    if sale.phase != "lines":
        # An item scanned at subtotal or before any tender returns to the sale (rule 1).
        sale.phase = "lines"
        sale.payment = None
        sale.rounding_minor = 0
    saved = save_cart(till, cart, approval=approval, undoable=not instead)
    added = cart.lines[-1]
    return LineAdded(added, len(cart.lines) == before, saved, warning)
