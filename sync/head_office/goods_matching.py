"""Three-way match: purchase order, two-signed receipts, supplier's invoice (SUP-07).

An invoice is entered by one person and approved for payment by another, after its lines were held
against what was ordered and what was received. Head office lists what is to be paid; it pays
nothing (SUP-09).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.orders import OrderKind
from pos.i18n import N_
from sync.head_office import goods_received, rights
from sync.head_office.goods_orders import WrongState
from sync.head_office.goods_purchasing import KEPT_FROM
from sync.head_office.invoice_book import (
    APPROVED,
    ENTERED,
    REFUSED,
    Invoice,
    InvoiceBook,
    InvoiceLine,
)
from sync.head_office.people import Person
from sync.head_office.refusals import refused

OVER_RECEIVED: Final = "over_received"
"""More is invoiced than was received: never approved."""

PRICE: Final = "price"
NOT_ORDERED: Final = "not_ordered"
SUM: Final = "sum"
SAME_PERSON: Final = "same_person"
"""Who ordered the goods signed for them: never approved (CTL-05)."""

HARD: Final = frozenset({OVER_RECEIVED, NOT_ORDERED, SAME_PERSON})
"""Differences that no reason makes good."""

MAX_LINES = 500


class Mismatch(ValueError):
    """The invoice does not fit order and receipts; the text says where."""

    code = "mismatch"

    def __init__(self, detail: str, *, field: str = "") -> None:
        """Keep the field that would make it good: a reason."""
        super().__init__(detail)
        self.field = field


class MatchedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the order beside what was received and invoiced."""

    order_line: int
    item_code: str
    description: str
    ordered_milli: int
    ordered_cost_e4: int | None
    received_milli: int
    """Accepted by receipts with two signatures."""

    rejected_milli: int
    earlier_milli: int
    """On other invoices that are not refused."""

    invoiced_milli: int
    invoiced_cost_e4: int | None
    differences: tuple[str, ...]


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice held against its order and receipts."""

    invoice: Invoice
    lines: tuple[MatchedLine, ...]
    differences: tuple[str, ...]
    receipts: tuple[goods_received.GoodsPaper, ...]

    @property
    def clean(self) -> bool:
        """Whether everything fits."""
        return not self.differences


class Matching(InvoiceBook):
    """Invoices of one head office, held against orders and receipts. The caller is the writer."""

    def enter(
        self,
        person: Person,
        *,
        store_id: str,
        order_id: str,
        invoice_no: str,
        invoice_day: str,
        amount_minor: int,
        tax_minor: int = 0,
        pay_day: str = "",
        lines: Sequence[InvoiceLine] = (),
        note: str = "",
    ) -> Match:
        """Enter an invoice for a placed order; without lines it is for all that was received.

        Raises NotAllowed, LookupError, ValueError for one that is there already.
        """
        rights.require(person.name, person.role, rights.INVOICE_ENTER)
        number = invoice_no.strip()
        if not 1 <= len(number) <= 60:
            raise refused("invoice_no", N_("Expected the invoice's number, 1 to 60 characters."))
        for field, amount in (("amount", amount_minor), ("tax", tax_minor)):
            if not 0 <= amount <= 10**13:
                raise refused(field, N_("Expected an amount of at least zero."))
        if len(lines) > MAX_LINES:
            raise refused("lines", N_("Expected at most %(most)s lines."), most=MAX_LINES)
        day = _day("invoice_day", invoice_day)
        due = _day("pay_day", pay_day) if pay_day else day
        with self.dialect.transaction():
            kept = self.orders.get(store_id, order_id)
            if kept.order.order_kind != OrderKind.PURCHASE or not kept.placed_utc_ms:
                raise WrongState(f"{order_id} is no placed purchase order")
            supplier_id = kept.order.counterparty_id
            if self._row(store_id, supplier_id, number) is not None:
                raise refused(
                    "invoice_no",
                    N_("Invoice %(number)s of %(supplier)s is there already."),
                    number=number,
                    supplier=supplier_id,
                )
            chosen = list(lines) or self._received_lines(store_id, order_id)
            self._insert(
                Invoice(
                    store_id=store_id,
                    supplier_id=supplier_id,
                    invoice_no=number,
                    order_id=order_id,
                    invoice_day=day,
                    pay_day=due,
                    amount_minor=amount_minor,
                    tax_minor=tax_minor,
                    state=ENTERED,
                    entered_by=person.name,
                    entered_utc_ms=self.office.clock_ms(),
                    note=note.strip()[:200],
                    lines=tuple(chosen),
                )
            )
        return self.match(store_id, supplier_id, number)

    def match(self, store_id: str, supplier_id: str, invoice_no: str) -> Match:
        """Hold an invoice against order and receipts as they are now; raises LookupError."""
        invoice = self.get(store_id, supplier_id, invoice_no)
        kept = self.orders.get(store_id, invoice.order_id)
        rows = goods_received.received_by_order(self.dialect, store_id, [invoice.order_id])
        by_line, _others = goods_received.spread(kept.order, rows.get(invoice.order_id, []))
        earlier = self._earlier(invoice)
        invoiced: dict[int, tuple[int, int]] = {}
        for line in invoice.lines:
            before = invoiced.get(line.order_line, (0, 0))
            invoiced[line.order_line] = (
                before[0] + line.quantity_milli,
                max(before[1], line.unit_cost_e4),
            )
        lines: list[MatchedLine] = []
        for one in kept.order.lines:
            quantity, cost = invoiced.pop(one.line_no, (0, 0))
            got = by_line[one.line_no]
            differences: list[str] = []
            if quantity + earlier.get(one.line_no, 0) > got.accepted_milli:
                differences.append(OVER_RECEIVED)
            if quantity and one.unit_cost_e4 is not None and cost > one.unit_cost_e4:
                differences.append(PRICE)
            lines.append(
                MatchedLine(
                    order_line=one.line_no,
                    item_code=one.item_code,
                    description=one.description,
                    ordered_milli=one.quantity_milli,
                    ordered_cost_e4=one.unit_cost_e4,
                    received_milli=got.accepted_milli,
                    rejected_milli=got.rejected_milli,
                    earlier_milli=earlier.get(one.line_no, 0),
                    invoiced_milli=quantity,
                    invoiced_cost_e4=cost if quantity else None,
                    differences=tuple(differences),
                )
            )
        whole = [code for line in lines for code in line.differences]
        if invoiced:
            whole.append(NOT_ORDERED)
        total = sum(
            (line.quantity_milli * line.unit_cost_e4 + 50_000) // 100_000 for line in invoice.lines
        )
        if abs(total - invoice.amount_minor) > len(invoice.lines):
            whole.append(SUM)
        receipts = goods_received.papers(
            self.dialect,
            ("receipt",),
            store_id=store_id,
            reference=invoice.order_id,
            with_lines=False,
        )
        kept_from = set(kept.order.fields.get(KEPT_FROM, "").split())
        if any(
            kept_from & {*paper.inspected_by.split(), *paper.checked_by.split()}
            for paper in receipts
        ):
            whole.append(SAME_PERSON)
        return Match(
            invoice=invoice,
            lines=tuple(lines),
            differences=tuple(dict.fromkeys(whole)),
            receipts=tuple(receipts),
        )

    def approve(
        self, person: Person, store_id: str, supplier_id: str, invoice_no: str, note: str = ""
    ) -> Match:
        """Approve an invoice for payment that somebody else entered.

        A higher price or another sum asks for a reason; more than was received is never approved.
        Raises NotAllowed, Mismatch, WrongState.
        """
        rights.require(person.name, person.role, rights.INVOICE_APPROVE)
        with self.dialect.transaction():
            found = self.match(store_id, supplier_id, invoice_no)
            self._check_entered(found.invoice)
            rights.require_another(person.name, found.invoice.entered_by)
            hard = [code for code in found.differences if code in HARD]
            if hard:
                raise Mismatch(f"{invoice_no}: {', '.join(hard)}")
            if found.differences and not note.strip():
                codes = ", ".join(found.differences)
                raise Mismatch(f"{invoice_no}: {codes}; expected a reason", field="note")
            self._decide(found.invoice, APPROVED, person, note)
        return self.match(store_id, supplier_id, invoice_no)

    def refuse(
        self, person: Person, store_id: str, supplier_id: str, invoice_no: str, note: str
    ) -> Match:
        """Refuse an invoice; it no longer counts against what was received."""
        rights.require(person.name, person.role, rights.INVOICE_APPROVE)
        if not note.strip():
            raise refused("note", N_("Expected a reason."))
        with self.dialect.transaction():
            found = self.match(store_id, supplier_id, invoice_no)
            self._check_entered(found.invoice)
            self._decide(found.invoice, REFUSED, person, note)
        return self.match(store_id, supplier_id, invoice_no)

    # -------------------------------------------------------------------- inside

    def _received_lines(self, store_id: str, order_id: str) -> list[InvoiceLine]:
        kept = self.orders.get(store_id, order_id)
        rows = goods_received.received_by_order(self.dialect, store_id, [order_id])
        by_line, _others = goods_received.spread(kept.order, rows.get(order_id, []))
        earlier = self._invoiced(store_id, order_id)
        return [
            InvoiceLine(
                order_line=line.line_no,
                item_code=line.item_code,
                quantity_milli=left,
                unit_cost_e4=line.unit_cost_e4 or 0,
            )
            for line in kept.order.lines
            if (left := by_line[line.line_no].accepted_milli - earlier.get(line.line_no, 0)) > 0
        ]

    def _earlier(self, invoice: Invoice) -> dict[int, int]:
        found = self._invoiced(invoice.store_id, invoice.order_id)
        if invoice.state != REFUSED:
            for line in invoice.lines:
                found[line.order_line] = found.get(line.order_line, 0) - line.quantity_milli
        return found


def _day(field: str, text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refused(
            field, N_("Expected a day such as 2026-11-23, got %(typed)s."), typed=text[:40] or "-"
        ) from None
