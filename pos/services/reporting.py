"""Slips of the till's own business: X, Z, hand-over, cash movements, drawer; figures for screens.

The documents are pure: figures in, `Document` out. `facts_of` gathers what each slip says of the
shop.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from drivers.document import Cut, Document, Element, Pair, Text
from pos.domain.goods.handover_totals import HandoverTotals
from pos.domain.journal.shift_bodies import CashMovement, DayClose, NoSale, ShiftClose
from pos.domain.money import display_amount
from pos.domain.quantity import format_quantity
from pos.domain.shift import CountedTender, TenderTotal, Totals
from pos.domain.tender import CASH
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_daily import total_elements
from pos.receipt.layout import head, heading, label, money, rule
from pos.receipt.words import Words
from pos.services.context import Till
from pos.services.people import people
from pos.services.printer_profiles import logo, own_columns

_OPEN_ITEM_NAMES = {
    "parked_sale": N_("Parked sale"),
    "undecided_tender": N_("Payment to be verified"),
    "print_job": N_("Slip not printed"),
    "half_signed_receipt": N_("Goods signed by one person only"),
    "dispatch_entry": N_("Sold, not delivered"),
    "loan": N_("Goods lent"),
}
_MOVEMENTS = {
    "paid_in": N_("PAID IN"),
    "paid_out": N_("PAID OUT"),
    "pickup": N_("HANDED UP"),
    "loan": N_("CHANGE BROUGHT"),
}


class OpenItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a close leaves open: named with its owner and the day it is due."""

    kind: str
    """parked_sale, undecided_tender, print_job, half_signed_receipt, dispatch_entry or loan."""

    reference: str
    owner: str = ""
    due_day: str = ""
    amount_minor: int | None = None
    age_days: int | None = None
    """For how long it is open, where that is asked (REG-02)."""

    def text(self) -> str:
        """As the journal keeps it: `parked_sale 3F2A owner=1001 due=2026-11-22 amount=12.50`."""
        parts = [self.kind, self.reference.replace(" ", "_")]
        if self.owner:
            parts.append(f"owner={self.owner}")
        if self.due_day:
            parts.append(f"due={self.due_day}")
        if self.amount_minor is not None:
            parts.append(f"amount={display_amount(self.amount_minor)}")
        if self.age_days is not None:
            parts.append(f"age={self.age_days}")
        return " ".join(parts)


class StockDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Books of stock that do not add up at a day's close (STK-17)."""

    difference_milli: int
    items: tuple[tuple[str, int], ...]
    """Name and how much more the balances say than the movements."""

    more: int = 0
    """Items that are not named."""


class SlipHead(msgspec.Struct, frozen=True, kw_only=True):
    """What the head of an internal slip says: which day, who, when."""

    business_day: str
    operator_id: str
    at: str
    shift_no: int = 0


def facts_of(till: Till, columns: int | None = None) -> SlipFacts:
    """What slips say of this shop and till; the width is the printer's, else the profile's."""
    store, receipt = till.settings.store, till.settings.receipt
    return SlipFacts(
        columns=columns if columns is not None else own_columns(till.settings),
        language=receipt.language,
        store_name=store.name,
        store_name_en=store.name_en,
        phone=store.phone,
        address=store.address,
        header_lines=receipt.header_lines,
        footer_lines=receipt.footer_lines,
        barcode=receipt.barcode,
        logo=logo(receipt.logo, till.settings),
        e_receipt_url=receipt.e_receipt_url,
        workstation_id=till.settings.workstation.workstation_id,
        tender_names={t.id: (t.name, t.name_en or t.name) for t in till.tender_types},
        operator_names={one.operator_id: one.name for one in people(till) if one.name},
        reason_names=_reason_names(till),
        safety_warning=_safety_warning(till),
        training=till.training,
    )


def _safety_warning(till: Till) -> tuple[str, str]:
    warning = till.settings.quality.warning_of("safety")
    return (warning.text, warning.text_en or warning.text) if warning is not None else ("", "")


def _reason_names(till: Till) -> dict[str, tuple[str, str]]:
    reasons = till.settings.reasons
    groups = (reasons.no_sale, reasons.paid_in, reasons.paid_out)
    return {one.id: (one.name, one.name_en or one.name) for group in groups for one in group}


