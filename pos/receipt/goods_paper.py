"""Shared pieces of the papers of goods: head, lines, signatures, the number as a barcode."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drivers.document import Barcode, Blank, Cut, Document, Element, Pair, Text
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.money import display_amount
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.layout import head, heading, label, rule
from pos.receipt.words import Words

TITLES = {
    DocumentKind.SUPPLIER_RETURN: N_("GOODS RETURNED"),
    DocumentKind.SCRAP: N_("GOODS SCRAPPED"),
    DocumentKind.TRANSFER_OUT: N_("TRANSFER OUT"),
    DocumentKind.TRANSFER_IN: N_("TRANSFER IN"),
    DocumentKind.LOAN_OUT: N_("GOODS LENT"),
    DocumentKind.LOAN_RETURN: N_("LOAN BACK"),
    DocumentKind.DISPATCH_HOLD: N_("DISPATCH REGISTER"),
    DocumentKind.DISPATCH_DONE: N_("DISPATCH CLEARED"),
    DocumentKind.TO_JUDGE: N_("GOODS SET APART"),
    DocumentKind.JUDGED: N_("GOODS BACK INTO STOCK"),
    DocumentKind.JUDGED_OUT: N_("GOODS SENT AWAY"),
}
"""Headings of the papers, as `Words` says them."""


def top(
    document: GoodsDocument, facts: SlipFacts, words: Words, at: str, title: str = ""
) -> list[Element]:
    """Head, name of the paper, its number and time."""
    elements = [*head(facts, words), *heading(title or TITLES[document.document_kind], words)]
    elements.append(Pair(label(N_("Number"), words) + document.document_no, ""))
    till = words(N_("Till")) + f" {facts.workstation_id}"
    elements.append(Pair(at.replace("T", " ")[:16], till))
    return elements


def facts_rows(pairs: Iterable[tuple[str, str]], words: Words) -> list[Element]:
    """One row for each fact that is known: `供应商: 兴农合作社`."""
    return [Text(label(name, words) + value) for name, value in pairs if value]


def lines(
    rows: Sequence[GoodsLine],
    words: Words,
    *,
    reasons: dict[str, tuple[str, str]] | None = None,
    prices: dict[int, int] | None = None,
) -> list[Element]:
    """Each line: name, quantity and unit at the right, below it what it has of its own.

    `prices` gives an amount in minor units by line number.
    """
    elements: list[Element] = [rule()]
    for line in rows:
        pieces = line.quantity_milli or line.rejected_milli
        amount = f" {display_amount(prices[line.line_no])}" if prices else ""
        elements.append(
            Pair(
                f"{line.line_no}. {line.description or line.item_code}",
                f"{format_quantity(pieces)} {line.unit}".rstrip() + amount,
            )
        )
        below = [line.item_code, line.spec]
        below += [words(N_("batch")) + f" {line.batch}"] if line.batch else []
        below += [words(N_("expiry")) + f" {line.expiry}"] if line.expiry else []
        if line.reason:
            below.append(words.name(*(reasons or {}).get(line.reason, (line.reason, line.reason))))
        elements.append(Text("   " + " ".join(part for part in below if part)))
        elements += [Text(f"   {code}") for code in line.unit_codes]
        if line.note:
            elements.append(Text(f"   {line.note}"))
    elements.append(rule())
    return elements


def signed(document: GoodsDocument, words: Words, first: str, second: str) -> list[Element]:
    """Who signed with id and PIN, each beside room for a signature on the paper."""
    by_slot = {signature.slot: signature for signature in document.signatures}
    rows: list[Element] = []
    for slot, name in ((1, first), (2, second)):
        one = by_slot.get(slot)
        who = f"{one.name} {one.operator_id}".strip() if one is not None else ""
        rows.append(Text(f"{label(name, words)}{who} ____________"))
    return rows


def to_sign(names: Iterable[str], words: Words) -> list[Element]:
    """Room for the signatures of people who are no operators: driver, borrower, customer."""
    return [element for name in names for element in (Text(f"{label(name, words)}________"),)]


def finish(
    elements: list[Element], title: str, number: str = "", *, barcode: bool = True
) -> Document:
    """The paper with its number as a barcode, cut."""
    bars: list[Element] = [Barcode(number)] if number and barcode else []
    return Document((*elements, *bars, Blank(), Cut()), title=title)
