"""Words that the pages of registers, copies and suggestions put in place of codes."""

from __future__ import annotations

from pos.i18n import N_

WORDS: dict[str, str] = {
    "delivery.waiting": N_("waits in the shop"),
    "delivery.out": N_("on its way"),
    "delivery.unsigned": N_("delivered, unsigned"),
    "copies.at_store": N_("with the store"),
    "copies.under_way": N_("sent by the store, not here yet"),
    "copies.store_only": N_("the store says they are back; not confirmed here"),
    "copies.here_only": N_("here; the store has not noted it"),
    "copies.both": N_("back, both say so"),
    "warned.over": N_("Over the maximum"),
    "warned.slow": N_("Slow"),
    "warned.dead": N_("Dead stock"),
    "warned.near_expiry": N_("Near its date"),
    "why.out": N_("nothing is left"),
    "why.minimum": N_("below the minimum"),
    "why.cycle": N_("its turn to be ordered"),
    "why.forecast": N_("by the forecast"),
    "why.customer": N_("customers have ordered it"),
    "promotion.price": N_("Price goes down"),
    "promotion.move": N_("Goes elsewhere"),
    "promotion.watch": N_("Wait and see"),
    "promotion.no": N_("No"),
    "books.booked": N_("Books open"),
    "books.waived": N_("Count waived"),
    "books.sells": N_("Sells without a count, by its own setting"),
    "books.unbooked": N_("Unbooked"),
    "books.empty": N_("No goods yet"),
}
BADGES: dict[str, str] = {
    "copies.at_store": "warn",
    "copies.under_way": "warn",
    "copies.store_only": "warn",
    "copies.here_only": "good",
    "copies.both": "good",
    "promotion.price": "good",
    "promotion.move": "good",
    "promotion.watch": "",
    "promotion.no": "bad",
    "books.booked": "good",
    "books.waived": "warn",
    "books.sells": "warn",
    "books.unbooked": "bad",
}
