"""Papers of goods that leave: returned, scrapped, sent to another store, set apart, sent away."""

from __future__ import annotations

from drivers.document import Document, Element
from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import TITLES, facts_rows, finish, lines, signed, to_sign, top
from pos.receipt.layout import money
from pos.receipt.words import Words

_PARTNERS = {
    DocumentKind.SUPPLIER_RETURN: N_("Taken back by"),
    DocumentKind.TRANSFER_OUT: N_("To store"),
    DocumentKind.TRANSFER_IN: N_("From store"),
}
_PAPER_SIGNERS = {
    DocumentKind.SUPPLIER_RETURN: (N_("Driver"),),
    DocumentKind.TRANSFER_OUT: (N_("Driver"),),
    DocumentKind.TRANSFER_IN: (N_("Driver"),),
    DocumentKind.JUDGED_OUT: (N_("Driver"),),
}


def leaving_slip(
    document: GoodsDocument, facts: SlipFacts, at: str, reasons: dict[str, tuple[str, str]]
) -> Document:
    """The voucher of a posted document; `reasons` are id → name and English name (RET-04)."""
    words = Words(facts.language)
    kind = document.document_kind
    reason = words.name(*reasons.get(document.reason, (document.reason, document.reason)))
    elements: list[Element] = top(document, facts, words, at)
    elements += facts_rows(
        (
            (_PARTNERS.get(kind, N_("Partner")), document.counterparty_name),
            (N_("Order or receipt"), document.reference_no or document.reference),
            (N_("Reason"), reason),
            (N_("Driver"), document.deliverer_name),
            (N_("Note"), document.note),
            (N_("Approved by"), facts.operator(document.approver_id)),
        ),
        words,
    )
    elements += lines(document.lines, words, reasons=reasons)
    for name, key in (
        (N_("Value at cost"), "cost_minor"),
        (N_("Value at retail"), "retail_minor"),
    ):
        if key in document.fields:
            elements.append(money(words(name), int(document.fields[key])))
    elements += signed(document, words, N_("Inspected by"), N_("Checked by"))
    elements += to_sign(_PAPER_SIGNERS.get(kind, ()), words)
    title = f"{words(TITLES[kind])} {document.document_no}"
    return finish(elements, title, document.document_no, barcode=facts.barcode)
