"""Pieces counted at a handover, as they stand on its slip (CSH-03, STK-04)."""

from __future__ import annotations

from drivers.document import Element, Pair, Text
from pos.domain.goods.count_reasons import REASON_WORDS
from pos.domain.goods.handover_totals import ClassTotal, HandoverTotals
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.layout import label, rule
from pos.receipt.words import Words


def total_elements(
    handed: HandoverTotals, facts: SlipFacts, words: Words, *, closing: bool = False
) -> list[Element]:
    """Class by class counted, books and difference with its reason, then who signed with a PIN.

    `closing`: at the close of the day nobody takes over; whoever counted along signs instead.
    """
    elements: list[Element] = [rule(), Text(words(N_("Pieces counted")), bold=True)]
    for one in handed.totals:
        elements += _class(one, words)
    elements += [Pair(name, words(N_("NOT COUNTED"))) for name in handed.uncounted]
    for text, operator_id in (
        (
            N_("Counted, signed with PIN") if closing else N_("Goes, signed with PIN"),
            handed.outgoing_signed_by,
        ),
        (
            N_("Checked, signed with PIN") if closing else N_("Comes, signed with PIN"),
            handed.incoming_signed_by,
        ),
    ):
        name = facts.operator(operator_id) if operator_id else words(N_("NOT SIGNED"))
        elements.append(Text(label(text, words) + name))
    return elements


def _class(one: ClassTotal, words: Words) -> list[Element]:
    difference = one.difference_milli
    elements: list[Element] = [
        Text(one.item_class),
        Pair("  " + words(N_("counted")), format_quantity(one.counted_milli)),
        Pair("  " + words(N_("by the books")), format_quantity(one.book_milli)),
        Pair("  " + words(N_("difference")), format_quantity(difference), bold=difference != 0),
    ]
    reason = next((text for code, text in REASON_WORDS.items() if code == one.reason), "")
    if reason:
        elements.append(Text("  " + label(N_("Reason"), words) + words(reason)))
    return elements
