"""The sales slip (销售小票): a transaction as a document, in the shop's languages (SEL-03).

```
单号:0101-20261121-0042  机号:01
品名        数量   单价     金额
农夫山泉饮用天然水550ml          <- a name that is too long stands on its own line
6901234567892  2   2.00     4.00
```
"""

from __future__ import annotations

from urllib.parse import quote

from drivers.document import Barcode, Cut, Document, Element, Pair, QrCode, Text
from drivers.escpos.encoder import cell_width, clean
from pos.domain.cart import LineKind
from pos.domain.member import masked_member
from pos.domain.money import display_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import Tender, TenderState
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.layout import (
    amount_pair,
    figures,
    head,
    heading,
    label,
    mark,
    rule,
    training_mark,
)
from pos.receipt.words import Words

_TITLES = {
    TransactionType.RETURN: N_("RETURN"),
    TransactionType.VOID: N_("REVERSAL"),
    TransactionType.TENDER_EXCHANGE: N_("TENDER CHANGED"),
}
_ROUNDING = "cash_rounding"
SAFETY = "safety"
"""Flag of a line whose goods want their warning on the slip (CAT-11)."""

_REFERENCE_CELLS = 12


def receipt_document(
    transaction: Transaction, facts: SlipFacts, *, reprint_count: int = 0
) -> Document:
    """The slip of a closed transaction; `reprint_count` above 0 marks it 补打 with its number."""
    words = Words(facts.language)
    elements: list[Element] = [facts.logo] if facts.logo is not None else []
    elements += head(facts, words)
    title = _TITLES.get(transaction.transaction_type)
    if title is not None:
        elements.extend(heading(title, words))
    elements.extend(_identity(transaction, facts, words))
    elements.append(rule())
    if transaction.lines:
        elements.extend(_goods(transaction, facts, words))
        elements.append(rule())
    elements.extend(_money(transaction, facts, words))
    if transaction.member_id:
        member = masked_member(transaction.member_id)
        elements.append(Text(label(N_("Member"), words) + member))
    elements.append(rule())
    elements.extend(Text(line, align="center") for line in facts.footer_lines if line)
    if facts.barcode:
        elements.append(Barcode(transaction.transaction_no))
    if facts.e_receipt_url and not facts.training:
        elements.extend(_e_receipt(transaction, facts, words))
    if reprint_count:
        elements.append(mark(N_("REPRINT"), words, str(reprint_count)))
    if facts.training:
        elements.append(training_mark())
    elements.append(Cut())
    return Document(tuple(elements), title=transaction.transaction_no)


def _e_receipt(transaction: Transaction, facts: SlipFacts, words: Words) -> list[Element]:
    """The electronic receipt's address as a QR code, under its own words."""
    address = facts.e_receipt_url.replace("{number}", quote(transaction.transaction_no))
    address = address.replace("{total}", display_amount(transaction.total_minor))
    return [Text(words(N_("Electronic receipt")), align="center"), QrCode(address)]


def _identity(transaction: Transaction, facts: SlipFacts, words: Words) -> list[Element]:
    number = label(N_("No."), words) + transaction.transaction_no
    elements: list[Element] = [
        Pair(number, label(N_("Till"), words) + facts.workstation_id),
        Pair(
            label(N_("Cashier"), words) + facts.operator(transaction.operator_id),
            transaction.at.replace("T", " ")[:19],
        ),
    ]
    if transaction.original_transaction_no:
        elements.append(Text(label(N_("Original"), words) + transaction.original_transaction_no))
    if transaction.approver_id:
        elements.append(
            Text(label(N_("Approved by"), words) + facts.operator(transaction.approver_id))
        )
    return elements


def _goods(transaction: Transaction, facts: SlipFacts, words: Words) -> list[Element]:
    elements: list[Element] = []
    titles = [words.each(text) for text in (N_("Item"), N_("Qty"), N_("Price"), N_("Amount"))]
    for texts in zip(*titles, strict=False):
        name, *columns = texts
        elements.append(Pair(name, _titles(facts.columns, columns)))
    for line in transaction.lines:
        if line.reason == _ROUNDING:
            continue
        elements.extend(_line(line, facts, words))
    if any(SAFETY in line.flags for line in transaction.lines):
        warning = words.name(*facts.safety_warning)
        elements += [Text(f"! {warning}")] if warning else []
    return elements


