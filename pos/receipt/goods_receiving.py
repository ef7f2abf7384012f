"""Papers of receiving: the receipt (验收单), the claim for the driver, the dispatch note in copies."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.document import Document, Element, Pair, Text
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine, Rejection
from pos.domain.goods.receiving_words import DIFFERENCES, POINTS, format_tenths
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import facts_rows, finish, signed, to_sign, top
from pos.receipt.layout import head, heading, label, mark, rule
from pos.receipt.words import Words

COPIES = (
    ("store", N_("Copy for the store manager")),
    ("goods", N_("Copy for the goods department")),
    ("finance_1", N_("Copy 1 for finance")),
    ("finance_2", N_("Copy 2 for finance")),
)
"""四联: each copy of a dispatch note and whose it is (RCV-12)."""

_TITLES = {
    DocumentKind.RECEIPT: N_("GOODS RECEIPT"),
    DocumentKind.TRANSFER_IN: N_("TRANSFER RECEIVED"),
    DocumentKind.DISCREPANCY: N_("DISCREPANCY"),
}
_SOURCES = {
    "order": N_("Purchase order"),
    "dispatch": N_("Dispatch"),
    "note": N_("Delivery note"),
    "blind": N_("Blind count"),
    "requisition": N_("Our own order"),
}


def receipt_slip(document: GoodsDocument, facts: SlipFacts, at: str) -> Document:
    """The receipt with all four numbers of every line, both names and the statement (RCV-06)."""
    words = Words(facts.language)
    title = _TITLES[document.document_kind]
    elements = _head(document, facts, words, at, title)
    elements += _lines(document.lines, words)
    elements.append(Text(_said(document.statement, words)))
    elements += signed(document, words, N_("Inspected by"), N_("Checked by"))
    return finish(
        elements, _name(title, document, words), document.document_no, barcode=facts.barcode
    )


def claim_slip(document: GoodsDocument, facts: SlipFacts, at: str) -> Document:
    """The discrepancy for the driver to sign: what is short, over, damaged, wrong or expired."""
    words = Words(facts.language)
    title = _TITLES[DocumentKind.DISCREPANCY]
    elements = _head(document, facts, words, at, title)
    elements.append(rule())
    for line in document.lines:
        reason = words(DIFFERENCES[line.reason]) if line.reason in DIFFERENCES else line.reason
        elements.append(
            Pair(
                f"{line.line_no}. {line.description or line.item_code}",
                f"{format_quantity(line.quantity_milli)} {line.unit}".rstrip(),
            )
        )
        points = " ".join(_point(point, words) for point in line.failed_checks)
        # Goods that no list knows are named by their code alone.
        code = line.item_code if line.description and line.item_code == line.barcode else ""
        below = [code, reason, points, line.batch, line.expiry, line.note]
        elements.append(Text("   " + " ".join(part for part in below if part)))
    elements.append(rule())
    elements.append(Text(words(N_("The goods named here are not accepted, or did not come."))))
    elements += to_sign((N_("Deliverer"), N_("Receiver")), words)
    return finish(
        elements, _name(title, document, words), document.document_no, barcode=facts.barcode
    )


def dispatch_copies(
    document: GoodsDocument, facts: SlipFacts, at: str, due: str
) -> list[Document]:
    """The dispatch note four times, each with whose copy it is and when it is to be back."""
    words = Words(facts.language)
    papers = []
    for name, owner in COPIES:
        elements = _head(document, facts, words, at, N_("DISPATCH NOTE"))
        elements.insert(0, mark(owner, words))
        elements += _lines(document.lines, words)
        elements += signed(document, words, N_("Inspected by"), N_("Checked by"))
        elements += to_sign((N_("Store manager"),), words)
        if name != "store":
            elements.append(Text(label(N_("Back at the goods department by"), words) + due))
        papers.append(
            finish(
                elements,
                f"{words(owner)} {document.document_no}",
                document.document_no,
                barcode=facts.barcode,
            )
        )
    return papers


def _head(
    document: GoodsDocument, facts: SlipFacts, words: Words, at: str, title: str
) -> list[Element]:
    elements = top(document, facts, words, at, title)
    source = _SOURCES.get(document.fields.get("order_kind", ""), _SOURCES.get(document.source))
    seal = words(N_("yes")) if document.sealed else words(N_("no"))
    elements += facts_rows(
        (
            (N_("From"), document.counterparty_name or document.counterparty_id),
            (N_("Received against"), words(source) if source else ""),
            (N_("Order"), document.fields.get("order_no", "")),
            (
                N_("Goods receipt"),
                document.reference if document.document_kind is DocumentKind.DISCREPANCY else "",
            ),
            (N_("Note number"), document.reference_no),
            (N_("Deliverer"), document.deliverer_name),
            (N_("Receiver"), document.receiver_name),
            (N_("Seal"), "" if document.document_kind is DocumentKind.DISCREPANCY else seal),
        ),
        words,
    )
    return elements


def _lines(lines: Sequence[GoodsLine], words: Words) -> list[Element]:
    """Each line with delivered, received, accepted, rejected, then what it has of its own."""
    heads = (N_("Delivered"), N_("Counted"), N_("Accepted"), N_("Rejected"))
    elements: list[Element] = [rule(), Text(" / ".join(words(one) for one in heads))]
    totals = [0, 0, 0, 0]
    for line in lines:
        figures = (
            line.delivered_milli,
            line.received_milli,
            line.quantity_milli,
            line.rejected_milli,
        )
        totals = [total + one for total, one in zip(totals, figures, strict=True)]
        shown = "/".join(format_quantity(one) for one in figures)
        elements.append(
            Pair(
                f"{line.line_no}. {line.description or line.item_code}",
                f"{shown} {line.unit}".rstrip(),
            )
        )
        below = [line.item_code, line.spec]
        below += _fact(N_("batch"), line.batch, words)
        below += _fact(N_("produced"), line.production_day, words)
        below += _fact(N_("expiry"), line.expiry, words)
        below += _fact(N_("certificate"), line.certificate, words)
        if line.temperature_tenths is not None:
            below.append(f"{format_tenths(line.temperature_tenths)} °C")
        if line.received_milli and not line.opened:
            below.append(words(N_("box not opened")))
        if line.reason and not line.rejections:
            below.append(words(DIFFERENCES.get(line.reason, line.reason)))
            below += [_point(point, words) for point in line.failed_checks]
        elements.append(Text("   " + " ".join(part for part in below if part)))
        elements += [Text(f"   {_share(share, words)}") for share in line.rejections]
        elements += [Text(f"   {code}") for code in line.unit_codes]
    elements.append(rule())
    shown = "/".join(format_quantity(one) for one in totals)
    elements.append(Pair(words(N_("Total")), shown))
    return elements


def _share(share: Rejection, words: Words) -> str:
    """A rejected share: how many, why, which points, and what somebody added."""
    parts = [
        format_quantity(share.quantity_milli),
        words(DIFFERENCES.get(share.reason, share.reason)),
        *(_point(point, words) for point in share.failed_checks),
        share.note,
    ]
    return " ".join(part for part in parts if part)


def _said(statement: str, words: Words) -> str:
    points = ", ".join(_point(point, words) for point in statement.split())
    return label(N_("In order on every line but those marked"), words) + points


def _fact(name: str, value: str, words: Words) -> list[str]:
    return [f"{words(name)} {value}"] if value else []


def _point(point: str, words: Words) -> str:
    return words(POINTS[point]) if point in POINTS else point


def _name(title: str, document: GoodsDocument, words: Words) -> str:
    return f"{words(title)} {document.document_no}"


def record_slip(
    rows: Sequence[tuple[str, str, str, GoodsLine, str, str]], facts: SlipFacts, days: str
) -> Document:
    """进货记录: (day, document, supplier, line, inspected by, checked by), newest first."""
    words = Words(facts.language)
    title = N_("PURCHASE RECORD")
    elements: list[Element] = [*head(facts, words), *heading(title, words), Text(days), rule()]
    for day, number, supplier, line, inspected, checked in rows:
        elements.append(Pair(f"{day} {number}", supplier))
        accepted = format_quantity(line.quantity_milli)
        elements.append(
            Pair(
                f"  {line.description or line.item_code} {line.spec}".rstrip(),
                f"{accepted} {line.unit}".rstrip(),
            )
        )
        below = _fact(N_("batch"), line.batch, words)
        below += _fact(N_("produced"), line.production_day, words)
        below += _fact(N_("expiry"), line.expiry, words)
        below += _fact(N_("certificate"), line.certificate, words)
        below.append(f"{inspected} / {checked}")
        elements.append(Text("  " + " ".join(below)))
    elements.append(rule())
    return finish(elements, words(title), barcode=False)
