"""Papers of goods sold and not taken along: register form, pick list, gate pass (REG-01..10)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drivers.document import Document, Element, Pair, Text
from pos.domain.goods.documents import GoodsDocument, GoodsLine
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import TITLES, facts_rows, finish, lines, to_sign, top
from pos.receipt.layout import head, heading, label, rule
from pos.receipt.words import Words

MODES = {"deliver": N_("To be delivered"), "keep": N_("Kept for the customer")}
HALVES = {"am": N_("morning"), "pm": N_("afternoon")}


class PickRow(msgspec.Struct, frozen=True, kw_only=True):
    """One customer of a pick list."""

    number: str
    customer: str
    phone: str
    address: str
    half: str
    lines: tuple[GoodsLine, ...]


def register_form(document: GoodsDocument, facts: SlipFacts, at: str) -> Document:
    """商品发货登记: the uniform form, which the customer signs when the goods arrive (REG-01, 02)."""
    words = Words(facts.language)
    fields = document.fields
    half = HALVES.get(fields.get("half", ""))
    when = document.due_day + (f" {words(half)}" if half else "")
    elements: list[Element] = top(document, facts, words, at)
    mode = MODES.get(fields.get("mode", ""))
    if mode is not None:
        elements.append(Text(words(mode), align="center", bold=True))
    elements += facts_rows(
        (
            (N_("Receipt"), document.reference),
            (N_("Customer"), document.counterparty_name),
            (N_("Telephone"), fields.get("phone", "")),
            (N_("Address"), fields.get("address", "")),
            (N_("Day promised"), when),
            (N_("Registered by"), facts.operator(fields.get("clerk", ""))),
            (N_("Note"), document.note),
        ),
        words,
    )
    elements += lines(document.lines, words)
    elements.append(Text(words(N_("Received in good order:"))))
    elements += to_sign((N_("Customer"), N_("Date"), N_("Delivered by")), words)
    title = f"{words(TITLES[document.document_kind])} {document.document_no}"
    return finish(elements, title, document.document_no, barcode=facts.barcode)


def pick_list(rows: Sequence[PickRow], facts: SlipFacts, day: str, half: str) -> Document:
    """What leaves on one half day, customer by customer (REG-07)."""
    words = Words(facts.language)
    title = N_("PICK LIST")
    part = HALVES.get(half)
    elements: list[Element] = [*head(facts, words), *heading(title, words)]
    elements.append(Pair(day, words(part) if part else ""))
    for row in rows:
        elements.append(rule())
        elements.append(Text(row.number, bold=True))
        elements += facts_rows(
            (
                (N_("Customer"), f"{row.customer} {row.phone}".strip()),
                (N_("Address"), row.address),
            ),
            words,
        )
        elements += lines(row.lines, words)[1:-1]
    elements.append(rule())
    elements.append(Text(label(N_("Customers"), words) + str(len(rows))))
    return finish(elements, f"{words(title)} {day}")


def gate_pass(
    number: str, about: str, rows: Sequence[GoodsLine], facts: SlipFacts, at: str, clerk: str
) -> Document:
    """出门证: the guard scans it at the exit (REG-10)."""
    words = Words(facts.language)
    title = N_("GATE PASS")
    elements: list[Element] = [*head(facts, words), *heading(title, words)]
    elements.append(Pair(label(N_("Number"), words) + number, ""))
    elements.append(Pair(at.replace("T", " ")[:16], ""))
    elements += facts_rows(
        ((N_("Document"), about), (N_("Issued by"), facts.operator(clerk))), words
    )
    elements += lines(rows, words)
    elements += to_sign((N_("Guard"),), words)
    return finish(elements, f"{words(title)} {number}", number)
