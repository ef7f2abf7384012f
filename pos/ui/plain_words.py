"""The words of the line mode: its commands, a line, a sale."""

from __future__ import annotations

from typing import Final

from pos.domain.cart import CartLine
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text, line_name, price_text, quantity_text

HELP: Final[dict[str, str]] = {
    "CODE": N_("Sell: scan or type a code"),
    "3*CODE": N_("Sell three of it"),
    "+ / -": N_("One more or one less of the last line"),
    "*6": N_("Quantity of the last line"),
    "price 9.90": N_("Another price for the last line"),
    "void [n]": N_("Take a line off"),
    "undo": N_("Take the last action back"),
    "find WORD": N_("Search goods"),
    "pay [20]": N_("Pay; 20*2 takes 20 by tender 2"),
    "park": N_("Put this sale aside"),
    "recall": N_("Take a parked sale up again"),
    "cancel": N_("Give up the whole sale"),
    "again": N_("Print the last receipt again"),
    "x": N_("X: the shift's figures so far"),
    "clock": N_("Confirm date and time"),
    "hand": N_("Hand the shift over"),
    "close": N_("Close the business day (Z)"),
    "off": N_("Change of cashier"),
    "quit": N_("Leave the program"),
}
"""Command → what it does. The words typed are the same in every language."""


def line_words(line: CartLine) -> str:
    """One line of a sale in words."""
    figures = f"{quantity_text(line.quantity_milli)} × {price_text(line.unit_price_e4)}"
    name = " ".join(part for part in (line_name(line), clean(line.spec)) if part)
    return f"{line.line_no}. {name} {figures} = {amount_text(line.amount_minor)}"


def sale_words(till: Till) -> list[str]:
    """The whole sale in words."""
    cart = till.sale.cart
    rows = [line_words(line) for line in cart.lines]
    if cart.whole_discount_minor:
        off = amount_text(-cart.whole_discount_minor)
        rows.append(_("Discount {amount}").format(amount=off))
    return [*rows, f"{_('Total')} {amount_text(cart.total_minor)}"]
