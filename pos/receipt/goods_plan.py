"""A plan in words, on screen and on paper: why so much of it is proposed; a requisition's slip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from drivers.document import Document, Element, Pair, Text
from pos.domain.goods.documents import GoodsDocument
from pos.domain.planning.forecast import Error
from pos.domain.planning.proposals import Limit, Proposal, Why, days_left
from pos.domain.planning.warnings import Kind, Warned
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import finish, lines, top
from pos.receipt.layout import label, rule
from pos.receipt.words import Words

Translate = Callable[[str], str]

WEEKDAYS: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
KIND_WORDS: Final[dict[Kind, str]] = {
    Kind.NEGATIVE: N_("Below zero"),
    Kind.EXPIRED: N_("Past its date"),
    Kind.OUT: N_("Out of stock"),
    Kind.LOW: N_("Low"),
    Kind.NEAR_EXPIRY: N_("Near its date"),
    Kind.OVER: N_("Over the maximum"),
    Kind.DEAD: N_("Dead stock"),
    Kind.SLOW: N_("Slow"),
    Kind.UNMOVED: N_("Sells elsewhere, not here"),
    Kind.NO_PRICE: N_("No price"),
    Kind.NEVER_COUNTED: N_("Never counted"),
}
ANSWER_WORDS: Final[dict[str, str]] = {
    "": N_("no answer yet"),
    "confirmed": N_("confirmed"),
    "limited": N_("confirmed in part"),
    "refused": N_("refused"),
    "dispatched": N_("on its way"),
}
_WEEK: Final = 7


def explained(proposal: Proposal, today_ordinal: int, say: Translate) -> str:
    """Why so much: `sold 4.2 a day, 9 left, supplier comes Thursday, case of 12` (REP-08)."""
    available, policy = proposal.available, proposal.policy
    parts: list[str] = []
    if proposal.per_day_milli > 0:
        parts.append(say(N_("sold {quantity} a day")).format(quantity=_rate(proposal)))
    parts.append(say(N_("{quantity} left")).format(quantity=_short(available.on_hand_milli)))
    coming = available.on_order_milli + available.in_transit_milli
    if coming:
        parts.append(say(N_("{quantity} on its way")).format(quantity=_short(coming)))
    if available.customer_milli:
        words = say(N_("{quantity} ordered by customers"))
        parts.append(words.format(quantity=_short(available.customer_milli)))
    arrives = proposal.cover.arrives
    ahead = arrives.toordinal() - today_ordinal
    day = say(WEEKDAYS[arrives.weekday()]) if ahead < _WEEK else f"{arrives:%m-%d}"
    parts.append(say(N_("supplier comes {day}")).format(day=day))
    if policy.case_milli:
        parts.append(say(N_("case of {count}")).format(count=_short(policy.case_milli)))
    if proposal.why is Why.MINIMUM:
        parts.append(say(N_("minimum is {quantity}")).format(quantity=_short(policy.min_milli)))
    elif proposal.why is Why.CYCLE:
        parts.append(say(N_("its turn to be ordered")))
    filled = Limit.MAXIMUM in proposal.limits or proposal.why in (Why.MINIMUM, Why.CYCLE, Why.OUT)
    if filled and policy.max_milli:
        words = say(N_("maximum is {quantity}"))
        parts.append(words.format(quantity=_short(policy.max_milli)))
    return say(N_(", ")).join(parts)


def details(proposal: Proposal, error: Error, say: Translate) -> list[str]:
    """Everything behind a proposal, one fact a line."""
    policy = proposal.policy
    rows = [
        say(N_("Needed until {day}: {quantity}")).format(
            day=f"{proposal.cover.until:%Y-%m-%d}", quantity=_short(proposal.needed_milli)
        ),
        say(N_("Safety stock: {quantity} (set: {wanted})")).format(
            quantity=_short(proposal.safety_milli),
            wanted=_short(policy.safety_milli) if policy.safety_milli else "-",
        ),
        say(N_("Minimum {least}, maximum {most}, case {case}")).format(
            least=_short(policy.min_milli) if policy.min_milli else "-",
            most=_short(policy.max_milli) if policy.max_milli else "-",
            case=_short(policy.case_milli) if policy.case_milli else "-",
        ),
    ]
    left = days_left(proposal.available.total_milli, proposal.per_day_milli)
    if left is not None:
        rows.append(say(N_("What is there lasts {days} days")).format(days=left))
    if error.days and error.percent_bp is not None:
        rows.append(
            say(
                N_("Forecast of the last {days} days: {thought}, sold {sold}, off by {percent}%")
            ).format(
                days=error.days,
                thought=_short(error.forecast_milli),
                sold=_short(error.actual_milli),
                percent=error.percent_bp // 100,
            )
        )
    return rows


def warning_text(warned: Warned, say: Translate) -> str:
    """What is the matter, without the name of the goods."""
    quantity = _short(warned.quantity_milli)
    kind = warned.kind
    if kind is Kind.EXPIRED:
        return say(N_("{quantity} left, past its date since {day}, batch {batch}")).format(
            quantity=quantity, day=warned.expiry, batch=warned.batch or "-"
        )
    if kind is Kind.NEAR_EXPIRY:
        return say(N_("{quantity} left, {days} days until {day}, batch {batch}")).format(
            quantity=quantity, days=warned.days, day=warned.expiry, batch=warned.batch or "-"
        )
    if kind in (Kind.LOW, Kind.OUT):
        return say(N_("{quantity} left, minimum is {limit}")).format(
            quantity=quantity, limit=_short(warned.limit_milli)
        )
    if kind is Kind.OVER:
        return say(N_("{quantity} there, maximum is {limit}")).format(
            quantity=quantity, limit=_short(warned.limit_milli)
        )
    if kind is Kind.DEAD:
        return say(N_("{quantity} there, not moved for {days} days")).format(
            quantity=quantity, days=warned.days
        )
    if kind is Kind.SLOW:
        return say(N_("{quantity} there, lasts {days} days")).format(
            quantity=quantity, days=warned.days
        )
    if kind is Kind.UNMOVED:
        return say(N_("{quantity} there, {count} sold in other stores")).format(
            quantity=quantity, count=_short(warned.limit_milli)
        )
    if kind is Kind.NO_PRICE:
        return say(N_("{quantity} there, without a price")).format(quantity=quantity)
    if kind is Kind.NEVER_COUNTED:
        return say(N_("{quantity} by the books, never counted")).format(quantity=quantity)
    return say(N_("{quantity} by the books: count it, or book what came in")).format(
        quantity=quantity
    )


def requisition_slip(document: GoodsDocument, facts: SlipFacts, at: str) -> Document:
    """要货单: what was asked for, to be kept or handed to the supplier."""
    words = Words(facts.language)
    elements: list[Element] = top(document, facts, words, at, N_("REQUISITION"))
    if document.counterparty_name:
        elements.append(Text(label(N_("Supplier"), words) + document.counterparty_name))
    if document.due_day:
        elements.append(Text(label(N_("Wanted by"), words) + document.due_day))
    # The supplier may read it: why the shop wants so much is not for them.
    bare = [msgspec.structs.replace(line, reason="", note="") for line in document.lines]
    elements += lines(bare, words)
    return finish(elements, document.document_no, document.document_no)


def plan_slip(
    rows: Iterable[tuple[str, str, str]], facts: SlipFacts, at: str, title: str, note: str
) -> Document:
    """A plan on paper: rows of goods, quantity and the sentence that explains it."""
    words = Words(facts.language)
    elements: list[Element] = [
        *_head(facts, words),
        Pair(title, at.replace("T", " ")[:16]),
        rule(),
    ]
    for name, quantity, why in rows:
        elements += [Pair(name, quantity), Text("  " + why)]
    elements.append(rule())
    if note:
        elements.append(Text(note))
    return finish(elements, title, barcode=False)


def _head(facts: SlipFacts, words: Words) -> list[Element]:
    from pos.receipt.layout import head, heading

    return [*head(facts, words), *heading(N_("WHAT TO ORDER"), words)]


def _rate(proposal: Proposal) -> str:
    """Sold a day, to a tenth, as people say it; less than a twentieth is said exactly."""
    tenths = (proposal.per_day_milli + 50) // 100 * 100
    return _short(tenths or proposal.per_day_milli)


def _short(quantity_milli: int) -> str:
    return format_quantity(quantity_milli)
