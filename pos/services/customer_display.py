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
from pos.domain.tender import Payment, TenderState
from pos.services.context import Till

_WORDS = {
    "zh": {
        "total": "合计",
        "paid": "收款",
        "due": "还需",
        "change": "找零",
        "back": "退款",
        "thanks": "谢谢惠顾",
    },
    "en": {
        "total": "TOTAL",
        "paid": "PAID",
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
    words = _words(till)
    if done is not None and not sale.cart.lines:
        return _finished(done, words)
    if sale.payment is not None or sale.phase != "lines":
        return _paying(sale.cart.total_minor, sale.payment, words)
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


def _paying(total_minor: int, payment: Payment | None, words: dict[str, str]) -> Shown:
    """What is to be paid; after a part of it, what came in and what is still due."""
    if total_minor < 0:
        return _figure(words, "back", -total_minor, Lamp.TOTAL)
    arrived = () if payment is None else payment.tenders
    paid = sum(
        tender.amount_minor
        for tender in arrived
        if tender.state is TenderState.RECEIVED and not tender.change
    )
    if not paid:
        return _figure(words, "total", total_minor, Lamp.TOTAL)
    if paid >= total_minor:  # for the moment until the sale is closed
        return _figure(words, "paid", paid, Lamp.RECEIVED)
    return _after(words, paid, "due", total_minor - paid, Lamp.TOTAL)


def _finished(done: Transaction, words: dict[str, str]) -> Shown:
    if done.total_minor < 0:
        return _thanks(words, "back", -done.total_minor, Lamp.CHANGE)
    change = sum(-tender.amount_minor for tender in done.tenders if tender.change)
    paid = sum(
        tender.amount_minor
        for tender in done.tenders
        if not tender.change and tender.state is not TenderState.FAILED
    )
    if change:
        return _after(words, paid, "change", change, Lamp.CHANGE)
    return _thanks(words, "paid", paid, Lamp.RECEIVED)


def _figure(words: dict[str, str], word: str, amount_minor: int, lamp: Lamp) -> Shown:
    return Shown(words[word], "", display_amount(amount_minor), lamp, _WORDS["en"][word])


def _thanks(words: dict[str, str], word: str, amount_minor: int, lamp: Lamp) -> Shown:
    english, amount = _WORDS["en"], display_amount(amount_minor)
    return Shown(words["thanks"], words[word], amount, lamp, english["thanks"], english[word])


def _after(words: dict[str, str], paid: int, word: str, amount_minor: int, lamp: Lamp) -> Shown:
    """What came in above, what follows from it below."""
    english, received = _WORDS["en"], display_amount(paid)
    return Shown(
        f"{words['paid']} {received}",
        words[word],
        display_amount(amount_minor),
        lamp,
        plain=f"{english['paid']} {received}",
        plain_label=english[word],
    )


def _words(till: Till) -> dict[str, str]:
    return _WORDS["en" if till.settings.receipt.language == "en" else "zh"]
