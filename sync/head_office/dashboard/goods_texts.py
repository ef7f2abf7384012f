"""Words that the goods pages put in place of codes: states, kinds, answers, differences."""

from __future__ import annotations

from pos.i18n import N_
from sync.head_office import rights
from sync.head_office.dashboard import count_texts, register_texts
from sync.head_office.goods_dispatching import COPIES

STATES: dict[str, str] = {
    "draft": N_("Draft"),
    "audited": N_("Audited"),
    "placed": N_("Placed"),
    "part_received": N_("Part received"),
    "received": N_("Received in full"),
    "closed": N_("Closed"),
    "cancelled": N_("Cancelled"),
}
BADGES: dict[str, str] = {
    **count_texts.BADGES,
    **register_texts.BADGES,
    "draft": "",
    "audited": "warn",
    "placed": "warn",
    "part_received": "warn",
    "received": "good",
    "closed": "",
    "cancelled": "bad",
    "active": "good",
    "rectify": "warn",
    "dropped": "bad",
    "confirmed": "good",
    "limited": "warn",
    "refused": "bad",
    "dispatched": "good",
    "entered": "warn",
    "approved": "good",
    "accepted": "good",
    "credited": "good",
    "replaced": "good",
}
"""Colour of a state's badge; its word always stands in it."""

WORDS: dict[str, str] = {
    **STATES,
    **count_texts.WORDS,
    **register_texts.WORDS,
    **{f"copy.{code}": text for code, text in COPIES.items()},
    **{f"role.{code}": text for code, text in rights.ROLE_NAMES.items()},
    "trade.medicine": N_("Medicines"),
    "trade.device": N_("Medical devices"),
    "trade.imported_food": N_("Imported food"),
    "trade.apparel": N_("Apparel"),
    "trade.large": N_("Large goods"),
    "trade.safety": N_("Goods with safety rules"),
    "trade.cosmetics": N_("Cosmetics"),
    "trade.tobacco": N_("Tobacco"),
    "trade.jewellery": N_("Jewellery"),
    "paper.customs": N_("Customs declaration"),
    "paper.quarantine": N_("Quarantine certificate"),
    "paper.tobacco_licence": N_("Tobacco licence"),
    "paper.test_report": N_("Test report"),
    "paper.drug_approval": N_("Drug approval number"),
    "paper.device_registration": N_("Medical device registration"),
    "people.person": N_("Head office"),
    "people.operator": N_("Tills"),
    "people.added": N_("Added"),
    "people.blocked": N_("Blocked"),
    "people.unblocked": N_("Unblocked"),
    "people.role_changed": N_("Role changed"),
    "people.operator_id_changed": N_("Number at a till changed"),
    "people.language_changed": N_("Language changed"),
    "people.name_changed": N_("Name changed"),
    "people.password_given": N_("New password given"),
    "people.password_changed": N_("Own password changed"),
    "people.pin_given": N_("New PIN given"),
    "kind.purchase": N_("Purchase order"),
    "kind.dispatch": N_("Dispatch"),
    "kind.transfer": N_("Transfer"),
    "kind.count": N_("Stock count"),
    "kind.count_result": N_("Count result"),
    "kind.requisition": N_("Answer to a requisition"),
    "kind.recall": N_("Product recall"),
    "kind.judgement": N_("Judgement"),
    "active": N_("Active"),
    "rectify": N_("Has to rectify"),
    "dropped": N_("Dropped"),
    "confirmed": N_("Confirmed"),
    "limited": N_("Limited"),
    "refused": N_("Refused"),
    "dispatched": N_("Dispatched"),
    "entered": N_("Entered"),
    "edited": N_("Edited"),
    "sent_back": N_("Sent back"),
    "carried_out": N_("Carried out"),
    "approved": N_("Approved"),
    "accepted": N_("Claim accepted"),
    "credited": N_("Credited"),
    "replaced": N_("Replaced"),
    "back": N_("Back into stock"),
    "return": N_("Send back"),
    "scrap": N_("Scrap"),
    "out": N_("Out of the shop"),
    "match.over_received": N_("More invoiced than received"),
    "match.price": N_("Dearer than ordered"),
    "match.not_ordered": N_("Not on the order"),
    "match.sum": N_("Lines and amount differ"),
    "match.same_person": N_("Ordered and received by one person"),
    "short": N_("Short"),
    "over": N_("Too many"),
    "damaged": N_("Damaged"),
    "wrong": N_("Wrong goods"),
    "expired": N_("Expired"),
    "short_dated": N_("Too near its date"),
}

WAITS: dict[str, str] = {
    "late_orders": N_("Purchase orders that are late"),
    "late_transit": N_("Dispatches and transfers too long under way"),
    "registers": N_("Deliveries and loans that are overdue"),
    "copies": N_("Copies of dispatch notes overdue"),
    "requisitions": N_("Requisitions without an answer"),
    "claims": N_("Claims without an answer"),
    "recalls": N_("Recalls running"),
    "counts": N_("Counts open or to be approved"),
    "ledgers": N_("Ledgers that differ"),
    "upkeep": N_("Maintenance overdue"),
    "cases": N_("Quality problems not dealt with"),
}
"""What waits about goods → words of the overview's tile."""

WEEKDAYS: dict[str, str] = {
    "1": N_("Mon"),
    "2": N_("Tue"),
    "3": N_("Wed"),
    "4": N_("Thu"),
    "5": N_("Fri"),
    "6": N_("Sat"),
    "7": N_("Sun"),
}
ANY_DAY = N_("any day")

FAILURES: dict[str, str] = {
    **count_texts.FAILURES,
    "no_right": N_("Your role does not allow this."),
    "same_person": N_("You did the other half of this yourself: somebody else has to do it."),
    "wrong_state": N_("This was done already, or something else has to be done first."),
    "not_audited": N_("Only what somebody else audited goes to a store."),
    "unusable_supplier": N_("This supplier is not approved, or was dropped."),
    "own_account": N_("Your own account is somebody else's to change."),
    "over_allocation": N_(
        "%(item)s: the allocation of %(month)s leaves %(left)s, %(granted)s was granted."
    ),
    "mismatch": N_("The invoice does not fit what was ordered and received."),
    "not_here": N_("That is not here."),
    "bad_list": N_("This file is not such a list."),
    "bad_form": N_("Something in the form was not understood."),
}
"""Error code → what a person reads."""
