"""Bought, sold, lost and earned per item and day, by this till's books: 进销差价 (REP-10)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from pos.domain.money import format_amount
from pos.domain.planning import margins
from pos.domain.planning.margins import DayFigures
from pos.domain.quantity import format_quantity
from pos.domain.stock_cost import Average
from pos.services import catalogue
from pos.services.context import Till
from pos.store import goods_planning, goods_reference, stock_periods
from pos.store.goods_reference import StockIncluded

COLUMNS: Final = (
    "item_class",
    "item_code",
    "description",
    "bought",
    "bought_amount",
    "sold",
    "sales",
    "cost_of_sales",
    "lost",
    "losses",
    "margin",
    "uncosted",
)
"""Columns of the earnings as a file, as `texts_of` gives them."""


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """Bought, sold, lost and earned of one item or class over some days."""

    key: str
    description: str
    item_class: str
    figures: DayFigures


class Earnings(msgspec.Struct, frozen=True, kw_only=True):
    """What was earned over business days, by item or class, the greatest margin first."""

    first_day: str
    last_day: str
    by: str
    rows: list[Earned]
    whole: DayFigures
    own_movements: bool
    """Other tills trade in this shop as well; only this one's books are here."""

    def of_class(self, item_class: str) -> Earnings:
        """The rows of one class."""
        rows = [row for row in self.rows if row.item_class == item_class]
        return msgspec.structs.replace(self, rows=rows, whole=_sum(rows))


def by_item_and_day(till: Till, first: str, last: str) -> dict[tuple[str, str], DayFigures]:
    """(item, business day) → figures. Reads the days' movements: call it off the loop."""
    reader = till.journal.reader()
    with stock_periods.at_one_moment(reader):
        return figures(reader, first, last, goods_planning.charged(reader, first, last), {})


def earnings(till: Till, first_day: str, last_day: str, by: str = "item") -> Earnings:
    """What was earned, by `item` or `class`; call it off the loop."""
    of_item: dict[str, DayFigures] = {}
    for (code, _day), one in by_item_and_day(till, first_day, last_day).items():
        of_item.setdefault(code, DayFigures()).add(one)
    nothing = DayFigures()
    rows = [_earned(till, code, one) for code, one in of_item.items() if one != nothing]
    whole = _sum(rows)
    if by == "class":
        classes: dict[str, list[Earned]] = {}
        for row in rows:
            classes.setdefault(row.item_class, []).append(row)
        rows = [
            Earned(key=code, description="", item_class=code, figures=_sum(ours))
            for code, ours in classes.items()
        ]
    rows.sort(key=lambda one: (-one.figures.margin_minor, one.key))
    return Earnings(
        first_day=first_day,
        last_day=last_day,
        by=by,
        rows=rows,
        whole=whole,
        own_movements=several_tills(till),
    )


def figures(
    connection: sqlite3.Connection,
    first: str,
    last: str,
    charged: Mapping[tuple[str, str], int],
    averages: dict[str, Average],
) -> dict[tuple[str, str], DayFigures]:
    """Figures by item and day; `averages` is filled with each item's cost when `last` was over."""
    begun, moves = stock_periods.moves_of(connection, first, last)
    averages.update(begun)
    return margins.margins(moves, charged, first, last, averages)


def several_tills(till: Till) -> bool:
    """Whether other tills of this shop move goods, as far as head office told."""
    included: list[StockIncluded] = till.reference.ask(goods_reference.included, [])
    own = till.reference.meta("workstation_uuid") or ""
    return any(row.workstation_uuid != own for row in included)


def texts_of(row: Earned, by: str) -> dict[str, Any]:
    """A row as text by `COLUMNS`; amounts and quantities are decimals."""
    one = row.figures
    return {
        "item_class": row.item_class,
        "item_code": "" if by == "class" else row.key,
        "description": row.description,
        "bought": format_quantity(one.bought_milli),
        "bought_amount": format_amount(one.bought_minor),
        "sold": format_quantity(one.sold_milli),
        "sales": format_amount(one.revenue_minor),
        "cost_of_sales": format_amount(one.cost_minor),
        "lost": format_quantity(one.lost_milli),
        "losses": format_amount(one.lost_minor),
        "margin": format_amount(one.margin_minor),
        "uncosted": format_quantity(one.uncosted_milli),
    }


def _earned(till: Till, code: str, one: DayFigures) -> Earned:
    item = catalogue.find_item(till, code)
    return Earned(
        key=code,
        description=item.name if item is not None else "",
        item_class=item.item_class if item is not None else "",
        figures=one,
    )


def _sum(rows: Iterable[Earned]) -> DayFigures:
    whole = DayFigures()
    for one in rows:
        whole.add(one.figures)
    return whole
