"""Stock reports: opening, in, out, adjusted, closing, value, turnover (STK-16, REP-13).

A report is counted backwards from the figures of now: closing is what is on hand less what moved
after the last day, opening is closing less what moved in the period. Both ends therefore always
come to the ledger's own sums. Only what is in the shop counts; other places have lists of their own.
By batch, sales that name none are taken off the batch that expires first, at either end.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pos.domain.batches import left_by_batch
from pos.domain.stock import MovementReason
from pos.domain.stock_cost import value_minor
from sync.head_office import goods_items, stock_batches, stock_costs, stock_figures
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.stock_figures import Account

GROUPINGS: Final = ("item", "class", "batch")
ADJUSTING: Final = frozenset(
    {MovementReason.ADJUST.value, MovementReason.COUNT.value, MovementReason.OPENING.value}
)
"""Reasons that correct the books; all others are goods that came in or went out."""

_TARGET = "stock_target_minor"
_SOLD = (MovementReason.SALE.value, MovementReason.RETURN.value, MovementReason.VOID.value)


class StockRow(msgspec.Struct, kw_only=True):
    """One item, class or batch over a period; quantities in thousandths, value in minor units."""

    key: str
    description: str = ""
    item_class: str = ""
    batch: str = ""
    opening_milli: int = 0
    in_milli: int = 0
    out_milli: int = 0
    adjust_milli: int = 0
    closing_milli: int = 0
    sold_milli: int = 0
    """Of what went out: sold, less what came back."""

    unit_cost_e4: int | None = None
    """Moving average when the last day was over."""

    value_minor: int | None = None
    """Closing at that cost; None while no cost is known."""

    cost_minor: int = 0
    """Of what was sold, each movement at the cost of its moment."""

    lost_minor: int = 0
    """Of what was scrapped and of what counts found missing, likewise; below zero is a surplus."""

    turnover_days: int | None = None
    """How long the average stock lasts at the period's sales; None when nothing was sold."""


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
    rows = _summed(figures, moved, last_day, by_batch=by == "batch")
    if by != "batch":
        # A sale may name no batch: what it cost is the item's.
        for (code, _day), one in earned.items():
            if (row := rows.get((code, ""))) is not None:
                row.cost_minor += one.cost_minor
                row.lost_minor += one.lost_minor
    kept = [row for row in rows.values() if _says_something(row)]
    _complete(dialect, store_id, kept)
    if by == "batch":
        _take_off(kept, stock_batches.expiries(dialect, store_id, {row.key for row in kept}))
        kept = [row for row in kept if _says_something(row)]
    for row in kept:
        row.unit_cost_e4 = costs.get(row.key)
        row.value_minor = value_minor(row.closing_milli, row.unit_cost_e4)
    uncosted = len({row.key for row in kept if row.closing_milli and row.unit_cost_e4 is None})
    if by == "class":
        kept = _by_class(kept)
    days = (dt.date.fromisoformat(last_day) - dt.date.fromisoformat(first_day)).days + 1
    for row in kept:
        row.turnover_days = turnover_days(row, days)
    kept.sort(key=lambda row: (row.item_class, row.key, row.batch))
    return Report(
        store_id=store_id,
        first_day=first_day,
        last_day=last_day,
        by=by,
        rows=kept,
        value_minor=sum(row.value_minor or 0 for row in kept),
        uncosted=uncosted,
    )


def turnover_days(row: StockRow, days: int) -> int | None:
    """Days that the average of opening and closing lasts at the period's sales, rounded half up."""
    average_twice = max(0, row.opening_milli) + max(0, row.closing_milli)
    if row.sold_milli <= 0:
        return None
    return (average_twice * days + row.sold_milli) // (2 * row.sold_milli)


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
    sold, returned, voided = _SOLD
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


def _summed(
    figures: Mapping[str, Mapping[Account, int]],
    moved: Iterable[tuple[str, str, str, str, int, int]],
    last_day: str,
    *,
    by_batch: bool,
) -> dict[tuple[str, str], StockRow]:
    """Rows by item and batch, counted back from the figures of now."""
    rows: dict[tuple[str, str], StockRow] = {}
    for code, accounts in figures.items():
        for (place, batch), quantity in accounts.items():
            if place == "":
                row = _row(rows, code, batch if by_batch else "")
                row.closing_milli += quantity
    for code, batch, day, reason, into, out in moved:
        row = _row(rows, code, batch if by_batch else "")
        if day > last_day:
            row.closing_milli -= into - out
        elif reason in ADJUSTING:
            row.adjust_milli += into - out
        else:
            row.in_milli += into
            row.out_milli += out
            if reason in _SOLD:
                row.sold_milli += out - into
    return rows


