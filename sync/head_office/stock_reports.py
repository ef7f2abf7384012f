"""Stock reports: opening, in, out, adjusted, closing, value, turnover (STK-16, REP-13).

A report is counted backwards from the figures of now: closing is what is on hand less what moved
after the last day, opening is closing less what moved in the period. Both ends therefore always
come to the ledger's own sums. Only what is in the shop counts; other places have lists of their own.
By batch, sales that name none are taken off the batch that expires first, at either end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain import stock_report
from pos.domain.stock import MovementReason
from pos.domain.stock_cost import value_minor
from pos.domain.stock_report import COLUMNS as REPORT_COLUMNS
from pos.domain.stock_report import GROUPINGS as GROUPINGS  # noqa: PLC0414 - pages name it too
from pos.domain.stock_report import StockRow, texts_of
from sync.head_office import goods_items, stock_batches, stock_costs, stock_figures
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

_TARGET = "stock_target_minor"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one store and their sums."""

    store_id: str
    first_day: str
    last_day: str
    by: str
    rows: list[StockRow]
    value_minor: int
    uncosted: int
    """Items on hand without a cost, which the value leaves out."""


class StoreValue(msgspec.Struct, frozen=True, kw_only=True):
    """What a store's stock is worth, beside its target (REP-13)."""

    store_id: str
    name: str
    items: int
    negative: int
    value_minor: int
    uncosted: int
    target_minor: int | None = None

    @property
    def over_target(self) -> bool:
        """Whether more is tied up than was meant to be."""
        return self.target_minor is not None and self.value_minor > self.target_minor


def report(
    dialect: Dialect, store_id: str, first_day: str, last_day: str, by: str = "item"
) -> Report:
    """Stock of one store over business days, both counted; by item, class or batch."""
    with dialect.snapshot():
        figures = stock_figures.of_store(dialect, store_id)
        moved = _moved(dialect, store_id, first_day, by_batch=by == "batch")
        costs = stock_costs.costs_at(dialect, store_id, last_day)
        earned, _present = stock_costs.day_figures(dialect, store_id, {}, first_day, last_day)
    rows = stock_report.summed(figures, moved, last_day, by_batch=by == "batch")
    if by != "batch":
        # A sale may name no batch: what it cost is the item's.
        stock_report.costed(rows, earned)
    kept = [row for row in rows.values() if stock_report.says_something(row)]
    _complete(dialect, store_id, kept)
    if by == "batch":
        dates = stock_batches.expiries(dialect, store_id, {row.key for row in kept})
        stock_report.take_off(kept, dates)
        kept = [row for row in kept if stock_report.says_something(row)]
    kept, uncosted = stock_report.valued(kept, costs, by, first_day, last_day)
    return Report(
        store_id=store_id,
        first_day=first_day,
        last_day=last_day,
        by=by,
        rows=kept,
        value_minor=sum(row.value_minor or 0 for row in kept),
        uncosted=uncosted,
    )


def store_values(office: HeadOffice, store_id: str = "") -> list[StoreValue]:
    """Every store's stock, or one's, at the present average cost."""
    dialect = office.dialect
    where, values = (" WHERE store_id = ?", (store_id,)) if store_id else ("", ())
    found = []
    for store, name in dialect.query(
        f"SELECT store_id, name FROM store{where} ORDER BY store_id", values
    ):
        figures = stock_figures.of_store(dialect, str(store))
        costs = stock_figures.costs(dialect, str(store))
        on_hand = {
            code: sum(quantity for (place, _), quantity in accounts.items() if place == "")
            for code, accounts in figures.items()
        }
        stocked = {code: quantity for code, quantity in on_hand.items() if quantity}
        found.append(
            StoreValue(
                store_id=str(store),
                name=str(name),
                items=len(stocked),
                negative=sum(1 for quantity in stocked.values() if quantity < 0),
                value_minor=sum(value_minor(q, costs.get(c)) or 0 for c, q in stocked.items()),
                uncosted=sum(1 for code in stocked if code not in costs),
                target_minor=target(office, str(store)),
            )
        )
    return found


def target(office: HeadOffice, store_id: str) -> int | None:
    """What a store's stock is meant to be worth at most; None when nobody said."""
    text = office.setting(f"{_TARGET}.{store_id}")
    return int(text) if text else None


