"""Head office's day: rows by grouping, read from the aggregates alone.

Definitions are those of `hq daily`. Money is decimal text with two places, quantities the
shortest decimal text, counts are integers. Nothing is ever added across currencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pos.domain.money import format_amount
from pos.domain.quantity import format_quantity
from sync.head_office.aggregates import MEASURES, RANK_LENGTH
from sync.head_office.dialect import Dialect
from sync.head_office.projections import daily_sums

GROUPINGS: dict[str, str] = {
    "store": "",
    "workstation": "workstation_id",
    "item": "item_code",
    "operator": "operator_id",
    "class": "item_class",
    "hour": "hour",
    "tender": "tender_type",
}
"""Grouping → name of its key beside store_id, business_day and currency."""

ReportRow = dict[str, Any]

_FIGURES = (
    "transactions",
    "lines",
    "sale_lines",
    "return_lines",
    "void_lines",
    "adjust_lines",
    "other_lines",
    "units_sold",
    "units_returned",
    "units_voided",
    "units_adjusted",
    "gross_sales",
    "returns",
    "voids",
    "other",
    "net",
    "discounts",
)


def columns(by: str) -> tuple[str, ...]:
    """Column names of a grouping, in the order in which they are printed."""
    key = (GROUPINGS[by],) if GROUPINGS[by] else ()
    if by == "tender":
        return ("store_id", "business_day", "currency", *key, "transactions", "tenders", "amount")
    described = ("description",) if by == "item" else ()
    return ("store_id", "business_day", "currency", *key, *described, *_FIGURES)


def daily(
    dialect: Dialect, *, by: str = "store", business_day: str = "", store_id: str = ""
) -> list[ReportRow]:
    """Rows ordered by store, day and key. By store, a store without sales is a row of zeros (R10).

    An empty `business_day` means every day that has rows; an empty `store_id` every store.
    """
    if by == "tender":
        return _tenders(dialect, business_day, store_id)
    where, values = _where(dialect, business_day, store_id)
    found = dialect.query(
        f"SELECT store_id, business_day, currency, grouping_key, {daily_sums()} "
        f"FROM daily WHERE dimension = ?{where} "
        "GROUP BY store_id, business_day, currency, grouping_key",
        (by, *values),
    )
    rows = [_row(by, row) for row in sorted(found, key=lambda row: (*row[:2], row[3], row[2]))]
    if by == "store" and business_day:
        rows = _with_silent_stores(dialect, rows, business_day, store_id)
    return rows


def sales_by_hour(dialect: Dialect, business_day: str, store_id: str = "") -> list[ReportRow]:
    """Hour by hour over the stores asked for, one list per currency, hours in order."""
    return _over_stores(dialect, "hour", business_day, store_id)


def top_items(
    dialect: Dialect, business_day: str, store_id: str = "", limit: int = 20
) -> list[ReportRow]:
    """Items by net sales, best first, over the stores asked for; never across currencies."""
    where, values = _where(dialect, business_day, store_id)
    rows = dialect.query(
        f"SELECT currency, grouping_key, SUBSTR(MAX(described), {RANK_LENGTH + 1}), "
        "SUM(units_sold_milli), "
        "SUM(gross_sales_minor - returns_minor - voids_minor + other_minor) AS net, "
        f"SUM(transactions) FROM daily WHERE dimension = 'item' AND grouping_key <> ''{where} "
        "GROUP BY currency, grouping_key ORDER BY net DESC, grouping_key LIMIT ?",
        (*values, limit),
    )
    return [
        {
            "currency": currency,
            "item_code": code,
            "description": description,
            "units_sold": format_quantity(int(units)),
            "net": format_amount(int(net)),
            "transactions": int(transactions),
        }
        for currency, code, description, units, net, transactions in rows
    ]


def day_totals(dialect: Dialect, business_day: str, store_id: str = "") -> list[ReportRow]:
    """One row per currency over the stores asked for."""
    return _over_stores(dialect, "store", business_day, store_id)


def days_changed(dialect: Dialect, *, since_utc_ms: int = 0, limit: int = 400) -> list[ReportRow]:
    """Store days whose figures moved after an instant, latest change first."""
    rows = dialect.query(
        "SELECT store_id, business_day, version, changed_utc_ms FROM store_day "
        "WHERE changed_utc_ms > ? ORDER BY changed_utc_ms DESC, store_id, business_day LIMIT ?",
        (since_utc_ms, limit),
    )
    return [
        {
            "store_id": store_id,
            "business_day": day,
            "version": int(version),
            "changed_utc_ms": int(changed),
        }
        for store_id, day, version, changed in rows
    ]


def business_days(dialect: Dialect, limit: int = 400) -> list[str]:
    """Business days that have figures, latest first."""
    rows = dialect.query(
        "SELECT DISTINCT business_day FROM store_day ORDER BY business_day DESC LIMIT ?", (limit,)
    )
    return [str(day) for (day,) in rows]


def negative_stock(dialect: Dialect, limit: int = 200) -> list[ReportRow]:
    """Items whose known movements come to less than nothing: for sales audit."""
    rows = dialect.query(
        "SELECT store_id, item_code, quantity_milli FROM stock_on_hand "
        "WHERE quantity_milli < 0 ORDER BY quantity_milli, store_id, item_code LIMIT ?",
        (limit,),
    )
    return [
        {"store_id": store, "item_code": code, "quantity": format_quantity(int(quantity))}
        for store, code, quantity in rows
    ]


def every_store(dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """Condition that names every store: the key begins with it, so a day is found without a scan."""
    stores = tuple(str(store) for (store,) in dialect.query("SELECT store_id FROM store"))
    if not stores:
        return "", ()
    return f" AND store_id IN ({', '.join('?' * len(stores))})", stores


def _over_stores(
    dialect: Dialect, dimension: str, business_day: str, store_id: str
) -> list[ReportRow]:
    where, values = _where(dialect, business_day, store_id)
    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    rows = dialect.query(
        f"SELECT currency, grouping_key, {sums} FROM daily WHERE dimension = ?{where} "
        "GROUP BY currency, grouping_key",
        (dimension, *values),
    )
    name = GROUPINGS[dimension]
    return [
        {"currency": row[0], **({name: row[1]} if name else {}), **_figures(row[2:])}
        for row in sorted(rows)
    ]


def _tenders(dialect: Dialect, business_day: str, store_id: str) -> list[ReportRow]:
    where, values = _where(dialect, business_day, store_id)
    found = dialect.query(
        "SELECT store_id, business_day, currency, tender_type, SUM(transactions), SUM(tenders), "
        "SUM(amount_minor) "
        f"FROM daily_tender WHERE 1 = 1{where} "
        "GROUP BY store_id, business_day, currency, tender_type",
        values,
    )
    return [
        {
            "store_id": row[0],
            "business_day": row[1],
            "currency": row[2],
            "tender_type": row[3],
            "transactions": int(row[4]),
            "tenders": int(row[5]),
            "amount": format_amount(int(row[6])),
        }
        for row in sorted(found, key=lambda row: (*row[:2], row[3], row[2]))
    ]


def _where(dialect: Dialect, business_day: str, store_id: str) -> tuple[str, tuple[str, ...]]:
    text, values = "", []
    if business_day:
        text += " AND business_day = ?"
        values.append(business_day)
    if store_id:
        text += " AND store_id = ?"
        values.append(store_id)
    else:
        every, stores = every_store(dialect)
        text += every
        values += stores
    return text, tuple(values)


def _row(by: str, row: Sequence[Any]) -> ReportRow:
    store_id, business_day, currency, key = row[:4]
    made: ReportRow = {
        "store_id": store_id,
        "business_day": business_day,
        "currency": currency,
    }
    if GROUPINGS[by]:
        made[GROUPINGS[by]] = key
    if by == "item":
        made["description"] = row[-1]
    return made | _figures(row[4:-1])


def _figures(measures: Sequence[Any]) -> ReportRow:
    values = dict(zip(MEASURES, (int(value) for value in measures), strict=True))
    counts = ("sale_lines", "return_lines", "void_lines", "adjust_lines", "other_lines")
    net = (
        values["gross_sales_minor"]
        - values["returns_minor"]
        - values["voids_minor"]
        + values["other_minor"]
    )
    return {
        "transactions": values["transactions"],
        "lines": sum(values[name] for name in counts),
        **{name: values[name] for name in counts},
        **{
            name: format_quantity(values[f"{name}_milli"])
            for name in ("units_sold", "units_returned", "units_voided", "units_adjusted")
        },
        **{
            name: format_amount(values[f"{name}_minor"])
            for name in ("gross_sales", "returns", "voids", "other")
        },
        "net": format_amount(net),
        "discounts": format_amount(values["discounts_minor"]),
    }


def _with_silent_stores(
    dialect: Dialect, rows: list[ReportRow], business_day: str, store_id: str
) -> list[ReportRow]:
    heard = {row["store_id"] for row in rows}
    stores = dialect.query(
        "SELECT store_id, currency FROM store WHERE active = 1"
        + (" AND store_id = ?" if store_id else ""),
        (store_id,) if store_id else (),
    )
    zeros = (0,) * len(MEASURES)
    rows += [
        _row("store", (store, business_day, currency, "", *zeros, ""))
        for store, currency in stores
        if store not in heard
    ]
    return sorted(rows, key=lambda row: (row["store_id"], row["currency"]))