def _complete(dialect: Dialect, store_id: str, rows: Sequence[StockRow]) -> None:
    """Give rows the names and classes of their items, and what they began with."""
    names = goods_items.items(dialect, [row.key for row in rows], store_id)
    for row in rows:
        item = names.get(row.key)
        row.description = item.name if item else ""
        row.item_class = item.item_class if item else ""
        row.opening_milli = row.closing_milli - row.in_milli + row.out_milli - row.adjust_milli


def _take_off(rows: Iterable[StockRow], dates: Mapping[str, Mapping[str, str]]) -> None:
    """Let what sold without a batch leave the batch that expires first (QLT-06).

    What it takes off a batch between opening and closing is moved from the row of no batch to the
    batch's own; the item's sums stay what they were.
    """
    of_item: dict[str, dict[str, StockRow]] = defaultdict(dict)
    for row in rows:
        of_item[row.key][row.batch] = row
    for code, by_batch in of_item.items():
        unnamed = by_batch.get("")
        if unnamed is None:
            continue
        known = dates.get(code, {})
        opening = left_by_batch({b: one.opening_milli for b, one in by_batch.items()}, known)
        closing = left_by_batch({b: one.closing_milli for b, one in by_batch.items()}, known)
        for batch, row in by_batch.items():
            if batch:
                taken = (row.closing_milli - closing[batch]) - (row.opening_milli - opening[batch])
                _let_out(row, taken)
                _let_out(unnamed, -taken)
            row.opening_milli, row.closing_milli = opening[batch], closing[batch]


def _let_out(row: StockRow, quantity_milli: int) -> None:
    """Book so much more as sold from a row, or so much less."""
    out = max(row.out_milli + quantity_milli, 0)
    row.in_milli += out - row.out_milli - quantity_milli
    row.out_milli = out
    row.sold_milli += quantity_milli


def _row(rows: dict[tuple[str, str], StockRow], code: str, batch: str) -> StockRow:
    row = rows.get((code, batch))
    if row is None:
        row = rows[code, batch] = StockRow(key=code, batch=batch)
    return row


def _says_something(row: StockRow) -> bool:
    return bool(row.closing_milli or row.in_milli or row.out_milli or row.adjust_milli)


def _by_class(rows: Iterable[StockRow]) -> list[StockRow]:
    found: dict[str, StockRow] = {}
    for row in rows:
        whole = found.setdefault(
            row.item_class, StockRow(key=row.item_class, item_class=row.item_class)
        )
        for name in ("opening", "in", "out", "adjust", "closing", "sold"):
            field = f"{name}_milli"
            setattr(whole, field, getattr(whole, field) + getattr(row, field))
        whole.cost_minor += row.cost_minor
        whole.lost_minor += row.lost_minor
        if row.value_minor is not None:
            whole.value_minor = (whole.value_minor or 0) + row.value_minor
    return list(found.values())


COLUMNS: Final = (
    "store_id",
    "item_class",
    "item_code",
    "description",
    "batch",
    "opening",
    "in",
    "out",
    "adjust",
    "closing",
    "unit_cost",
    "value",
    "cost_of_sales",
    "losses",
    "turnover_days",
)
"""Columns of the report as a file."""


def as_rows(found: Report) -> list[dict[str, Any]]:
    """The report's rows as text, for files and programs; amounts and quantities are decimals."""
    from pos.domain.money import format_amount, format_unit_price
    from pos.domain.quantity import format_quantity

    return [
        {
            "store_id": found.store_id,
            "item_class": row.item_class,
            "item_code": "" if found.by == "class" else row.key,
            "description": row.description,
            "batch": row.batch,
            "opening": format_quantity(row.opening_milli),
            "in": format_quantity(row.in_milli),
            "out": format_quantity(row.out_milli),
            "adjust": format_quantity(row.adjust_milli),
            "closing": format_quantity(row.closing_milli),
            "unit_cost": "" if row.unit_cost_e4 is None else format_unit_price(row.unit_cost_e4),
            "value": "" if row.value_minor is None else format_amount(row.value_minor),
            "cost_of_sales": "" if found.by == "batch" else format_amount(row.cost_minor),
            "losses": "" if found.by == "batch" else format_amount(row.lost_minor),
            "turnover_days": "" if row.turnover_days is None else row.turnover_days,
        }
        for row in found.rows
    ]


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