def set_target(office: HeadOffice, store_id: str, amount_minor: int | None) -> None:
    """Set or take away a store's target; raises LookupError for an unknown store, ValueError."""
    dialect = office.dialect
    if dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is None:
        raise LookupError(f"store {store_id!r} is unknown")
    if amount_minor is not None and not 0 <= amount_minor < 10**15:
        raise ValueError("expected an amount of at least nothing")
    with dialect.transaction():
        office.set_setting(
            f"{_TARGET}.{store_id}", "" if amount_minor is None else str(amount_minor)
        )


# ------------------------------------------------------------------------------------ helpers


def _moved(
    dialect: Dialect, store_id: str, first_day: str, *, by_batch: bool
) -> list[tuple[str, str, str, str, int, int]]:
    """(item, batch, day, reason, in, out) of the shop's movements from a day on."""
    sold, returned, voided = stock_report.SOLD
    found: list[tuple[str, str, str, str, int, int]] = []
    for code, day, units_sold, units_back, units_voided, adjusted in dialect.query(
        "SELECT grouping_key, business_day, SUM(units_sold_milli), SUM(units_returned_milli), "
        "SUM(units_voided_milli), SUM(units_adjusted_milli) FROM daily WHERE store_id = ? "
        "AND dimension = 'item' AND grouping_key <> '' AND business_day >= ? "
        "GROUP BY grouping_key, business_day",
        (store_id, first_day),
    ):
        item, on = str(code), str(day)
        found.append((item, "", on, sold, 0, int(units_sold)))
        found.append((item, "", on, returned, int(units_back), 0))
        found.append((item, "", on, voided, int(units_voided), 0))
        found.append((item, "", on, MovementReason.ADJUST.value, -int(adjusted), 0))
    found += [
        (str(code), str(batch), str(day), str(reason), int(into), int(out))
        for code, batch, day, reason, into, out in dialect.query(
            "SELECT item_code, batch, business_day, reason, "
            "SUM(CASE WHEN quantity_milli > 0 THEN quantity_milli ELSE 0 END), "
            "SUM(CASE WHEN quantity_milli < 0 THEN -quantity_milli ELSE 0 END) FROM stock_move "
            "WHERE store_id = ? AND place = '' AND business_day >= ? "
            "GROUP BY item_code, batch, business_day, reason",
            (store_id, first_day),
        )
    ]
    if by_batch:
        # `daily` knows no batch: what its sales took from one is moved over.
        for code, batch, day, reason, quantity in dialect.query(
            "SELECT b.item_code, b.batch, l.business_day, l.kind, "
            "SUM(CASE WHEN l.kind = 'adjust' THEN l.quantity_milli ELSE -l.quantity_milli END) "
            "FROM sale_batch b JOIN sale_line l ON l.store_id = b.store_id "
            "AND l.workstation_no = b.workstation_no AND l.epoch_no = b.epoch_no "
            "AND l.seq = b.seq AND l.line_no = b.line_no WHERE b.store_id = ? AND b.batch <> '' "
            "AND l.kind <> 'other' AND l.business_day >= ? "
            "GROUP BY b.item_code, b.batch, l.business_day, l.kind",
            (store_id, first_day),
        ):
            into, out = (0, -int(quantity)) if reason == sold else (int(quantity), 0)
            found.append((str(code), str(batch), str(day), str(reason), into, out))
            found.append((str(code), "", str(day), str(reason), -into, -out))
    return found


def _complete(dialect: Dialect, store_id: str, rows: Sequence[StockRow]) -> None:
    """Give rows the names and classes of their items, and what they began with."""
    names = goods_items.items(dialect, [row.key for row in rows], store_id)
    for row in rows:
        item = names.get(row.key)
        row.description = item.name if item else ""
        row.item_class = item.item_class if item else ""
    stock_report.opened(rows)


COLUMNS: Final = ("store_id", *REPORT_COLUMNS)
"""Columns of the report as a file."""


def as_rows(found: Report) -> list[dict[str, Any]]:
    """The report's rows as text, for files and programs; amounts and quantities are decimals."""
    return [{"store_id": found.store_id, **texts_of(row, found.by)} for row in found.rows]


def period(dialect: Dialect, store_id: str, first: str, last: str) -> tuple[str, str]:
    """The days asked for, or the store's latest with goods or sales on it."""
    if last:
        return first or last, max(first or last, last)
    row = dialect.one(
        "SELECT MAX(day) FROM (SELECT MAX(business_day) AS day FROM store_day WHERE store_id = ? "
        "UNION ALL SELECT MAX(business_day) FROM stock_move WHERE store_id = ?) days",
        (store_id, store_id),
    )
    latest = str(row[0]) if row and row[0] else dt.datetime.now().astimezone().date().isoformat()
    return first or latest, max(first or latest, latest)
