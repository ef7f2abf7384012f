"""Records that the law wants, over all tills and stores: purchases, upkeep, readings.

进货记录, 养护计划, 养护记录, 温湿度记录 (RCV-10, QLT-07, QLT-09, QLT-11). Each is columns and rows
of texts and numbers, the same on a page and in a file. A row tells when it was entered beside the
day or time that it is about (QLT-15).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pos.domain.goods.orders import ClassRule, ItemRule
from pos.domain.money import format_unit_price
from pos.domain.quantity import format_quantity
from sync.head_office import goods_items, quality_notes, quality_upkeep
from sync.head_office.database import HeadOffice
from sync.head_office.goods_received import IN_STORES, JOINED
from sync.head_office.words import moment

MAX_ROWS: Final = 5_000
Table = tuple[tuple[str, ...], list[dict[str, Any]]]

PURCHASES: Final = (
    "store_id", "business_day", "generic_name", "description", "dosage_form", "spec", "maker",
    "batch", "production_day", "expiry", "supplier", "reference_no", "delivered", "received",
    "accepted", "rejected", "unit", "unit_cost", "document_no", "inspected_by", "checked_by",
    "item_code", "item_class", "entered",
)  # fmt: skip
"""What the regulations ask of a purchase, then what finds it again here (RCV-10)."""

MAINTENANCE: Final = (
    "store_id", "business_day", "item_code", "description", "batch", "expiry", "quantity",
    "result", "failed", "finding", "operator_id", "workstation_id", "due_day", "entered",
)  # fmt: skip
TEMPERATURES: Final = (
    "store_id", "business_day", "read_at", "place", "temperature", "humidity", "lowest", "highest",
    "result", "measure", "operator_id", "workstation_id", "entered",
)  # fmt: skip
DUE: Final = (
    "store_id", "item_code", "description", "item_class", "batch", "expiry", "quantity",
    "last_day", "due_day", "overdue_days",
)  # fmt: skip


def record(
    office: HeadOffice, name: str, first_day: str, last_day: str, store_id: str = ""
) -> Table:
    """Columns and rows of a record between two business days; raises KeyError for another name."""
    columns, make = RECORDS[name]
    return columns, make(office, first_day, last_day, store_id)


def plain(columns: Sequence[str], row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as a sheet takes it."""
    return {name: row.get(name, "") for name in columns}


def _purchases(
    office: HeadOffice, first_day: str, last_day: str, store_id: str
) -> list[dict[str, Any]]:
    """Every line that was received of the trades whose purchases are recorded."""
    dialect = office.dialect
    classes = {rule.item_class: rule for rule in goods_items.class_rules(dialect)}
    rules = {rule.item_code: rule for rule in goods_items.item_rules(dialect)}
    # The store is named either way, so that the key by kind and day is used.
    of_store, values = (
        ("d.store_id = ?", (store_id,)) if store_id else (f"d.store_id {IN_STORES}", ())
    )
    rows = dialect.query(
        "SELECT d.store_id, d.business_day, d.counterparty_name, d.counterparty_id, "
        "d.reference_no, d.document_no, d.inspected_by, d.checked_by, d.at_utc_ms, l.item_code, "
        "l.description, l.spec, l.unit, l.item_class, l.batch, l.production_day, l.expiry, "
        "l.delivered_milli, l.received_milli, l.quantity_milli, l.rejected_milli, "
        f"l.unit_cost_e4 FROM goods_document d {JOINED} WHERE {of_store} "
        "AND d.document_kind IN ('receipt', 'transfer_in') AND d.state = 'posted' "
        "AND d.business_day >= ? AND d.business_day <= ? "
        "ORDER BY d.business_day DESC, d.at_utc_ms DESC, d.store_id, l.line_no LIMIT ?",
        (*values, first_day, last_day, MAX_ROWS),
    )
    items = goods_items.items(dialect, list({str(row[9]) for row in rows}), store_id)
    found: list[dict[str, Any]] = []
    for row in rows:
        code, item = str(row[9]), items.get(str(row[9]))
        item_class = (item.item_class if item else "") or str(row[13])
        trade = classes.get(item_class, ClassRule(item_class=item_class)).trade
        if trade not in RECORDED_TRADES:
            continue
        rule = rules.get(code, ItemRule(item_code=code))
        found.append(
            {
                "store_id": str(row[0]),
                "business_day": str(row[1]),
                "generic_name": rule.generic_name,
                "description": str(row[10]) or (item.name if item else ""),
                "dosage_form": rule.dosage_form,
                "spec": str(row[11]) or (item.spec if item else ""),
                "maker": rule.maker,
                "batch": str(row[14]),
                "production_day": str(row[15]),
                "expiry": str(row[16]),
                "supplier": str(row[2]) or str(row[3]),
                "reference_no": str(row[4]),
                "delivered": format_quantity(int(row[17])),
                "received": format_quantity(int(row[18])),
                "accepted": format_quantity(int(row[19])),
                "rejected": format_quantity(int(row[20])),
                "unit": str(row[12]) or (item.unit if item else ""),
                "unit_cost": "" if row[21] is None else format_unit_price(int(row[21])),
                "document_no": str(row[5]),
                "inspected_by": str(row[6]),
                "checked_by": str(row[7]),
                "item_code": code,
                "item_class": item_class,
                "entered": moment(int(row[8])),
            }
        )
    return found


