"""Figures of suppliers: rejected, short, late, dearer; and what each item was bought for (SUP-01, -08).

All of it is computed from audited orders and two-signed receipts; nothing is entered by hand. Rates
are basis points, None where nothing is known yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec

from pos.domain.goods.orders import OrderKind
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_received import IN_STORES, JOINED
from sync.head_office.order_documents import ENDED_STATES

TREND_DAYS = 90


class SupplierFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One supplier between two days."""

    supplier_id: str
    name: str = ""
    receipts: int = 0
    received_milli: int = 0
    rejected_milli: int = 0
    reject_bp: int | None = None
    """Rejected of all that was counted."""

    orders_ended: int = 0
    ordered_milli: int = 0
    accepted_milli: int = 0
    short_bp: int | None = None
    """Of ended orders, what never came."""

    on_time_bp: int | None = None
    """Of received orders, those whose first receipt came by their day."""

    price_trend_bp: int | None = None
    """Change of purchase prices against the time before, weighted by what was bought."""

    claims: int = 0


class PurchasePrice(msgspec.Struct, frozen=True, kw_only=True):
    """What an item was bought for, by one receipt's line."""

    business_day: str
    store_id: str
    supplier_id: str
    supplier_name: str
    item_code: str
    description: str
    quantity_milli: int
    unit_cost_e4: int
    document_no: str
    order_id: str


def figures(office: HeadOffice, first_day: str, last_day: str) -> dict[str, SupplierFigures]:
    """Figures of every supplier with receipts, orders or claims between two days."""
    dialect = office.dialect
    counted = _receipts(dialect, first_day, last_day)
    ended = _ended(dialect, first_day, last_day)
    late = _on_time(dialect, first_day, last_day)
    trend = _trends(dialect, first_day, last_day)
    claims: dict[str, int] = dict(
        dialect.query(
            "SELECT counterparty_id, COUNT(*) FROM goods_document "
            f"WHERE store_id {IN_STORES} AND document_kind = 'discrepancy' AND state = 'posted' "
            "AND business_day BETWEEN ? AND ? GROUP BY counterparty_id",
            (first_day, last_day),
        )
    )
    names: dict[str, str] = dict(dialect.query("SELECT supplier_id, name FROM supplier"))
    found: dict[str, SupplierFigures] = {}
    for supplier_id in sorted({*counted, *ended, *late, *trend, *claims} - {""}):
        receipts, received, rejected = counted.get(supplier_id, (0, 0, 0))
        orders, ordered, accepted = ended.get(supplier_id, (0, 0, 0))
        in_time, known = late.get(supplier_id, (0, 0))
        found[supplier_id] = SupplierFigures(
            supplier_id=supplier_id,
            name=str(names.get(supplier_id, "")),
            receipts=receipts,
            received_milli=received,
            rejected_milli=rejected,
            reject_bp=_bp(rejected, received),
            orders_ended=orders,
            ordered_milli=ordered,
            accepted_milli=accepted,
            short_bp=_bp(max(ordered - accepted, 0), ordered),
            on_time_bp=_bp(in_time, known),
            price_trend_bp=trend.get(supplier_id),
            claims=int(claims.get(supplier_id, 0)),
        )
    return found


def price_history(
    dialect: Dialect,
    *,
    item_code: str = "",
    supplier_id: str = "",
    store_id: str = "",
    since_day: str = "",
    limit: int = 500,
) -> list[PurchasePrice]:
    """Purchase prices of an item or from a supplier, the latest first (SUP-08)."""
    where = [
        f"d.store_id {IN_STORES}",
        "d.state = 'posted'",
        "d.document_kind = 'receipt'",
        "d.business_day >= ?",
        "l.unit_cost_e4 IS NOT NULL",
    ]
    values: list[Any] = [since_day]
    for column, wanted in (
        ("l.item_code", item_code),
        ("d.counterparty_id", supplier_id),
        ("d.store_id", store_id),
    ):
        if wanted:
            where.append(f"{column} = ?")
            values.append(wanted)
    rows = dialect.query(
        "SELECT d.business_day, d.store_id, d.counterparty_id, d.counterparty_name, l.item_code, "
        "l.description, l.quantity_milli, l.unit_cost_e4, d.document_no, d.reference "
        f"FROM goods_document d {JOINED} WHERE {' AND '.join(where)} "
        "ORDER BY d.business_day DESC, d.at_utc_ms DESC, l.line_no LIMIT ?",
        (*values, limit),
    )
    names = PurchasePrice.__struct_fields__
    return [PurchasePrice(**dict(zip(names, row, strict=True))) for row in rows]


