"""What checkout functions answer: values that the screen shows, never exceptions."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Cart, CartLine
from pos.domain.item import Item
from pos.domain.sale import Transaction
from pos.domain.tender import Payment, Tender


class Advice(msgspec.Struct, frozen=True):
    """Something to be said beside a line that was added: a code and the values of its sentence."""

    code: str
    """`safety`, `near_expiry` or `fefo`."""

    values: dict[str, str]


class LineAdded(msgspec.Struct, frozen=True):
    """A line was added, or the last line's quantity rose (`merged`)."""

    line: CartLine
    merged: bool
    saved: Future[Any]
    warning: str = ""
    advice: tuple[Advice, ...] = ()
    """What goods keeping says beside it."""


class CartChanged(msgspec.Struct, frozen=True):
    """A line was changed or taken off."""

    cart: Cart
    line_no: int
    saved: Future[Any]
    warning: str = ""


class CountedOnce(msgspec.Struct, frozen=True):
    """The other code of the pack that was just counted: nothing is added."""

    line_no: int


class CommandFound(msgspec.Struct, frozen=True):
    """A code of the command sheet; the screen does it as it does a key, or refuses it."""

    command: str


class WeightNeeded(msgspec.Struct, frozen=True):
    """The item is sold by weight: weigh it or type the weight, then `add_item`."""

    item: Item
    barcode: str = ""


class PriceNeeded(msgspec.Struct, frozen=True):
    """The item is an open department: type a price, then `add_item` with it."""

    item: Item
    barcode: str = ""


class ReceiptFound(msgspec.Struct, frozen=True):
    """The code is a transaction number: a return begins."""

    transaction_no: str


class UnknownCode(msgspec.Struct, frozen=True):
    """Nobody knows the code. `shown` is safe to show and journal (payment codes are masked)."""

    shown: str
    reason: str


class PaymentCodeSeen(msgspec.Struct, frozen=True):
    """A customer's payment code; in the payment step `code` is the secret itself."""

    masked: str
    code: str = ""


class AskVoid(msgspec.Struct, frozen=True):
    """One less would be nothing: ask whether to void the line."""

    line_no: int


class Parked(msgspec.Struct, frozen=True):
    """The sale is parked; the till is free for the next customer."""

    sale_uuid: str
    saved: Future[Any]


class ParkedSale(msgspec.Struct, frozen=True, kw_only=True):
    """A parked sale in the list."""

    sale_uuid: str
    label: str
    lines: int
    total_minor: int
    begun_at: str
    operator_id: str
    first: CartLine | None = None
    """Its first goods, by which a cashier knows it again."""


class Recalled(msgspec.Struct, frozen=True):
    """A parked sale is on the screen again."""

    cart: Cart
    saved: Future[Any]


class Subtotal(msgspec.Struct, frozen=True):
    """小计: what is to be paid."""

    total_minor: int
    discount_minor: int
    pieces_milli: int


class TenderAdded(msgspec.Struct, frozen=True):
    """A tender was added; `payment.remaining_minor` is what is still to be paid."""

    payment: Payment
    tender: Tender
    change_minor: int
    saved: Future[Any]
    warning: str = ""
    """A rule to be shown, such as a refund by another tender."""


class PaymentChanged(msgspec.Struct, frozen=True):
    """A tender was decided or taken back."""

    payment: Payment
    saved: Future[Any]


class Committed(msgspec.Struct, frozen=True):
    """The sale is on disk: now the drawer may open and the receipt print."""

    transaction_no: str
    seq: int
    job_id: str


class Completion(msgspec.Struct, frozen=True):
    """The sale is closed; it is done when `saved` is (invariant 3)."""

    transaction: Transaction
    saved: Future[Committed]
    change_minor: int
    job_id: str
    ask_receipt: bool
    """The setting says `ask`: print when the cashier says yes."""


class Cancelled(msgspec.Struct, frozen=True):
    """The open sale was given up, with its trace in the journal."""

    saved: Future[Any]


class PriceChecked(msgspec.Struct, frozen=True):
    """What an item costs; nothing was charged."""

    item: Item
    quantity_milli: int


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What the last life of this till left behind (experience rule 6)."""

    open_cart: Cart | None
    open_payment: Payment | None
    last_transaction_no: str
    last_change_minor: int
    last_total_minor: int
    receipt_job_id: str
    """Job of the last receipt when it has not been printed, else empty."""
