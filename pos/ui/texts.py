"""Values and refusals in words: figures by the domain's formatters, codes translated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from pos.config.roles import rights
from pos.domain.cart import CartLine, LineKind, Refusal
from pos.domain.money import display_amount, format_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.i18n import N_, language
from pos.i18n import gettext as _
from pos.ui.text_grid import clean

if TYPE_CHECKING:
    # The first screen sells nothing yet: it does not wait for what selling loads.
    from pos.services.checkout import Advice, UnknownCode

_SIGNS: Final = {"CNY": "¥", "GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}

REFUSALS: Final[dict[str, str]] = {
    "item_held": N_("{item} is held by head office ({reason}): it must not be sold"),
    "no_price": N_("{item} has no retail price: ask for one, or sell it as a department"),
    "quantity_not_positive": N_("The quantity must be more than 0; to take a line off, void it"),
    "quantity_too_large": N_("That quantity is too large. Is it a barcode?"),
    "quantity_not_whole": N_("This is sold by the piece: type a whole number"),
    "quantity_fixed_by_weight": N_(
        "The weight decides the quantity of this line: void it and weigh again"
    ),
    "price_negative": N_("The price cannot be below 0"),
    "price_fixed_by_label": N_("The label's amount is what is charged: print a new label"),
    "discount_out_of_range": N_("The discount must be between 0 and the whole amount"),
    "no_such_line": N_("There is no such line in this sale"),
    "no_lines": N_("Nothing has been scanned yet"),
    "nothing_due": N_("Nothing is left to pay"),
    "amount_zero": N_("The amount must not be 0"),
    "amount_wrong_sign": N_("Money goes the other way here"),
    "refund_too_large": N_("That is more than is to be paid back"),
    "no_change_given": N_("This tender gives no change: type at most what is due"),
    "looks_like_barcode": N_("That looks like a barcode, not like money"),
    "tender_not_pending": N_("This payment does not wait for a decision"),
    "tender_pending": N_("A payment is not decided: say first whether it arrived"),
    "no_tender": N_("There is no payment to take back"),
    "payment_code_here": N_("This is a payment code, no member's number"),
    "goods_here": N_("This is a code of goods, no member's number"),
    "not_a_member_number": N_("A member's number has 4 to 32 letters and digits"),
    "practice_receipt": N_("This is a practice slip: nothing was sold"),
    "cash_closed": N_("The mall takes the cash here: choose another tender"),
    "no_terminal": N_("No payment terminal is set up: choose another tender"),
    "no_original_payment": N_(
        "The terminal took no payment that this could go back to: choose another tender"
    ),
    "tender_charged": N_("The terminal has taken this money: pay it back there"),
    "tender_not_received": N_("This tender holds no money that could go back"),
    "refund_refused": N_("The terminal does not pay this back"),
    "refund_stands": N_(
        "The terminal has paid this back and cannot charge it again: sell the goods anew"
    ),
    "business_day_backwards": N_("That business day is closed already; take a later one"),
    "count_negative": N_("A count cannot be below 0"),
    "not_signed_on": N_("Sign on first"),
    "pack_held": N_("{item}: batch {batch} is held by head office ({reason})"),
    "pack_expired": N_("{item} is past its date {date}: take it off the shelf"),
    "pack_sold_before": N_("{item}: this very pack was sold before; scan another one"),
    "out_of_scope": N_("{item} is outside this shop's licence: it cannot be traded here"),
    "licence_expired": N_("{item}: the shop's licence {number} ended on {date}"),
    "device_record": N_(
        "{item} lacks its registration number, maker or maker's licence: head office adds it"
    ),
    "serial_not_in_stock": N_(
        "{item}: number {serial} is not in stock; scan it again, or have it received first"
    ),
    "serial_on_sale": N_("{item}: number {serial} is on this sale already"),
    "serial_sold": N_(
        "{item}: number {serial} was sold, receipt {receipt}; it has to come back first"
    ),
    "serial_needed": N_("{item}: scan the serial number of the unit that comes back"),
    "serial_differs": N_("{item}: this is not the unit that was sold (sold: {serial})"),
    "serial_needs_receipt": N_("{item} has serial numbers: find the sale that it left with"),
    "batch_missing": N_("This is sold with its batch number: pick or type it"),
    "no_batch_in_code": N_("This code says no batch: pick it or type it"),
    "gap_held": N_("{item} is held by head office ({reason}): take it off first"),
    "gap_batch_to_see": N_("{item}: a batch is held ({reason}); look at the pack first"),
    "gap_batch_missing": N_("{item}: its batch number is missing"),
    "gap_serial_missing": N_("{item}: its serial number is missing"),
    "one_pack": N_("This code names one pack: scan each pack by itself"),
    "blocked_by_rule": N_("This shop's rules do not allow it"),
    "wrong_pin": N_("Number or PIN is wrong."),
    "locked_out": N_("Too many wrong PINs."),
    "locked": N_("The till is locked"),
    "sale_undecided": N_("The last sale is not decided yet: wait until the disk answers"),
    "day_not_open": N_("No business day is open: open one first"),
    "unbooked": N_("Nothing is sold before the opening count is posted: Stock, then Count"),
    "closing": N_("The last sale is being written: scan again in a moment"),
    "item_after_tender": N_("A tender is entered: take it back before adding goods"),
    "tenders_entered": N_("A tender is entered: take it back first"),
    "price_not_positive": N_("Type a price above 0"),
    "nothing_to_undo": N_("There is nothing to take back"),
    "not_paid": N_("Not all is paid yet"),
    "no_such_tender": N_("This shop has no such tender"),
    "sale_open": N_("Finish or park the sale on the screen first"),
    "no_such_sale": N_("This sale is not parked any more"),
    "approval_self": N_("Nobody approves for themselves: ask somebody else"),
    "may_not_approve": N_("This person may not approve this"),
    "beyond_approvers_limit": N_("This is beyond what this person may approve"),
    "not_alone": N_("This shop does not allow this without a second person"),
    "reason_missing": N_("Say why: a manager will read it"),
    "request_expired": N_("This request is too old: ask head office again"),
    "wrong_code": N_("This is not the code for this request"),
    "no_head_office": N_("This till knows no head office that could give a code"),
    "no_right": N_("You have no right to do this"),
    "not_overdue": N_(
        "Charged is what is out for more than {days} days; this loan is out for {out}"
    ),
    "approval_for_other_action": N_("This approval was given for another action"),
}
"""Refusal code → sentence; codes that are not here show the service's own English sentence."""

