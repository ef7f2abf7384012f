"""Papers of loans: goods lent, goods that came back, what is charged for those that did not."""

from __future__ import annotations

from drivers.document import Document, Element
from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import TITLES, facts_rows, finish, lines, signed, to_sign, top
from pos.receipt.layout import mark
from pos.receipt.words import Words


def loan_slip(
    document: GoodsDocument, facts: SlipFacts, at: str, reasons: dict[str, tuple[str, str]]
) -> Document:
    """The loan's own paper, or that of what came back; both are signed by hand too (REG-03)."""
    words = Words(facts.language)
    lent = document.document_kind is DocumentKind.LOAN_OUT
    fields = document.fields
    reason = words.name(*reasons.get(document.reason, (document.reason, document.reason)))
    elements: list[Element] = top(document, facts, words, at)
    charged = fields.get("charged_to", "")
    if charged:
        elements.append(mark(N_("CHARGED"), words, fields.get("charged_name", "")))
    elements += facts_rows(
        (
            (N_("Borrower"), document.counterparty_name),
            (N_("Telephone"), fields.get("phone", "")),
            (N_("Application"), document.reference_no),
            (N_("Loan"), "" if lent else document.reference),
            (N_("Reason"), reason),
            (N_("Back by"), document.due_day),
            (N_("Responsible"), fields.get("responsible_name", "")),
            (N_("Note"), document.note),
        ),
        words,
    )
    elements += lines(document.lines, words, reasons=reasons)
    if lent:
        elements += signed(document, words, N_("Counter head consents"), N_("Department manager"))
        elements += to_sign((N_("Borrower"),), words)
    else:
        elements += signed(document, words, N_("Inspected by"), N_("Checked by"))
        elements += to_sign((N_("Responsible") if charged else N_("Borrower"),), words)
    title = f"{words(TITLES[document.document_kind])} {document.document_no}"
    return finish(elements, title, document.document_no, barcode=facts.barcode)
