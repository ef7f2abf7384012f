"""Words that the pages of counts put in place of codes."""

from __future__ import annotations

from pos.i18n import N_
from sync.head_office.cli.counts import STATE_WORDS

WORDS: dict[str, str] = {
    **{f"count.{state}": text for state, text in STATE_WORDS.items()},
    "count.detailed": N_("Detailed count"),
    "count.cycle": N_("Cycle count"),
    "count.did.drawn": N_("day drawn"),
    "count.did.opened": N_("opened"),
    "count.did.opened_at_till": N_("opened at a till"),
    "count.did.computed": N_("computed"),
    "count.did.recount": N_("to be counted a third time"),
    "count.did.reason": N_("reason given"),
    "count.did.approved": N_("approved"),
    "count.did.posted": N_("posted"),
    "count.did.cancelled": N_("given up"),
    "count.none": N_("not drawn"),
    "count.missed": N_("missed"),
    "count.before": N_("before the plan"),
    "every.never": N_("Not by a plan"),
    "every.week": N_("Every week"),
    "every.month": N_("Every month"),
    "every.quarter": N_("Every quarter"),
    "till.none": N_("not begun"),
    "till.counting": N_("is counting"),
    "till.ended": N_("ended"),
    "till.cancelled": N_("given up"),
    "tag.mixed": N_("mixed tag"),
    "tag.lost": N_("lost tag"),
}
BADGES: dict[str, str] = {
    "count.drawn": "",
    "count.open": "warn",
    "count.computed": "warn",
    "count.approved": "warn",
    "count.posted": "good",
    "count.cancelled": "",
    "count.none": "warn",
    "count.missed": "bad",
    "till.counting": "warn",
    "till.ended": "good",
}
FAILURES: dict[str, str] = {
    "tills_missing": N_("Not every till of the store has passed the count's end yet."),
    "no_reason": N_("A difference has no reason yet."),
    "passes_differ": N_("The two counts differ: have it counted again, or say why not."),
    "counter_approves": N_("You counted: somebody else has to approve."),
}