REASONS_UNKNOWN: Final[dict[str, str]] = {
    "not_in_catalogue": N_("not in the catalogue"),
    "empty": N_("the code is empty"),
    "too_long": N_("too long for a code of goods"),
    "not_ascii": N_("full-width characters: switch the input method off"),
    "control_character": N_("characters that no code has: scan again"),
    "bad_check_digit": N_("misread (check digit): scan again"),
    "not_a_standard_code": N_("no code of goods"),
    "not_a_product_code": N_("a code, but not of goods"),
    "payment_code_outside_payment": N_("a payment code: press Pay first"),
    "add_on_alone": N_("only the small code of a magazine: scan the large one"),
    "gs1_unreadable": N_("unreadable: scan again"),
    "gs1_inconsistent": N_("contradicts itself: scan again"),
    "bad_date": N_("holds an impossible date: scan again"),
}


ADVICE: Final[dict[str, str]] = {
    "near_expiry": N_("Ends {date}: {days} days left (within {band})"),
    "fefo": N_("Sell batch {batch} first: it ends {date}"),
}
"""Advice code → sentence."""


def advice_text(advice: tuple[Advice, ...]) -> str:
    """What is said beside a line, in one sentence."""
    parts: list[str] = []
    for one in advice:
        values = {name: clean(value) for name, value in one.values.items()}
        if one.code == "safety":
            english = language() == "en" and values.get("text_en")
            parts.append(values["text_en"] if english else values["text"])
        elif one.code in ADVICE:
            parts.append(_(ADVICE[one.code]).format(**values))
    return _("; ").join(parts)