def _titles(columns: int, texts: list[str]) -> str:
    """Column titles end where the figures below them end; a hanzi is two cells."""
    spread = [" " * (cell_width(text) - len(text)) for text in texts]
    padded = [gap + text for gap, text in zip(spread, texts, strict=True)]
    row = figures(columns, *padded)
    for gap, text in zip(spread, texts, strict=True):
        row = row.replace(gap + text, text, 1)
    return row


def _line(line: TransactionLine, facts: SlipFacts, words: Words) -> list[Element]:
    name = _name(line, words)
    if line.kind is LineKind.OTHER:
        return [Pair(name, display_amount(line.amount_minor))]
    amount = display_amount(line.amount_minor + line.discount_minor)
    price = format_unit_price(line.unit_price_e4 + line.unit_discount_e4)
    if line.weighed:
        unit = line.unit or "kg"
        weight = f"  {format_quantity(line.quantity_milli)}{unit} × {price}"
        elements: list[Element] = [Text(name), Pair(weight, amount)]
    else:
        row = figures(facts.columns, format_quantity(line.quantity_milli), price, amount)
        room = facts.columns - cell_width(row) - 1
        if cell_width(clean(name)) <= room:
            elements = [Pair(name, row)]
        else:
            code = line.barcode or line.item_code
            shown = code if cell_width(clean(code)) <= room else ""
            elements = [Text(name), Pair(shown, row)]
    own = line.discount_minor - line.allocated_discount_minor
    if own:
        elements.append(Pair("  " + words(N_("Discount")), display_amount(-own)))
    if line.allocated_discount_minor:
        elements.append(
            Pair(
                "  " + words(N_("Discount on the whole")),
                display_amount(-line.allocated_discount_minor),
            )
        )
    return elements + _pack(line, facts, words)


def _pack(line: TransactionLine, facts: SlipFacts, words: Words) -> list[Element]:
    """What the slip says of the very goods: batch, date, serial number, registration (QLT-01)."""
    rows = []
    if line.batch:
        until = "  " + label(N_("Good until"), words) + line.expiry if line.expiry else ""
        rows.append(label(N_("Batch"), words) + line.batch + until)
    if line.unit_code:
        rows.append(label(N_("Serial no."), words) + line.unit_code)
    if line.item_code in facts.registrations:
        rows.append(label(N_("Registration no."), words) + facts.registrations[line.item_code])
    return [Text(f"  {row}") for row in rows]


def _name(line: TransactionLine, words: Words) -> str:
    if line.reason == "price_difference":
        return words(N_("Price difference")) + f" {line.description}".rstrip()
    name = line.description or line.item_code or line.barcode
    if line.spec and line.spec not in name:
        name = f"{name} {line.spec}"
    if line.kind is LineKind.RETURN:
        return words(N_("[return]")) + name
    if line.kind is LineKind.VOID:
        return words(N_("[void]")) + name
    return name


def _money(transaction: Transaction, facts: SlipFacts, words: Words) -> list[Element]:
    change = transaction.change_minor
    paid = [tender for tender in transaction.tenders if not tender.change]
    amounts = [transaction.total_minor, -transaction.discount_minor, change]
    amounts += [tender.amount_minor for tender in paid]
    width = max(6, *(len(display_amount(amount)) + 1 for amount in amounts))
    elements: list[Element] = []
    if transaction.lines:
        pieces = label(N_("Pieces"), words) + format_quantity(transaction.pieces_milli)
        elements.extend(
            Pair(words(N_("Cash rounding")), display_amount(line.amount_minor))
            for line in transaction.lines
            if line.reason == _ROUNDING
        )
        elements.append(
            amount_pair(
                pieces, label(N_("Total"), words), transaction.total_minor, width, bold=True
            )
        )
        if transaction.discount_minor:
            elements.append(
                amount_pair("", label(N_("Saved"), words), -transaction.discount_minor, width)
            )
    elements.extend(_tender(tender, facts, words, width) for tender in paid)
    if transaction.total_minor >= 0 and transaction.transaction_type is TransactionType.SALE:
        elements.append(amount_pair("", label(N_("Change"), words), change, width))
    return elements


def _tender(tender: Tender, facts: SlipFacts, words: Words, width: int) -> Pair:
    name = words.name(*facts.tender(tender.tender_type))
    if tender.state is TenderState.UNDECIDED:
        name += "(" + words(N_("to be verified")) + ")"
    shown = tender.terminal_reference or tender.reference
    if shown:
        # Our own key at a terminal is long; its end tells it from any other.
        name += f" {shown[-_REFERENCE_CELLS:]}"
    text = N_("Received") if tender.amount_minor >= 0 else N_("Paid back")
    return amount_pair(name, label(text, words), tender.amount_minor, width)