def slip_head(till: Till) -> SlipHead:
    """Day, operator and time of a slip made now."""
    return SlipHead(
        business_day=till.business_day,
        operator_id=till.operator_id,
        at=till.local_iso(),
        shift_no=till.shift_no,
    )


def x_document(facts: SlipFacts, top: SlipHead, totals: Totals) -> Document:
    """X: the figures so far; the day goes on."""
    words = Words(facts.language)
    elements = _top(N_("X REPORT"), facts, top, words)
    elements += _totals(totals, facts, words)
    elements += _expected(totals, facts, words)
    return _finish(elements, "X")


def shift_document(
    facts: SlipFacts,
    top: SlipHead,
    body: ShiftClose,
    goods: Sequence[str] = (),
    pieces: HandoverTotals | None = None,
) -> Document:
    """交班: figures, count, split, pieces counted, goods that wait, and two signatures."""
    words = Words(facts.language)
    elements = _top(N_("SHIFT HANDOVER"), facts, top, words)
    elements += _totals(body.totals, facts, words)
    elements += [rule(), *_drawer(body.totals, words)]
    elements += _counted(body.counted, facts, words)
    elements += [
        rule(),
        money(words(N_("Handed up")), body.handed_up_minor),
        money(words(N_("Left in the drawer")), body.left_minor),
    ]
    if body.undecided:
        elements += [rule(), Text(words(N_("Payments to be verified")), bold=True)]
        elements += [open_item_pair(text, facts, words) for text in body.undecided]
    if pieces is not None:
        elements += total_elements(pieces, facts, words)
    if goods:
        elements += [rule(), Text(words(N_("Goods handed over")), bold=True)]
        elements += [open_item_pair(text, facts, words) for text in goods]
    if body.reason:
        elements.append(_reason(body.reason, facts, words))
    elements += _approved(body.approver_id, facts, words)
    elements += _signatures(
        (N_("Handed over by"), facts.operator(top.operator_id)),
        (N_("Taken over by"), facts.operator(body.receiver_id)),
        words=words,
    )
    return _finish(elements, words(N_("SHIFT HANDOVER")) + f" {body.shift_no}")


def z_document(
    facts: SlipFacts,
    top: SlipHead,
    body: DayClose,
    pieces: HandoverTotals | None = None,
    stock: StockDifference | None = None,
) -> Document:
    """日结: the one Z of a till and business day, with its last pieces and the journal's anchor.

    `stock` is what does not add up in the books of goods.
    """
    words = Words(facts.language)
    day = msgspec.structs.replace(top, shift_no=0)
    elements = _top(N_("Z REPORT"), facts, day, words)
    elements.append(Pair(words(N_("Z number")), str(body.z_no), bold=True))
    if body.forced:
        elements.append(
            Text("* " + words(N_("MADE GOOD LATER")) + " *", align="center", bold=True)
        )
    if body.first_transaction_no:
        elements.append(Text(label(N_("First"), words) + body.first_transaction_no))
        elements.append(Text(label(N_("Last"), words) + body.last_transaction_no))
    elements += _totals(body.totals, facts, words)
    elements += [rule(), *_drawer(body.totals, words)]
    elements += _counted(body.counted, facts, words)
    elements += [
        rule(),
        Pair(words(N_("Shifts")), str(body.shifts)),
        money(words(N_("Gross sales since the first day")), body.perpetual_gross_minor),
        money(words(N_("Returns since the first day")), body.perpetual_returns_minor),
    ]
    if pieces is not None:
        elements += total_elements(pieces, facts, words, closing=True)
    if stock is not None:
        elements += _stock(stock, words)
    if body.open_items:
        elements += [rule(), Text(words(N_("Carried over")), bold=True)]
        elements += [open_item_pair(text, facts, words) for text in body.open_items]
    elements += _approved(body.approver_id, facts, words)
    elements += [
        rule(),
        Text(label(N_("Journal"), words) + body.journal_head[:16]),
    ]
    elements += _signatures((N_("Closed by"), facts.operator(top.operator_id)), words=words)
    return _finish(elements, f"Z {body.z_no} {top.business_day}")


