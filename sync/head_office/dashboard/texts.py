"""Words that pages put in place of codes, and how moments and spans of time are shown."""

from __future__ import annotations

from collections.abc import Callable

from pos.i18n import N_, Translations
from sync.head_office import completeness
from sync.head_office.words import STATES, moment

GROUPINGS: dict[str, str] = {
    "store": N_("Store"),
    "workstation": N_("Till"),
    "item": N_("Item"),
    "operator": N_("Cashier"),
    "class": N_("Class"),
    "hour": N_("Hour"),
    "tender": N_("Way of paying"),
}
FAILURES: dict[str, str] = {
    "": N_("Something in the address or the form was not understood."),
    "csrf": N_("This form is out of date. Go back, load the page again and send it once more."),
    "forbidden": N_("Your sign-in does not allow this."),
    "unknown_revision": N_("This revision was never given out."),
    "unknown_store": N_("There is no such store."),
    "too_large": N_("That is more than one file takes. Choose fewer days."),
    "busy": N_("Head office has much to do just now. Try again in a moment."),
}
"""Error code → what a person reads; the code and its detail stand below it."""

PARTS: dict[str, str] = {
    "printer": N_("Printer"),
    "scanner": N_("Scanner"),
    "drawer": N_("Drawer"),
    "display": N_("Display"),
    "scale": N_("Scale"),
}
PART_TROUBLES: dict[str, str] = {
    "looks_wrong": N_("prints wrongly"),
    "no_qr": N_("reads no QR codes"),
    "some_codes": N_("does not read every code"),
    "no_code": N_("reads nothing"),
    "no_pin": N_("opens unnoticed"),
    "polarity": N_("open and shut are reversed"),
    "not_opened": N_("does not open"),
    "no_right": N_("nobody allowed the test"),
    "not_seen": N_("shows nothing"),
    "not_empty": N_("was not empty"),
    "silent": N_("does not answer"),
    "not_tested": N_("Not tested"),
}
"""What a device test found, in few words; the till itself says how to mend it."""

FINDINGS: dict[str, str] = {
    "not_trading": N_("Declared as not trading"),
    "waived": N_("Waived by finance"),
    "approval_code_given": N_("Approval code given"),
    "approval_code_used": N_("Approval code used"),
    "quarantined": N_("An entry could not be read"),
    "late_epoch": N_("Entries of an earlier journal came late"),
    "other_identity": N_("Entries from before the till was enrolled, or of another till"),
    "other_label": N_("Entries name another store or till"),
    "future_day": N_("Business day lies ahead"),
    "no_business_day": N_("Sale outside any business day"),
    "clock_suspect": N_("The till doubts its clock"),
    "unknown_item": N_("Item that head office does not know"),
    "unbalanced": N_("Lines, tenders and total differ"),
    "override_without_approver": N_("Price changed without approval"),
    "undecided_tender_failed": N_("A payment in doubt turned out failed"),
    "forgotten_close": N_("Day closed late"),
    "forced_close": N_("Day closed by force"),
    "declared_lost": N_("Entries declared lost"),
    "review_next_day": N_("Done alone, to be looked at"),
    "single_signature": N_("Approved by the same person"),
    "unknown_code": N_("Barcode not on file"),
    "price_corrected": N_("Price corrected at the till"),
    "over_received": N_("More received than ordered"),
    "not_ordered": N_("Received although not ordered"),
    "order_and_receive": N_("Ordered and signed for by one person"),
    "orders_not_followed": N_("Orders could not follow a receipt"),
    "same_person": N_("Both signatures are one person's"),
    "signature_mismatch": N_("Changed after it was signed"),
    "signature_unverified": N_("Signed by a newer program than this one"),
    "no_lines": N_("A document without lines"),
    "negative_quantity": N_("A quantity below zero"),
    "double_line": N_("A document with a line twice"),
    "unit_count": N_("Not one serial number per piece"),
    "over_accepted": N_("More accepted than received"),
    "unknown_document_kind": N_("A kind of document that is not known here"),
    "missing_part": N_("A part of an entry never came"),
    "count_result_forged": N_("A count result that head office never issued"),
    "tag_violation": N_("More pieces with bad tags than a month allows"),
    "daily_total_missed": N_("Pieces of the day were not counted"),
    "daily_total_differs": N_("Pieces counted at handover differ from the books"),
    "count_missed": N_("A period passed without its count"),
    "count_overdue": N_("A count is open for too long"),
    "books_late": N_("Goods came in and the books were not opened in three days"),
    "double_document": N_("A document posted twice"),
    "unknown_destination": N_("Goods sent to a store that is not known"),
    "ledger_differs": N_("Shop and company ledger differ"),
    "sold_before_signed": N_("Sold before the receipt was signed"),
    "over_tolerance": N_("More received than the order allows"),
}
"""Code of the sales audit → what a person reads; others show their code."""

MENU: dict[str, str] = {
    "/": N_("Overview"),
    "/stock": N_("Stock"),
    "/ledger": N_("Ledgers"),
    "/counts": N_("Counts"),
    "/planning": N_("Planning"),
    "/orders": N_("Orders"),
    "/requisitions": N_("Requisitions"),
    "/suppliers": N_("Suppliers"),
    "/claims": N_("Claims and judgements"),
    "/registers": N_("Loans and deliveries"),
    "/recalls": N_("Holds and recalls"),
    "/quality": N_("Quality"),
    "/invoices": N_("Invoices"),
}
"""Pages about goods, in the order of the row under the heading; a new page adds its line."""

LANGUAGE_NAMES = {"zh_CN": "中文", "en": "English"}

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS

Gettext = Callable[[str], str]


def span(words: Translations, length_ms: int) -> str:
    """How long something has lasted, in its largest whole unit."""
    length_ms = max(length_ms, 0)
    if length_ms >= 2 * _DAY_MS:
        count = length_ms // _DAY_MS
        return words.ngettext("{count} day", "{count} days", count).format(count=count)
    if length_ms >= _HOUR_MS:
        count = length_ms // _HOUR_MS
        return words.ngettext("{count} hour", "{count} hours", count).format(count=count)
    count = max(length_ms // _MINUTE_MS, 1)
    return words.ngettext("{count} minute", "{count} minutes", count).format(count=count)


def why_silent(words: Translations, till: completeness.Silent, now_ms: int) -> str:
    """Why a till counts as not synced, as far as head office knows."""
    _ = words.gettext
    if till.reason == "never_seen":
        return _("Enrolled, but it has never sent anything")
    if till.reason == "revoked":
        return _("Its key was revoked here; it still sells, but cannot send")
    if till.reason == "backlog":
        return _("Connected, but sales have been waiting in it for {time}").format(
            time=span(words, now_ms - (till.oldest_unsent_ms or now_ms))
        )
    return _("Nothing heard from it for {time}").format(
        time=span(words, now_ms - till.last_seen_utc_ms)
    )


__all__ = ["FAILURES", "GROUPINGS", "LANGUAGE_NAMES", "STATES", "moment", "span", "why_silent"]