def amount_text(amount_minor: int) -> str:
    """Minor units → `1,234.50`."""
    return display_amount(amount_minor)


def plain_amount(amount_minor: int) -> str:
    """Minor units → `1234.50`, as it is typed."""
    return format_amount(amount_minor)


def price_text(unit_price_e4: int) -> str:
    """Unit price → `2.00`, `2.355`."""
    return format_unit_price(unit_price_e4)


def quantity_text(quantity_milli: int) -> str:
    """Quantity → `2`, `0.328`."""
    return format_quantity(quantity_milli)


def currency_sign(currency: str) -> str:
    """The sign that stands beside big digits; a currency without one shows its letters."""
    return _SIGNS.get(currency, currency)


def line_name(line: CartLine) -> str:
    """Name of the goods in the language of the screen."""
    if language() == "en" and line.description_en:
        return clean(line.description_en)
    return clean(line.description or line.item_code or line.barcode)


def line_flags(line: CartLine) -> str:
    """Signs before a name: what is unusual about a line."""
    if line.kind is LineKind.RETURN:
        return _("[return]")
    if line.kind is LineKind.VOID:
        return _("[void]")
    if line.unit_discount_e4 > 0:
        return "▼"
    if line.unit_price_e4 > line.list_price_e4 and line.label_amount_minor is None:
        return "▲"
    return ""


def refusal_text(refusal: Refusal) -> str:
    """A refusal in the language of the screen; values are data and are cleaned."""
    template = REFUSALS.get(refusal.code)
    values = {name: clean(str(value)) for name, value in refusal.values.items()}
    if template is not None:
        try:
            return _(template).format(**values)
        except (KeyError, IndexError, ValueError):
            pass
    return clean(_(refusal.message))


def listed(parts: Iterable[str]) -> str:
    """Several names in one line, with the comma of the language of the screen."""
    return _(", ").join(parts)


def labelled(label: str, text: str) -> str:
    """What it is and what of it, with the colon of the language of the screen."""
    return _("{label}: {text}").format(label=label, text=text)


def named(name: str, name_en: str) -> str:
    """A name from the settings in the language of the screen."""
    return clean(name_en if language() == "en" and name_en else name)


def other_language() -> str:
    """The language that is not on the screen, by its own name: who cannot read this one finds it."""
    return "English" if language() == "zh_CN" else "中文"


def right_name(right: str) -> str:
    """What a right allows, in the language of the screen."""
    known = rights().get(right)
    return right if known is None else named(known.zh, known.en)


def pin_refusal_text(refusal: Refusal) -> str:
    """A refused PIN, with how long to wait before the next one."""
    wait = int(refusal.values.get("wait_s", 0))
    text = refusal_text(refusal)
    return f"{text} " + _("Wait {time}.").format(time=waited(wait)) if wait else text


def waited(seconds: int) -> str:
    """An age in few cells: `35s`, `12m`, `3h`, `2d`."""
    if seconds < 60:
        return _("{count}s").format(count=seconds)
    if seconds < 3600:
        return _("{count}m").format(count=seconds // 60)
    if seconds < 86_400:
        return _("{count}h").format(count=seconds // 3600)
    return _("{count}d").format(count=seconds // 86_400)


def unknown_text(unknown: UnknownCode) -> str:
    """Why a code is unknown, and what can be done."""
    reason = REASONS_UNKNOWN.get(unknown.reason)
    why = _(reason) if reason is not None else clean(unknown.reason.replace("_", " "))
    return _("Unknown code: {why}").format(why=why)
