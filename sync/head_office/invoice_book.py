"""Suppliers' invoices as head office keeps them: entered, decided, to be paid (SUP-07, SUP-09)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.people import Person

ENTERED: Final = "entered"
APPROVED: Final = "approved"
REFUSED: Final = "refused"


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


class InvoiceBook:
    """The invoices of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect

    def _insert(self, invoice: Invoice) -> None:
        """Write an invoice and its lines; the caller holds the transaction."""
        self.dialect.execute(
            "INSERT INTO invoice (store_id, supplier_id, invoice_no, order_id, invoice_day, "
            "pay_day, amount_minor, tax_minor, state, entered_by, entered_utc_ms, note) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                invoice.store_id,
                invoice.supplier_id,
                invoice.invoice_no,
                invoice.order_id,
                invoice.invoice_day,
                invoice.pay_day,
                invoice.amount_minor,
                invoice.tax_minor,
                invoice.state,
                invoice.entered_by,
                invoice.entered_utc_ms,
                invoice.note,
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
                    invoice.store_id,
                    invoice.supplier_id,
                    invoice.invoice_no,
                    line_no,
                    line.order_line,
                    line.item_code,
                    line.quantity_milli,
                    line.unit_cost_e4,
                )
                for line_no, line in enumerate(invoice.lines, start=1)
            ],
        )

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

    def _row(self, store_id: str, supplier_id: str, invoice_no: str) -> tuple[Any, ...] | None:
        """One row by its key, or None."""
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

    def _invoiced(self, store_id: str, order_id: str) -> dict[int, int]:
        """Thousandths invoiced by line of the order, refused invoices left out."""
        rows = self.dialect.query(
            "SELECT l.order_line, SUM(l.quantity_milli) FROM invoice i JOIN invoice_line l "
            "ON l.store_id = i.store_id AND l.supplier_id = i.supplier_id "
            "AND l.invoice_no = i.invoice_no WHERE i.store_id = ? AND i.order_id = ? "
            "AND i.state <> ? GROUP BY l.order_line",
            (store_id, order_id, REFUSED),
        )
        return {int(row[0]): int(row[1]) for row in rows}

    def _check_entered(self, invoice: Invoice) -> None:
        """Refuse what is decided already; raises WrongState."""
        if invoice.state != ENTERED:
            raise WrongState(f"invoice {invoice.invoice_no} is {invoice.state} already")

    def _decide(self, invoice: Invoice, state: str, person: Person, note: str) -> None:
        """Write who decided, when and why; the caller holds the transaction."""
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