RECORDED_TRADES: Final = ("medicine", "device")


def _maintenance(
    office: HeadOffice, first_day: str, last_day: str, store_id: str
) -> list[dict[str, Any]]:
    found = quality_notes.notes(
        office.dialect,
        "maintenance",
        store_id=store_id,
        since_day=first_day,
        last_day=last_day,
    )
    return [
        {
            "store_id": note.store_id,
            "business_day": note.business_day,
            "item_code": note.item_code,
            "description": note.fields.get("name", ""),
            "batch": note.batch,
            "expiry": note.fields.get("expiry", ""),
            "quantity": format_quantity(note.quantity_milli),
            "result": note.action,
            "failed": note.fields.get("failed", ""),
            "finding": note.fields.get("finding", "") or note.fields.get("result", ""),
            "operator_id": note.operator_id,
            "workstation_id": note.workstation_id,
            "due_day": note.fields.get("due_day", ""),
            "entered": moment(note.at_utc_ms),
        }
        for note in reversed(found)
        if note.action != "case_open"
    ][:MAX_ROWS]


def _temperatures(
    office: HeadOffice, first_day: str, last_day: str, store_id: str
) -> list[dict[str, Any]]:
    found = quality_notes.notes(
        office.dialect,
        "temperature",
        store_id=store_id,
        since_day=first_day,
        last_day=last_day,
    )
    return [
        {
            "store_id": note.store_id,
            "business_day": note.business_day,
            "read_at": note.fields.get("at", "")[:16].replace("T", " "),
            "place": note.fields.get("name", note.subject),
            "temperature": _tenths(note.fields.get("temperature_tenths", "")),
            "humidity": note.fields.get("humidity", ""),
            "lowest": _tenths(note.fields.get("lowest_tenths", "")),
            "highest": _tenths(note.fields.get("highest_tenths", "")),
            "result": note.action,
            "measure": note.fields.get("measure", ""),
            "operator_id": note.operator_id,
            "workstation_id": note.workstation_id,
            "entered": moment(note.at_utc_ms),
        }
        for note in reversed(found)
    ][:MAX_ROWS]


def _due(
    office: HeadOffice, _first_day: str, _last_day: str, store_id: str
) -> list[dict[str, Any]]:
    """The plan as it stands today; days of a period say nothing about it."""
    found = quality_upkeep.due(office.dialect, office.today().isoformat(), store_id)
    return [
        {
            "store_id": one.store_id,
            "item_code": one.item_code,
            "description": one.name,
            "item_class": one.item_class,
            "batch": one.batch,
            "expiry": one.expiry,
            "quantity": format_quantity(one.quantity_milli),
            "last_day": one.last_day,
            "due_day": one.due_day,
            "overdue_days": one.overdue_days,
        }
        for one in found
    ][:MAX_ROWS]


def _tenths(text: str) -> str:
    if not text.lstrip("-").isdigit():
        return text
    whole, rest = divmod(abs(int(text)), 10)
    return f"{'-' if text.startswith('-') else ''}{whole}.{rest}"


RECORDS: Final[
    dict[
        str,
        tuple[tuple[str, ...], Callable[[HeadOffice, str, str, str], list[dict[str, Any]]]],
    ]
] = {
    "purchases": (PURCHASES, _purchases),
    "due": (DUE, _due),
    "maintenance": (MAINTENANCE, _maintenance),
    "temperatures": (TEMPERATURES, _temperatures),
}
"""Name of the record → its columns and what makes its rows."""
