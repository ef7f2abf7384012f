"""What a scan can turn out to be: frozen values, each with every field explained."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ScanContext(StrEnum):
    """Which step of the till receives the scan."""

    SALE = "sale"
    """Selling: the cart is in front."""

    RETURN = "return"
    """Returning: goods or a receipt are expected."""

    PAYMENT = "payment"
    """The payment step that asks for the customer's code: the only one that knows such codes."""

    RECEIVING = "receiving"
    """Goods in, stocktake, transfer: cases and logistic labels are expected."""

    LOOKUP = "lookup"
    """Price check and search."""


class UnknownReason(StrEnum):
    """Why a scan is not understood; the screen words it for the cashier."""

    EMPTY = "empty"
    """Nothing was left after the frame and the symbology identifier."""

    TOO_LONG = "too_long"
    """More characters than any code a shop sells by."""

    NOT_ASCII = "not_ascii"
    """Characters beyond ASCII, such as full-width digits of a wedge behind an input method."""

    CONTROL_CHARACTER = "control_character"
    """Control characters that no product code holds."""

    BAD_CHECK_DIGIT = "bad_check_digit"
    """The right length for a GTIN, label, or GS1 key, but the check digit does not fit."""

    NOT_A_STANDARD_CODE = "not_a_standard_code"
    """No GTIN, label or GS1 message; perhaps the shop's own stock code (`lookup_text`)."""

    NOT_A_PRODUCT_CODE = "not_a_product_code"
    """A web address or another 2D code that names no product."""

    PAYMENT_CODE_OUTSIDE_PAYMENT = "payment_code_outside_payment"
    """A customer's payment code before the till asked for one: settle first."""

    ADD_ON_ALONE = "add_on_alone"
    """Only the 2- or 5-digit supplement of a magazine or book was read: scan again."""

    GS1_UNREADABLE = "gs1_unreadable"
    """Marked as GS1, but the fields cannot be read."""

    GS1_INCONSISTENT = "gs1_inconsistent"
    """GS1 fields that contradict each other, such as (02) without (37)."""

    BAD_DATE = "bad_date"
    """A GS1 date that no calendar has."""


class GtinFormat(StrEnum):
    """In which form the GTIN was read."""

    EAN_13 = "ean_13"
    EAN_8 = "ean_8"
    UPC_A = "upc_a"
    UPC_E = "upc_e"
    ITF_14 = "itf_14"
    """Fourteen digits, as on cases: indicator 1-8 is a pack of the item, never the item (B1)."""


class PaymentScheme(StrEnum):
    """Whose payment code it is, by prefix and length."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    UNIONPAY = "unionpay"


@dataclass(frozen=True, slots=True)
class Gtin:
    """A Global Trade Item Number whose check digit fits. ISBN, ISSN and coupons are GTINs too."""

    gtin14: str
    """The number as fourteen ASCII digits: the catalogue's key."""

    raw: str
    """The code as read, without symbology identifier and add-on (`6901234567892`)."""

    format: GtinFormat
    """The form in which it was read."""

    add_on: str | None = None
    """The 2- or 5-digit supplement beside the bars (a magazine's issue), if it was read."""


@dataclass(frozen=True, slots=True)
class InStoreCode:
    """A number that only this shop gave out: a weighed label, or one of a restricted range."""

    raw: str
    """The code as read."""

    item_code: str
    """The PLU as text, leading zeros kept; the whole code when no layout matched."""

    quantity_milli: int | None
    """Thousandths of a kilogram from the label, or None: the label carries no (or no) weight."""

    amount_minor: int | None
    """The label's amount in minor units, authoritative for the line, or None (B2)."""

    layout: str | None
    """Name of the weighed layout that matched, or None."""

    check_ok: bool
    """False only when a layout that does not enforce the check digit met a wrong one."""

    prefixed_item_code: str | None = None
    """Literal prefix and PLU together (`2100301`), by which some shops file weighed goods."""

    gtin14: str | None = None
    """The code as fourteen digits when no layout matched; unique within this shop only."""


@dataclass(frozen=True, slots=True)
class Gs1Message:
    """GS1 element strings, from GS1-128, DataBar, DataMatrix, QR or a Digital Link."""

    raw: str
    """The data as read, without symbology identifier."""

    gtin14: str | None
    """(01) the trade item."""

    batch: str | None = None
    """(10) batch or lot."""

    expiry: str | None = None
    """(17) use-by date as ISO text: `2026-11-30`."""

    best_before: str | None = None
    """(15) best-before date as ISO text."""

    serial: str | None = None
    """(21) serial number."""

    net_weight_milli: int | None = None
    """(310n) net weight in thousandths of a kilogram, rounded half away from zero."""

    price_minor: int | None = None
    """(392n) or (393n) amount payable in minor units, rounded half away from zero."""

    price_currency: str | None = None
    """(393n) ISO 4217 number of the price's currency (`156` is CNY); None for (392n)."""

    count: int | None = None
    """(37) how many trade items of (02) a logistic unit holds."""

    content_gtin: str | None = None
    """(02) the trade item inside a logistic unit: for receiving, never sold as one."""

    sscc: str | None = None
    """(00) serial shipping container code, 18 digits."""

    elements: tuple[tuple[str, str], ...] = ()
    """Every (application identifier, value) in the order read."""


@dataclass(frozen=True, slots=True)
class ReceiptNumber:
    """A transaction number of our receipts, as their Code 128 carries it."""

    text: str
    """`0101-20261121-0042`: workstation, business day, sequence number."""


@dataclass(frozen=True, slots=True)
class TraceCode:
    """A drug trace code (药品追溯码): twenty digits, another on every box. Text, never a number."""

    text: str
    """All twenty digits."""

    product_code: str
    """The first seven, which name the product (标识码): the catalogue's key."""


@dataclass(frozen=True, slots=True)
class CommandCode:
    """A code of the till's own command sheet: a key press on paper, never goods."""

    command: str
    """What follows the prefix, such as `PARK` or `QTY3`; it may be none that the till knows."""


@dataclass(frozen=True, slots=True)
class PaymentCode:
    """A customer's payment code, read in the payment step. A secret: its repr is masked."""

    text: str = field(repr=False)
    """The code in clear, for the payment provider alone."""

    scheme: PaymentScheme
    """Whose code it is."""

    masked: str
    """The form for screens and logs: `13************1234`."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A scan that is none of the others: shown to the cashier with its reason."""

    reason: UnknownReason
    """Why."""

    text: str
    """What was read, safe to show and log: no control characters, payment codes masked, cut."""

    lookup_text: str | None = None
    """The exact text, when a shop may have filed an item under it (case-sensitive), else None."""


Classified = (
    Gtin
    | InStoreCode
    | Gs1Message
    | TraceCode
    | ReceiptNumber
    | CommandCode
    | PaymentCode
    | Unknown
)
"""Everything that `classify` returns."""
