"""Three-way match: purchase order, two-signed receipts, supplier's invoice (SUP-07).

An invoice is entered by one person and approved for payment by another, after its lines were held
against what was ordered and what was received. Head office lists what is to be paid; it pays
nothing (SUP-09).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.orders import OrderKind
from pos.i18n import N_
from sync.head_office import goods_received, rights
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.goods_purchasing import KEPT_FROM
from sync.head_office.people import Person
from sync.head_office.refusals import refused

ENTERED: Final = "entered"
APPROVED: Final = "approved"
REFUSED: Final = "refused"

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


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a supplier's invoice, for one line of the order."""

    order_line: int
    item_code: str
    quantity_milli: int
    unit_cost_e4: int


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier's invoice."""

    store_id: str
    supplier_id: str
    supplier_name: str = ""
    invoice_no: str
    order_id: str
    invoice_day: str
    pay_day: str
    amount_minor: int
    """Without tax."""

    tax_minor: int
    state: str
    entered_by: str
    entered_utc_ms: int
    approved_by: str = ""
    approved_utc_ms: int = 0
    note: str = ""
    lines: tuple[InvoiceLine, ...] = ()


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


class Matching:
    """Invoices of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect

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
            self.dialect.execute(
                "INSERT INTO invoice (store_id, supplier_id, invoice_no, order_id, invoice_day, "
                "pay_day, amount_minor, tax_minor, state, entered_by, entered_utc_ms, note) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    store_id,
                    supplier_id,
                    number,
                    order_id,
                    day,
                    due,
                    amount_minor,
                    tax_minor,
                    ENTERED,
                    person.name,
                    self.office.clock_ms(),
                    note.strip()[:200],
                ),
            )
            self.dialect.copy_rows(
                "invoice_line",
                (
                    "store_id",
                    "supplier_id",
                    "invoice_no",
                    "line_no",
                    "order_line",
                    "item_code",
                    "quantity_milli",
                    "unit_cost_e4",
                ),
                [
                    (
                        store_id,
                        supplier_id,
                        number,
                        line_no,
                        line.order_line,
                        line.item_code,
                        line.quantity_milli,
                        line.unit_cost_e4,
                    )
                    for line_no, line in enumerate(chosen, start=1)
                ],
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

    # -------------------------------------------------------------------- reading

    def all(self, *, state: str = "", store_id: str = "", limit: int = 200) -> list[Invoice]:
        """Invoices, those to be paid first."""
        where: list[str] = []
        values: list[Any] = []
        for column, wanted in (("state", state), ("store_id", store_id)):
            if wanted:
                where.append(f"i.{column} = ?")
                values.append(wanted)
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        rows = self.dialect.query(
            f"SELECT {_COLUMNS} FROM invoice i LEFT JOIN supplier s "
            f"ON s.supplier_id = i.supplier_id{condition} "
            "ORDER BY i.pay_day, i.store_id, i.supplier_id, i.invoice_no LIMIT ?",
            (*values, limit),
        )
        return [self._invoice(row) for row in rows]

    def pay_list(self) -> list[Invoice]:
        """Approved invoices by the day on which they are due; paying is finance's own system."""
        return self.all(state=APPROVED, limit=5_000)

    def get(self, store_id: str, supplier_id: str, invoice_no: str) -> Invoice:
        """One invoice; raises LookupError."""
        row = self._row(store_id, supplier_id, invoice_no)
        if row is None:
            raise LookupError(f"there is no invoice {invoice_no[:60]!r} of {supplier_id[:60]!r}")
        return self._invoice(row)

    # -------------------------------------------------------------------- helpers

    def _row(self, store_id: str, supplier_id: str, invoice_no: str) -> tuple[Any, ...] | None:
        return self.dialect.one(
            f"SELECT {_COLUMNS} FROM invoice i LEFT JOIN supplier s "
            "ON s.supplier_id = i.supplier_id "
            "WHERE i.store_id = ? AND i.supplier_id = ? AND i.invoice_no = ?",
            (store_id, supplier_id, invoice_no),
        )

    def _invoice(self, row: tuple[Any, ...]) -> Invoice:
        values = dict(zip(_NAMES, row, strict=True))
        lines = self.dialect.query(
            "SELECT order_line, item_code, quantity_milli, unit_cost_e4 FROM invoice_line "
            "WHERE store_id = ? AND supplier_id = ? AND invoice_no = ? ORDER BY line_no",
            (values["store_id"], values["supplier_id"], values["invoice_no"]),
        )
        return Invoice(
            **values,
            lines=tuple(
                InvoiceLine(
                    order_line=int(line[0]),
                    item_code=str(line[1]),
                    quantity_milli=int(line[2]),
                    unit_cost_e4=int(line[3]),
                )
                for line in lines
            ),
        )

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

    def _invoiced(self, store_id: str, order_id: str) -> dict[int, int]:
        rows = self.dialect.query(
            "SELECT l.order_line, SUM(l.quantity_milli) FROM invoice i JOIN invoice_line l "
            "ON l.store_id = i.store_id AND l.supplier_id = i.supplier_id "
            "AND l.invoice_no = i.invoice_no WHERE i.store_id = ? AND i.order_id = ? "
            "AND i.state <> ? GROUP BY l.order_line",
            (store_id, order_id, REFUSED),
        )
        return {int(row[0]): int(row[1]) for row in rows}

    def _check_entered(self, invoice: Invoice) -> None:
        if invoice.state != ENTERED:
            raise WrongState(f"invoice {invoice.invoice_no} is {invoice.state} already")

    def _decide(self, invoice: Invoice, state: str, person: Person, note: str) -> None:
        self.dialect.execute(
            "UPDATE invoice SET state = ?, approved_by = ?, approved_utc_ms = ?, note = ? "
            "WHERE store_id = ? AND supplier_id = ? AND invoice_no = ?",
            (
                state,
                person.name,
                self.office.clock_ms(),
                note.strip()[:200] or invoice.note,
                invoice.store_id,
                invoice.supplier_id,
                invoice.invoice_no,
            ),
        )


def _day(field: str, text: str) -> str:
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise refused(
            field, N_("Expected a day such as 2026-11-23, got %(typed)s."), typed=text[:40] or "-"
        ) from None


_NAMES = (
    "store_id",
    "supplier_id",
    "supplier_name",
    "invoice_no",
    "order_id",
    "invoice_day",
    "pay_day",
    "amount_minor",
    "tax_minor",
    "state",
    "entered_by",
    "entered_utc_ms",
    "approved_by",
    "approved_utc_ms",
    "note",
)
_COLUMNS = ", ".join(
    "COALESCE(s.name, '')" if name == "supplier_name" else f"i.{name}" for name in _NAMES
)