def _stock(stock: StockDifference, words: Words) -> list[Element]:
    elements: list[Element] = [
        rule(),
        Text(words(N_("STOCK BOOKS DO NOT ADD UP")), bold=True),
        Pair(words(N_("All goods together")), format_quantity(stock.difference_milli)),
    ]
    elements += [Pair(f"  {name}", format_quantity(extra)) for name, extra in stock.items]
    if stock.more:
        elements.append(Text(f"  … +{stock.more}"))
    elements.append(Text(words(N_("Run pos doctor, then count these goods"))))
    return elements


def cash_document(facts: SlipFacts, top: SlipHead, body: CashMovement) -> Document:
    """Voucher of money in or out beside sales (CSH-06)."""
    words = Words(facts.language)
    title = _MOVEMENTS.get(body.movement, N_("PAID OUT"))
    elements = _top(title, facts, top, words)
    elements += [
        Pair(words(N_("Voucher")), str(body.number)),
        money(words(N_("Amount")), body.amount_minor, bold=True),
        _reason(body.reason, facts, words),
    ]
    elements += _approved(body.approver_id, facts, words)
    elements += _signatures(
        (N_("Cashier"), facts.operator(top.operator_id)), (N_("Signature"), ""), words=words
    )
    return _finish(elements, f"{words(title)} {body.number}")


def no_sale_document(facts: SlipFacts, top: SlipHead, body: NoSale) -> Document:
    """Proof that the drawer was opened without a sale."""
    words = Words(facts.language)
    elements = _top(N_("DRAWER OPENED"), facts, top, words)
    elements.append(_reason(body.reason, facts, words))
    elements += _approved(body.approver_id, facts, words)
    return _finish(elements, words(N_("DRAWER OPENED")))


def open_item_pair(text: str, facts: SlipFacts, words: Words) -> Pair:
    """One carried item as people read it: what and whose, and the day by which it is settled."""
    kind, _, rest = text.partition(" ")
    name = _OPEN_ITEM_NAMES.get(kind)
    parts = rest.split(" ")
    values = dict(part.split("=", 1) for part in parts if "=" in part)
    shown = [words(name) if name is not None else kind]
    shown += [part for part in parts if part and "=" not in part]
    if "owner" in values:
        shown.append(facts.operator(values["owner"]))
    if "amount" in values:
        shown.append(values["amount"])
    if "age" in values:
        shown.append(values["age"] + " " + words(N_("days")))
    due = words(N_("due")) + f" {values['due']}" if "due" in values else ""
    return Pair(f"  {' '.join(shown)}", due)


class HourFigures(msgspec.Struct, frozen=True):
    """Transactions and amount of one hour of the day, by the till's own time."""

    hour: str
    transactions: int
    total_minor: int


def sales_by_hour(connection: sqlite3.Connection, business_day: str) -> list[HourFigures]:
    """Daily figures for the screen: documents by hour, earliest first."""
    return [
        HourFigures(hour or "", count, total)
        for hour, count, total in connection.execute(
            "SELECT substr(at, 12, 2) AS hour, count(*), sum(total_minor) FROM txn "
            "WHERE business_day = ? GROUP BY hour ORDER BY hour",
            (business_day,),
        )
    ]


def _top(title: str, facts: SlipFacts, top: SlipHead, words: Words) -> list[Element]:
    elements = [*head(facts, words), *heading(title, words)]
    elements.append(
        Pair(
            label(N_("Business day"), words) + top.business_day,
            label(N_("Till"), words) + facts.workstation_id,
        )
    )
    who = label(N_("Operator"), words) + facts.operator(top.operator_id)
    elements.append(Pair(who, top.at.replace("T", " ")[:19]))
    if top.shift_no:
        elements.append(Text(label(N_("Shift"), words) + str(top.shift_no)))
    elements.append(rule())
    return elements


