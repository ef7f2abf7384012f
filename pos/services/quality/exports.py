"""Records that the law wants, as CSV with exactly its columns (QLT-02, QLT-03, CAT-14, QLT-10)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from pos.domain.money import format_unit_price
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.services.goods.rules import rule_for
from pos.store import goods_ledgers

Row = Sequence[str]
Table = tuple[Row, Sequence[Row]]

DEVICE_COLUMNS: Final = (
    ("name", N_("Name")),
    ("spec", N_("Spec (model)")),
    ("registration_no", N_("Registration or filing no.")),
    ("quantity", N_("Quantity")),
    ("unit_price", N_("Unit price")),
    ("amount", N_("Amount")),
    ("batch_or_serial", N_("Batch or serial no.")),
    ("expiry", N_("Expiry")),
    ("sale_date", N_("Sale date")),
    ("maker", N_("Maker")),
    ("maker_licence_no", N_("Maker's licence no.")),
    ("buyer", N_("Buyer's name")),
    ("buyer_licence", N_("Buyer's licence no.")),
    ("buyer_address", N_("Buyer's address")),
    ("buyer_contact", N_("Buyer's contact")),
)
"""Columns of the devices' sales record, in the order of the law (QLT-02)."""

STERILE_COLUMNS: Final = (
    ("sterilisation_batch", N_("Sterilisation batch")),
    ("handler", N_("Handled by")),
    ("responsible", N_("Responsible person")),
)
"""What sterile single-use devices add (QLT-03)."""

_PURCHASE = (
    N_("Day"), N_("Generic name"), N_("Name"), N_("Dosage form"), N_("Spec"), N_("Maker"),
    N_("Batch"), N_("Production day"), N_("Expiry"), N_("Supplier"), N_("Delivery note"),
    N_("Quantity"), N_("Unit"), N_("Unit cost"), N_("Document"), N_("Inspected by"), N_("Checked by"),
)  # fmt: skip
_MAINTENANCE = (
    N_("Day"), N_("Item"), N_("Name"), N_("Batch"), N_("Expiry"), N_("Quantity"),
    N_("Result"), N_("Points not in order"), N_("Finding"), N_("Person"),
)  # fmt: skip
_TEMPERATURE = (
    N_("Time"), N_("Place"), N_("Temperature"), N_("Humidity"), N_("Lowest"), N_("Highest"),
    N_("Result"), N_("Measure"), N_("Person"),
)  # fmt: skip


def device_sales(till: Till, first_day: str, last_day: str) -> Table:
    """The devices' sales record: returns stand in it with negative quantities."""
    columns = (*DEVICE_COLUMNS, *STERILE_COLUMNS)
    notes = _notes(till, Register.DEVICE_SALE, first_day, last_day)
    later = _notes(till, Register.DEVICE_SALE, first_day, "9999-12-31")
    signed = {
        (note.subject, note.item_code, note.batch): note.person_id
        for note in later
        if note.action == "signed"
    }
    rows = []
    for note in notes:
        if note.action == "signed":
            continue
        fields = dict(note.fields)
        fields.setdefault(
            "responsible", signed.get((note.subject, note.item_code, note.batch), "")
        )
        rows.append([fields.get(name, "") for name, _title in columns])
    return [title for _name, title in columns], rows


