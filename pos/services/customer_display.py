"""What the customer reads: goods and price, total, what was paid, the change (D1).

Showing is handing a value over; whether there is a display, and whether it works, is its own
business and never delays a sale.
"""

from __future__ import annotations

from drivers.ports import Lamp, Shown
from pos.domain.cart import CartLine
from pos.domain.money import display_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.domain.sale import Transaction
from pos.services.context import Till

_WORDS = {
    "zh": {"total": "合计", "due": "还需", "change": "找零", "back": "退款", "thanks": "谢谢惠顾"},
    "en": {
        "total": "TOTAL",
        "due": "DUE",
        "change": "CHANGE",
        "back": "REFUND",
        "thanks": "THANK YOU",
    },
}
"""Words for the customer, in the language of the receipts and not of the operator."""


def show_sale(till: Till, line: CartLine | None, done: Transaction | None = None) -> None:
    """Show the sale as it stands: the line just entered, the total, or the change just given."""
    if till.display is not None:
        till.display.show(sale_shown(till, line, done))


def clear(till: Till) -> None:
    """Nobody is being served."""
    if till.display is not None:
        till.display.clear()


def sale_shown(till: Till, line: CartLine | None, done: Transaction | None = None) -> Shown:
    """What a customer should read now."""
    sale = till.sale
    words, plain = _words(till), _WORDS["en"]
    if done is not None and not sale.cart.lines:
        return _finished(done, words, plain)
    if sale.payment is not None or sale.phase != "lines":
        due = sale.cart.total_minor
        if sale.payment is not None and sale.payment.tenders:
            due = sale.payment.remaining_minor
            return _figure(words["due"], plain["due"], due, Lamp.TOTAL)
        return _figure(words["total"], plain["total"], due, Lamp.TOTAL)
    if line is None:
        greeting = till.settings.customer_display.greeting
        return Shown(upper=greeting, plain="WELCOME")
    price = format_unit_price(line.unit_price_e4)
    return Shown(
        upper=line.description,
        label=f"{format_quantity(line.quantity_milli)} x {price}",
        amount=display_amount(line.amount_minor),
        lamp=Lamp.PRICE,
        plain=line.description_en or line.item_code,
        number=price,
    )


def _finished(done: Transaction, words: dict[str, str], plain: dict[str, str]) -> Shown:
    if done.total_minor < 0:
        return _figure(words["back"], plain["back"], -done.total_minor, Lamp.CHANGE)
    change = sum(-tender.amount_minor for tender in done.tenders if tender.change)
    shown = _figure(words["change"], plain["change"], change, Lamp.CHANGE)
    return Shown(words["thanks"], shown.label, shown.amount, shown.lamp, plain["thanks"])


def _figure(word: str, plain: str, amount_minor: int, lamp: Lamp) -> Shown:
    return Shown(upper=word, amount=display_amount(amount_minor), lamp=lamp, plain=plain)


def _words(till: Till) -> dict[str, str]:
    return _WORDS["en" if till.settings.receipt.language == "en" else "zh"]
