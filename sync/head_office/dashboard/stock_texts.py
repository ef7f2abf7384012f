"""Words of the stock pages: why goods moved, where they are, documents, states, what is odd."""

from __future__ import annotations

from collections.abc import Callable

from pos.domain.planning.warnings import Kind, Warned
from pos.domain.quantity import format_quantity
from pos.i18n import N_

REASONS: dict[str, str] = {
    "sale": N_("Sold"),
    "return": N_("Customer return"),
    "void": N_("Reversed"),
    "adjust": N_("Adjusted"),
    "receipt": N_("Goods received"),
    "supplier_return": N_("Returned to supplier"),
    "scrap": N_("Scrapped"),
    "transfer_out": N_("Sent to a store"),
    "transfer_in": N_("Came from a store"),
    "loan": N_("Lent or given back"),
    "dispatch": N_("Sold, not delivered"),
    "judge": N_("Set apart"),
    "opening": N_("Opening count"),
    "count": N_("Stock count"),
}
PLACES: dict[str, str] = {
    "": N_("Shop"),
    "reserved": N_("Sold, not delivered"),
    "loan": N_("On loan"),
    "judge": N_("To be judged"),
}
KINDS: dict[str, str] = {
    "transaction": N_("Sales receipt"),
    "receipt": N_("Goods receipt"),
    "supplier_return": N_("Return to supplier"),
    "scrap": N_("Scrap note"),
    "transfer_out": N_("Transfer out"),
    "transfer_in": N_("Transfer in"),
    "loan_out": N_("Loan"),
    "loan_return": N_("Loan given back"),
    "dispatch_hold": N_("Dispatch register"),
    "dispatch_done": N_("Delivery signed for"),
    "to_judge": N_("Set apart to be judged"),
    "judged": N_("Judged, back into stock"),
    "judged_out": N_("Judged, leaving"),
    "opening": N_("Opening count"),
    "adjustment": N_("Count adjustment"),
    "discrepancy": N_("Discrepancy note"),
    "requisition": N_("Requisition"),
}
STATES: dict[str, str] = {
    "posted": N_("Booked"),
    "refused": N_("Not booked"),
    "double": N_("Booked already"),
}
PROBLEMS: dict[str, str] = {
    "no_lines": N_("nothing is on it"),
    "single_signature": N_("signed by one person only"),
    "same_person": N_("both signatures are one person's"),
    "signature_mismatch": N_("changed after it was signed"),
    "negative_quantity": N_("a quantity below zero"),
    "double_line": N_("a line is there twice"),
    "unit_count": N_("not one serial number per piece"),
    "over_accepted": N_("more accepted than received"),
    "missing_part": N_("a part of it never came"),
    "unknown_document_kind": N_("a kind of document that is not known here"),
    "double_document": N_("another entry posted the same document"),
}
ODD: dict[str, str] = {
    "negative": N_("Less than nothing"),
    "expired": N_("Expired"),
    "out": N_("Out of stock"),
    "low": N_("Low"),
    "near_expiry": N_("Near its date"),
    "over": N_("Over the maximum"),
    "dead": N_("Dead stock"),
    "slow": N_("Slow"),
    "unmoved": N_("Sells elsewhere, not here"),
    "no_price": N_("No price"),
    "never_counted": N_("Never counted"),
}
ODD_BADGES = {"negative": "bad", "expired": "bad", "out": "bad"}
CAUSES: dict[str, str] = {
    "refused": N_("a document that was not booked"),
    "double": N_("a document that was booked already"),
    "quarantined": N_("an entry that could not be read"),
}
SOURCES: dict[str, str] = {
    "order": N_("against an order"),
    "dispatch": N_("against a dispatch"),
    "note": N_("by the delivery note"),
    "blind": N_("blind"),
}

_TABLES = {
    "reason": REASONS,
    "place": PLACES,
    "kind": KINDS,
    "state": STATES,
    "problem": PROBLEMS,
    "odd": ODD,
    "cause": CAUSES,
    "source": SOURCES,
}
STATE_BADGES = {"posted": "good", "refused": "bad", "double": "warn"}


def odd_text(say: Callable[[str], str], warned: Warned) -> str:
    """What is the matter with goods, beside how many there are."""
    limit = format_quantity(warned.limit_milli)
    if warned.kind in (Kind.LOW, Kind.OUT):
        return say(N_("minimum %(limit)s")) % {"limit": limit} if warned.limit_milli else ""
    if warned.kind is Kind.OVER:
        return say(N_("maximum %(limit)s")) % {"limit": limit}
    if warned.kind is Kind.DEAD:
        return say(N_("not moved for %(days)s days")) % {"days": warned.days}
    if warned.kind is Kind.SLOW:
        return say(N_("lasts %(days)s days")) % {"days": warned.days}
    if warned.kind is Kind.NEAR_EXPIRY:
        return say(N_("%(days)s days until %(day)s")) % {
            "days": warned.days,
            "day": warned.expiry,
        }
    if warned.kind is Kind.EXPIRED:
        return say(N_("good until %(day)s")) % {"day": warned.expiry}
    if warned.kind is Kind.UNMOVED:
        return say(N_("%(count)s sold in other stores in 30 days")) % {"count": limit}
    return ""


def stock_word(table: str, code: str) -> str:
    """The English words of a code; a code that is not known shows itself."""
    return _TABLES[table].get(code, code)