def medicine_purchases(till: Till, first_day: str, last_day: str) -> Table:
    """药品/器械购进验收记录: every accepted line of those trades, with both signatures."""
    rows: list[Row] = []
    for stored in goods_ledgers.of_kind(
        till.journal.reader(), DocumentKind.RECEIPT, since_day=first_day
    ):
        if stored.business_day > last_day:
            continue
        document = stored.document
        signers = {one.slot: f"{one.name} {one.operator_id}" for one in document.signatures}
        for line in document.lines:
            item = catalogue.find_item(till, line.item_code)
            rule = rule_for(till, item) if item is not None else None
            if rule is None or rule.trade not in ("medicine", "device"):
                continue
            cost = "" if line.unit_cost_e4 is None else format_unit_price(line.unit_cost_e4)
            rows.append(
                [
                    stored.business_day,
                    rule.generic_name,
                    line.description or (item.name if item is not None else ""),
                    rule.dosage_form,
                    line.spec or (item.spec if item is not None else ""),
                    rule.maker,
                    line.batch,
                    line.production_day,
                    line.expiry,
                    document.counterparty_name or document.counterparty_id,
                    document.reference_no,
                    format_quantity(line.quantity_milli),
                    line.unit,
                    cost,
                    document.document_no,
                    signers.get(1, ""),
                    signers.get(2, ""),
                ]
            )
    return _PURCHASE, rows


def maintenance(till: Till, first_day: str, last_day: str) -> Table:
    """养护记录 of a period, as the report's rows (QLT-09, QLT-10)."""
    rows = [
        [
            note.business_day,
            note.item_code,
            note.fields.get("name", ""),
            note.batch,
            note.fields.get("expiry", ""),
            format_quantity(note.quantity_milli),
            note.action,
            note.fields.get("failed", ""),
            note.fields.get("finding", "") or note.fields.get("result", ""),
            note.operator_id,
        ]
        for note in _notes(till, Register.MAINTENANCE, first_day, last_day)
        if note.action != "case_open"
    ]
    return _MAINTENANCE, rows


def temperatures(till: Till, first_day: str, last_day: str) -> Table:
    """温湿度记录 of a period."""
    rows = [
        [
            note.fields.get("at", note.business_day),
            note.fields.get("name", note.subject),
            _tenths(note.fields.get("temperature_tenths", "")),
            note.fields.get("humidity", ""),
            _tenths(note.fields.get("lowest_tenths", "")),
            _tenths(note.fields.get("highest_tenths", "")),
            note.action,
            note.fields.get("measure", ""),
            note.operator_id,
        ]
        for note in _notes(till, Register.TEMPERATURE, first_day, last_day)
    ]
    return _TEMPERATURE, rows


EXPORTS: Final[dict[str, Callable[[Till, str, str], Table]]] = {
    "device_sales": device_sales,
    "medicine_purchases": medicine_purchases,
    "maintenance": maintenance,
    "temperatures": temperatures,
}
"""Name of the record → what makes its columns and rows."""


def export(
    till: Till, name: str, first_day: str = "", last_day: str = "", *, words: Callable[[str], str]
) -> Path:
    """Write a record of a period (default: this month) below the home's `exports`; its path.

    Written with a byte-order mark, so that a spreadsheet reads the Chinese. Raises OSError.
    """
    last = last_day or stock_day(till)
    first = first_day or f"{last[:7]}-01"
    columns, rows = EXPORTS[name](till, first, last)
    folder = Path(till.home) / "exports"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}_{first}_{last}.csv"
    path.write_text(csv_text([words(one) for one in columns], rows), encoding="utf-8-sig")
    return path


def csv_text(columns: Row, rows: Iterable[Row]) -> str:
    """Columns and rows as CSV; what a spreadsheet would take for a formula is made text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    return out.getvalue()


def _plain(cell: str) -> str:
    if cell[:1] in ("=", "+", "@", "\t") or (cell[:1] == "-" and not _is_number(cell)):
        return f"'{cell}"
    return cell


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _tenths(text: str) -> str:
    if not text.lstrip("-").isdigit():
        return text
    whole, rest = divmod(abs(int(text)), 10)
    return f"{'-' if text.startswith('-') else ''}{whole}.{rest}"


def _notes(
    till: Till, register: Register, first_day: str, last_day: str
) -> list[goods_ledgers.Note]:
    found = goods_ledgers.notes(till.journal.reader(), register.value, since_day=first_day)
    return [one for one in found if one.business_day <= last_day]
