"""盘点表: what a count found and posted, line by line with its reason, and who signed (STK-09..11)."""

from __future__ import annotations

from drivers.document import Document, Element, Pair
from pos.domain.goods.count_reasons import REASON_WORDS
from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import facts_rows, finish, lines, signed, top
from pos.receipt.layout import label
from pos.receipt.words import Words


def count_slip(document: GoodsDocument, facts: SlipFacts, at: str) -> Document:
    """The sheet of a posted count: an opening count or an adjustment."""
    words = Words(facts.language)
    opening = document.document_kind is DocumentKind.OPENING
    title = N_("OPENING COUNT") if opening else N_("COUNT RESULT")
    elements: list[Element] = top(document, facts, words, at, title)
    elements += facts_rows(((N_("Count"), document.reference),), words)
    reasons = {reason.value: (words(text), words(text)) for reason, text in REASON_WORDS.items()}
    elements += lines(document.lines, words, reasons=reasons)
    over = sum(line.quantity_milli for line in document.lines if line.quantity_milli > 0)
    short = sum(line.quantity_milli for line in document.lines if line.quantity_milli < 0)
    if opening:
        elements.append(Pair(label(N_("Pieces"), words), format_quantity(over + short)))
    else:
        elements.append(Pair(label(N_("Surplus"), words), format_quantity(over)))
        elements.append(Pair(label(N_("Shortage"), words), format_quantity(-short)))
    elements += signed(document, words, N_("Posted by"), N_("Checked by"))
    return finish(elements, f"{words(title)} {document.document_no}", document.document_no)
