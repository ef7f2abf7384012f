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