def _receipts(dialect: Dialect, first_day: str, last_day: str) -> dict[str, tuple[int, int, int]]:
    rows = dialect.query(
        "SELECT d.counterparty_id, COUNT(DISTINCT d.document_uuid), "
        "SUM(CASE WHEN l.received_milli > 0 THEN l.received_milli "
        "ELSE l.quantity_milli + l.rejected_milli END), SUM(l.rejected_milli) "
        f"FROM goods_document d {JOINED} WHERE d.store_id {IN_STORES} AND d.state = 'posted' "
        "AND d.document_kind = 'receipt' AND d.business_day BETWEEN ? AND ? "
        "GROUP BY d.counterparty_id",
        (first_day, last_day),
    )
    return {str(row[0]): (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def _ended(dialect: Dialect, first_day: str, last_day: str) -> dict[str, tuple[int, int, int]]:
    """Ended purchase orders due in the span: their number, what was ordered, what came."""
    rows = dialect.query(
        "SELECT o.counterparty_id, COUNT(DISTINCT o.order_id), SUM(l.quantity_milli), "
        "SUM(CASE WHEN l.done_milli > l.quantity_milli THEN l.quantity_milli "
        "ELSE l.done_milli END) FROM order_document o JOIN order_line l "
        "ON l.store_id = o.store_id AND l.order_id = o.order_id WHERE o.order_kind = ? "
        "AND o.state IN (?, ?) AND o.due_day BETWEEN ? AND ? GROUP BY o.counterparty_id",
        (
            OrderKind.PURCHASE.value,
            *(state.value for state in ENDED_STATES[:2]),
            first_day,
            last_day,
        ),
    )
    return {str(row[0]): (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def _on_time(dialect: Dialect, first_day: str, last_day: str) -> dict[str, tuple[int, int]]:
    rows = dialect.query(
        "SELECT o.counterparty_id, o.due_day, MIN(d.business_day) FROM order_document o "
        "JOIN goods_document d ON d.store_id = o.store_id AND d.reference = o.order_id "
        "AND d.state = 'posted' AND d.document_kind = 'receipt' WHERE o.order_kind = ? "
        "AND o.due_day BETWEEN ? AND ? GROUP BY o.counterparty_id, o.store_id, o.order_id, "
        "o.due_day",
        (OrderKind.PURCHASE.value, first_day, last_day),
    )
    found: dict[str, tuple[int, int]] = {}
    for supplier_id, due_day, came in rows:
        in_time, known = found.get(str(supplier_id), (0, 0))
        found[str(supplier_id)] = (in_time + (came <= due_day), known + 1)
    return found


def _trends(dialect: Dialect, first_day: str, last_day: str) -> dict[str, int]:
    """Prices of the span against the last ones before it, item by item."""
    before = (dt.date.fromisoformat(first_day) - dt.timedelta(days=TREND_DAYS)).isoformat()
    rows = dialect.query(
        "SELECT d.counterparty_id, l.item_code, d.business_day, l.quantity_milli, l.unit_cost_e4 "
        f"FROM goods_document d {JOINED} WHERE d.store_id {IN_STORES} AND d.state = 'posted' "
        "AND d.document_kind = 'receipt' AND l.unit_cost_e4 IS NOT NULL "
        "AND l.quantity_milli > 0 AND d.business_day BETWEEN ? AND ? ORDER BY d.business_day",
        (before, last_day),
    )
    return trends(
        ((str(r[0]), str(r[1]), str(r[2]), int(r[3]), int(r[4])) for r in rows), first_day
    )


def trends(rows: Iterable[tuple[str, str, str, int, int]], first_day: str) -> dict[str, int]:
    """Change in basis points by supplier from (supplier, item, day, quantity, price) rows in order.

    What was bought from `first_day` on, at its prices, against the same goods at the last price
    before; items that were not bought before leave it unchanged.
    """
    last: dict[tuple[str, str], int] = {}
    now: dict[str, int] = {}
    then: dict[str, int] = {}
    for supplier_id, item_code, day, quantity, price in rows:
        key = (supplier_id, item_code)
        if day < first_day:
            last[key] = price
        elif key in last:
            now[supplier_id] = now.get(supplier_id, 0) + quantity * price
            then[supplier_id] = then.get(supplier_id, 0) + quantity * last[key]
    return {
        supplier_id: (now[supplier_id] - base) * 10_000 // base
        for supplier_id, base in then.items()
        if base
    }


def _bp(part: int, whole: int) -> int | None:
    return part * 10_000 // whole if whole > 0 else None
