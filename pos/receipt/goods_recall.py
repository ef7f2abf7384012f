"""召回告知单: what is recalled, why, and what the customer should do (QLT-05)."""

from __future__ import annotations

import msgspec

from drivers.document import Document, Element, Pair, Text
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import finish, to_sign
from pos.receipt.layout import head, heading, label, rule
from pos.receipt.words import Words


class RecallFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the notice says."""

    number: str
    reason: str = ""
    lines: tuple[tuple[str, str], ...] = ()
    """Name and batch; an empty batch is all of it."""

    day: str = ""


def recall_slip(recall: RecallFacts, facts: SlipFacts) -> Document:
    """The notice on paper."""
    words = Words(facts.language)
    title = N_("PRODUCT RECALL")
    elements: list[Element] = [*head(facts, words), *heading(title, words)]
    elements.append(Pair(label(N_("Notice"), words) + recall.number, recall.day))
    if recall.reason:
        elements.append(Text(label(N_("Reason"), words) + recall.reason))
    elements.append(rule())
    for name, batch in recall.lines:
        elements.append(Text(name))
        which = label(N_("Batch"), words) + batch if batch else words(N_("every batch"))
        elements.append(Text(f"   {which}"))
    elements.append(rule())
    elements.append(
        Text(words(N_("Stop using it and bring it back: the price is paid back in full.")))
    )
    if facts.phone:
        elements.append(Text(label(N_("Telephone"), words) + facts.phone))
    elements += to_sign((N_("Customer"), N_("Goods back"), N_("Day")), words)
    return finish(elements, f"{words(title)} {recall.number}", barcode=False)