def _totals(totals: Totals, facts: SlipFacts, words: Words) -> list[Element]:
    elements: list[Element] = [
        Pair(words(N_("Transactions")), str(totals.transactions)),
        Pair(words(N_("Units sold")), format_quantity(totals.units_sold_milli)),
        money(words(N_("Sales before discounts")), _before_discounts(totals)),
        money(words(N_("Discounts")), -totals.discounts_minor),
        money(words(N_("Gross sales")), totals.gross_sales_minor),
        money(words(N_("Returns")), -totals.returns_minor),
        money(words(N_("Reversals")), -totals.voids_minor),
        money(words(N_("Other")), totals.other_minor),
        money(words(N_("Net sales")), totals.net_minor, bold=True),
        rule(),
    ]
    for tender_type, total in totals.tenders.items():
        elements += _tender(tender_type, total, facts, words)
    if totals.taxes:
        elements.append(rule())
    for rate, (gross, tax) in totals.taxes.items():
        percent = f"{int(rate) / 100:g}%"
        taxed = words(N_("Tax")) + f" {percent} {display_amount(gross)}"
        elements.append(Pair(taxed, display_amount(tax)))
    elements.append(rule())
    counts = (
        (N_("Drawer opened without sale"), totals.no_sales, None),
        (N_("Sales given up"), totals.cancelled_sales, totals.cancelled_minor),
        (N_("Lines taken off"), totals.line_voids, totals.line_voids_minor),
        (N_("Prices changed"), totals.overrides, None),
        (N_("Reprints"), totals.reprints, None),
    )
    for text, count, amount in counts:
        right = str(count) if amount is None else f"{count} / {display_amount(amount)}"
        elements.append(Pair(words(text), right))
    return elements


def _reason(reason: str, facts: SlipFacts, words: Words) -> Text:
    return Text(label(N_("Reason"), words) + words.name(*facts.reason(reason)))


def _before_discounts(totals: Totals) -> int:
    return totals.gross_sales_minor + totals.discounts_minor


def _tender(tender_type: str, total: TenderTotal, facts: SlipFacts, words: Words) -> list[Element]:
    name = words.name(*facts.tender(tender_type))
    elements: list[Element] = [
        Pair(f"{name} x{total.tenders}", display_amount(total.amount_minor))
    ]
    if total.undecided_minor:
        elements.append(
            Pair("  " + words(N_("to be verified")), display_amount(total.undecided_minor))
        )
    return elements


def _drawer(totals: Totals, words: Words) -> list[Element]:
    return [
        money(words(N_("Opening cash")), totals.opening_float_minor),
        money(words(N_("Paid in")), totals.paid_in_minor),
        money(words(N_("Paid out")), -totals.paid_out_minor),
        money(words(N_("Handed up")), -totals.pickups_minor),
    ]


def _expected(totals: Totals, facts: SlipFacts, words: Words) -> list[Element]:
    elements: list[Element] = [rule(), *_drawer(totals, words)]
    for tender_type in sorted({CASH} | set(totals.tenders)):
        name = words.name(*facts.tender(tender_type))
        expected = totals.expected_minor(tender_type)
        elements.append(money(f"{name} " + words(N_("expected")), expected))
    return elements


def _counted(counted: tuple[CountedTender, ...], facts: SlipFacts, words: Words) -> list[Element]:
    elements: list[Element] = []
    for one in counted:
        elements += [
            rule(),
            Text(words.name(*facts.tender(one.tender_type)), bold=True),
            money("  " + words(N_("expected")), one.expected_minor),
        ]
        elements += [
            Pair(f"  {display_amount(int(face))} x {pieces}", display_amount(int(face) * pieces))
            for face, pieces in sorted(one.denominations.items(), key=lambda row: -int(row[0]))
            if pieces
        ]
        if one.counted_minor is None:
            elements.append(Pair("  " + words(N_("counted")), words(N_("NOT COUNTED"))))
            continue
        over = one.over_short_minor or 0
        elements += [
            money("  " + words(N_("counted")), one.counted_minor),
            money("  " + words(N_("over or short")), over, bold=over != 0),
        ]
    return elements


def _approved(approver_id: str, facts: SlipFacts, words: Words) -> list[Element]:
    if not approver_id:
        return []
    return [Text(label(N_("Approved by"), words) + facts.operator(approver_id))]


def _signatures(*people_: tuple[str, str], words: Words) -> list[Element]:
    return [Text(f"{label(text, words)}{name} ____________") for text, name in people_]


def _finish(elements: list[Element], title: str) -> Document:
    return Document((*elements, Cut()), title=title)
