"""What a store sold, earned and was forecast to sell; ABC and turnover (REP-03, -06, -09..13).

Sales by day come from daily figures of all tills, so a forecast here knows more than one till's.
Margins are those of `pos.domain.planning.margins`: each movement at the cost of its moment.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from pos.domain.money import divide_half_away, format_amount
from pos.domain.planning import classes, forecast
from pos.domain.quantity import format_quantity
from pos.domain.stock_cost import value_minor
from sync.head_office import goods_items, stock_costs, stock_figures
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

GROUPINGS: Final = ("item", "class")
DEFAULT_DAYS: Final = 28


class PlanningRow(msgspec.Struct, kw_only=True):
    """One item, or one class. Quantities in thousandths, money in minor units."""

    key: str
    description: str = ""
    item_class: str = ""
    unit: str = ""
    abc: str = ""
    sold_milli: int = 0
    revenue_minor: int = 0
    before_minor: int = 0
    """Sales of as many days before."""

    cost_minor: int = 0
    lost_minor: int = 0
    margin_minor: int = 0
    forecast_milli: int = 0
    actual_milli: int = 0
    signed_milli: int = 0
    absolute_milli: int = 0
    """Of the days that a forecast was possible for."""

    stock_milli: int = 0
    value_minor: int = 0
    uncosted: bool = False

    days: int = 1

    @property
    def margin_bp(self) -> int | None:
        """进销差价率: margin against sales."""
        if self.revenue_minor <= 0:
            return None
        return divide_half_away(self.margin_minor * 10_000, self.revenue_minor)

    @property
    def error_bp(self) -> int | None:
        """How far forecasts were off, against what was sold."""
        if self.actual_milli <= 0:
            return None
        return divide_half_away(self.absolute_milli * 10_000, self.actual_milli)

    @property
    def change_bp(self) -> int | None:
        """Sales against the days before."""
        if self.before_minor <= 0:
            return None
        return divide_half_away(
            (self.revenue_minor - self.before_minor) * 10_000, self.before_minor
        )

    @property
    def turnover_days(self) -> int | None:
        """Days that the stock lasts at what was sold: by value of a class, by quantity of an item."""
        if self.item_class == self.key:
            return classes.turnover_days(self.value_minor, self.cost_minor, self.days)
        return classes.turnover_days(self.stock_milli, self.sold_milli, self.days)


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """The report of one store."""

    store_id: str
    first_day: str
    last_day: str
    by: str
    rows: list[PlanningRow]
    total: PlanningRow


COLUMNS: Final = (
    "store_id", "item_code", "description", "item_class", "abc", "units_sold", "sales",
    "sales_before", "cost", "loss", "margin", "margin_percent", "forecast", "sold_then",
    "forecast_error_percent", "stock", "stock_value", "turnover_days",
)  # fmt: skip


def report(
    office: HeadOffice, store_id: str, first_day: str, last_day: str, by: str = "item"
) -> Planning:
    """Sales, margin, forecast and turnover of one store over business days, both counted."""
    dialect = office.dialect
    first, last = dt.date.fromisoformat(first_day), dt.date.fromisoformat(last_day)
    days = (last - first).days + 1
    before = first - dt.timedelta(days=max(days, forecast.WINDOW_DAYS + 28))
    with dialect.snapshot():
        sold, charged = _daily(dialect, store_id, before.isoformat(), last_day)
        figures = stock_figures.of_store(dialect, store_id)
        earned, costs = stock_costs.day_figures(dialect, store_id, charged, first_day, last_day)
    rows: dict[str, PlanningRow] = {}
    for (code, _day), one in earned.items():
        row = rows.setdefault(code, PlanningRow(key=code, days=days))
        row.sold_milli += one.sold_milli
        row.revenue_minor += one.revenue_minor
        row.cost_minor += one.cost_minor
        row.lost_minor += one.lost_minor
        row.margin_minor += one.margin_minor
        row.uncosted |= one.uncosted_milli > 0
    previous = (first - dt.timedelta(days=days)).isoformat()
    for (code, day), amount in charged.items():
        if previous <= day < first_day:
            rows.setdefault(code, PlanningRow(key=code, days=days)).before_minor += amount
    for code, accounts in figures.items():
        on_hand = sum(quantity for (place, _), quantity in accounts.items() if place == "")
        if on_hand:
            row = rows.setdefault(code, PlanningRow(key=code, days=days))
            row.stock_milli = on_hand
            row.value_minor = value_minor(on_hand, costs.get(code)) or 0
    _forecast(rows, sold, first, last)
    grades = classes.abc({code: row.revenue_minor for code, row in rows.items()})
    items = goods_items.items(dialect, list(rows), store_id)
    for code, row in rows.items():
        row.abc = grades[code]
        item = items.get(code)
        if item is not None:
            row.description, row.item_class, row.unit = item.name, item.item_class, item.unit
    found = _by_class(rows.values()) if by == "class" else list(rows.values())
    found.sort(key=lambda row: (-row.revenue_minor, row.key))
    return Planning(
        store_id=store_id,
        first_day=first_day,
        last_day=last_day,
        by=by,
        rows=found,
        total=total_of(rows.values(), days),
    )


def as_rows(found: Planning) -> Iterator[dict[str, Any]]:
    """Rows of a file, in `COLUMNS`."""
    for row in found.rows:
        yield {
            "store_id": found.store_id,
            "item_code": "" if found.by == "class" else row.key,
            "description": row.description,
            "item_class": row.item_class,
            "abc": row.abc,
            "units_sold": format_quantity(row.sold_milli),
            "sales": format_amount(row.revenue_minor),
            "sales_before": format_amount(row.before_minor),
            "cost": format_amount(row.cost_minor),
            "loss": format_amount(row.lost_minor),
            "margin": format_amount(row.margin_minor),
            "margin_percent": _percent(row.margin_bp),
            "forecast": format_quantity(row.forecast_milli),
            "sold_then": format_quantity(row.actual_milli),
            "forecast_error_percent": _percent(row.error_bp),
            "stock": format_quantity(row.stock_milli),
            "stock_value": format_amount(row.value_minor),
            "turnover_days": "" if row.turnover_days is None else row.turnover_days,
        }


def total_of(rows: Iterable[PlanningRow], days: int) -> PlanningRow:
    """What some rows come to together."""
    total = PlanningRow(key="", item_class="", days=days)
    for row in rows:
        _add(total, row)
    return total


def period(last_day: str, first: str, last: str) -> tuple[str, str]:
    """The days asked for, else the four weeks up to the store's latest day."""
    end = last or last_day
    begin = first or (dt.date.fromisoformat(end) - dt.timedelta(days=DEFAULT_DAYS - 1)).isoformat()
    return min(begin, end), end


