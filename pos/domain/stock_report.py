"""A stock report's arithmetic: opening, in, out, adjusted, closing, turnover (STK-16, REP-13).

A report is counted backwards from the figures of now: closing is what is on hand less what moved
after the last day, opening is closing less what moved in the period. Both ends therefore always
come to the ledger's own sums. Only what is in the shop counts; other places have lists of their own.
By batch, sales that name none are taken off the batch that expires first, at either end.

Pure: the till gives it the figures of its own journal, head office those of a whole store.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pos.domain.batches import left_by_batch
from pos.domain.money import format_amount, format_unit_price
from pos.domain.planning.margins import DayFigures
from pos.domain.quantity import format_quantity
from pos.domain.stock import MovementReason
from pos.domain.stock_cost import value_minor

GROUPINGS: Final = ("item", "class", "batch")
ADJUSTING: Final = frozenset(
    {MovementReason.ADJUST.value, MovementReason.COUNT.value, MovementReason.OPENING.value}
)
"""Reasons that correct the books; all others are goods that came in or went out."""

SOLD: Final = (
    MovementReason.SALE.value,
    MovementReason.RETURN.value,
    MovementReason.VOID.value,
)

COLUMNS: Final = (
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
"""Columns of a report as a file, as `texts_of` gives them."""

Moved = tuple[str, str, str, str, int, int]
"""Item, batch, business day, reason, in and out in thousandths, of what is in the shop."""

Account = tuple[str, str]
"""Place and batch."""


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


def summed(
    figures: Mapping[str, Mapping[Account, int]],
    moved: Iterable[Moved],
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
            if reason in SOLD:
                row.sold_milli += out - into
    return rows


def opened(rows: Iterable[StockRow]) -> None:
    """Say what each row began with."""
    for row in rows:
        row.opening_milli = row.closing_milli - row.in_milli + row.out_milli - row.adjust_milli


def costed(
    rows: Mapping[tuple[str, str], StockRow], earned: Mapping[tuple[str, str], DayFigures]
) -> None:
    """Add to items' rows what was sold and lost, at the cost of its moment."""
    for (code, _day), one in earned.items():
        if (row := rows.get((code, ""))) is not None:
            row.cost_minor += one.cost_minor
            row.lost_minor += one.lost_minor


def valued(
    rows: Sequence[StockRow], costs: Mapping[str, int], by: str, first_day: str, last_day: str
) -> tuple[list[StockRow], int]:
    """Rows as they are shown, with value and turnover, in order; and items without a cost."""
    for row in rows:
        row.unit_cost_e4 = costs.get(row.key)
        row.value_minor = value_minor(row.closing_milli, row.unit_cost_e4)
    uncosted = len({row.key for row in rows if row.closing_milli and row.unit_cost_e4 is None})
    shown = by_class(rows) if by == "class" else list(rows)
    days = (dt.date.fromisoformat(last_day) - dt.date.fromisoformat(first_day)).days + 1
    for row in shown:
        row.turnover_days = turnover_days(row, days)
    shown.sort(key=lambda row: (row.item_class, row.key, row.batch))
    return shown, uncosted


def turnover_days(row: StockRow, days: int) -> int | None:
    """Days that the average of opening and closing lasts at the period's sales, rounded half up."""
    average_twice = max(0, row.opening_milli) + max(0, row.closing_milli)
    if row.sold_milli <= 0:
        return None
    return (average_twice * days + row.sold_milli) // (2 * row.sold_milli)


def take_off(rows: Iterable[StockRow], dates: Mapping[str, Mapping[str, str]]) -> None:
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


def says_something(row: StockRow) -> bool:
    """Whether anything is there, or moved."""
    return bool(row.closing_milli or row.in_milli or row.out_milli or row.adjust_milli)


def by_class(rows: Iterable[StockRow]) -> list[StockRow]:
    """Items' rows summed by their class."""
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


def texts_of(row: StockRow, by: str) -> dict[str, Any]:
    """A row as text by `COLUMNS`; amounts and quantities are decimals."""
    return {
        "item_class": row.item_class,
        "item_code": "" if by == "class" else row.key,
        "description": row.description,
        "batch": row.batch,
        "opening": format_quantity(row.opening_milli),
        "in": format_quantity(row.in_milli),
        "out": format_quantity(row.out_milli),
        "adjust": format_quantity(row.adjust_milli),
        "closing": format_quantity(row.closing_milli),
        "unit_cost": "" if row.unit_cost_e4 is None else format_unit_price(row.unit_cost_e4),
        "value": "" if row.value_minor is None else format_amount(row.value_minor),
        "cost_of_sales": "" if by == "batch" else format_amount(row.cost_minor),
        "losses": "" if by == "batch" else format_amount(row.lost_minor),
        "turnover_days": "" if row.turnover_days is None else row.turnover_days,
    }