# ------------------------------------------------------------------------------------ helpers


def _daily(
    dialect: Dialect, store_id: str, first: str, last: str
) -> tuple[dict[str, dict[str, int]], dict[tuple[str, str], int]]:
    """Item → day → thousandths sold, and (item, day) → charged, refunds and reversals off."""
    sold: dict[str, dict[str, int]] = defaultdict(dict)
    charged: dict[tuple[str, str], int] = {}
    for code, day, units, amount in dialect.query(
        "SELECT grouping_key, business_day, "
        "SUM(units_sold_milli - units_returned_milli - units_voided_milli), "
        "SUM(gross_sales_minor - returns_minor - voids_minor) FROM daily "
        "WHERE store_id = ? AND dimension = 'item' AND business_day BETWEEN ? AND ? "
        "AND grouping_key <> '' GROUP BY grouping_key, business_day",
        (store_id, first, last),
    ):
        sold[str(code)][str(day)] = int(units)
        charged[str(code), str(day)] = int(amount)
    return dict(sold), charged


def _forecast(
    rows: Mapping[str, PlanningRow],
    sold: Mapping[str, Mapping[str, int]],
    first: dt.date,
    last: dt.date,
) -> None:
    """Forecast each day of the period from the days before it, for goods that were sold."""
    days = sorted({day for by_day in sold.values() for day in by_day})
    dates = [dt.date.fromisoformat(day) for day in days]
    whole = [sum(by_day.get(day, 0) for by_day in sold.values()) for day in days]
    shares = forecast.profile([pair for pair in zip(dates, whole, strict=True) if pair[0] < first])
    within = sum(1 for day in dates if first <= day <= last)
    for code, row in rows.items():
        by_day = sold.get(code)
        if not by_day:
            continue
        error = forecast.track(
            [(date, by_day.get(day, 0)) for date, day in zip(dates, days, strict=True)],
            shares,
            days=within,
        )
        row.forecast_milli, row.actual_milli = error.forecast_milli, error.actual_milli
        row.signed_milli, row.absolute_milli = error.signed_milli, error.absolute_milli


def _by_class(rows: Iterable[PlanningRow]) -> list[PlanningRow]:
    found: dict[str, PlanningRow] = {}
    for row in rows:
        key = row.item_class
        _add(found.setdefault(key, PlanningRow(key=key, item_class=key, days=row.days)), row)
    return list(found.values())


def _add(total: PlanningRow, row: PlanningRow) -> None:
    for name in (
        "sold_milli", "revenue_minor", "before_minor", "cost_minor", "lost_minor", "margin_minor",
        "forecast_milli", "actual_milli", "signed_milli", "absolute_milli", "stock_milli",
        "value_minor",
    ):  # fmt: skip
        setattr(total, name, getattr(total, name) + getattr(row, name))
    total.uncosted |= row.uncosted


def _percent(points: int | None) -> str:
    if points is None:
        return ""
    sign = "-" if points < 0 else ""
    return f"{sign}{abs(points) // 100}.{abs(points) % 100:02d}"
