"""Stock report and earnings as columns of text, for the screen and for paper; and their printing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from pos.domain.money import display_amount
from pos.domain.planning.margins import DayFigures
from pos.domain.quantity import format_quantity
from pos.domain.stock_report import StockRow
from pos.i18n import N_
from pos.receipt.goods_report import report_slip
from pos.services import printing
from pos.services.context import Till
from pos.services.goods.margins import Earnings
from pos.services.goods.stock_report import Report
from pos.services.reporting import facts_of

STOCK: Final = (
    N_("Opening"),
    N_("In"),
    N_("Out"),
    N_("Adjusted"),
    N_("Closing"),
    N_("Value"),
    N_("Days"),
)
"""Columns of the stock report; value at cost, days that the stock lasts at these sales."""

EARNED: Final = (
    N_("Bought"),
    N_("Bought for"),
    N_("Sold"),
    N_("Sold for"),
    N_("Cost"),
    N_("Lost"),
    N_("Margin"),
)
"""Columns of what was earned; money but for bought and sold."""

OWN: Final = N_("This till's movements alone; the whole shop's report is at head office")
UNCOSTED: Final = N_("Some goods have no cost yet: the value leaves them out")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A page in columns of text, its names apart."""

    title: str
    """A msgid."""

    period: str
    headings: tuple[str, ...]
    rows: list[tuple[str, ...]]
    totals: tuple[str, ...]
    notes: tuple[str, ...]
    """Msgids."""


def stock_figures(report: Report) -> Figures:
    """The stock report's columns; quantities of different goods are summed as they are."""
    whole = StockRow(key="", value_minor=report.value_minor)
    for row in report.rows:
        for name in ("opening_milli", "in_milli", "out_milli", "adjust_milli", "closing_milli"):
            setattr(whole, name, getattr(whole, name) + getattr(row, name))
    return Figures(
        title=N_("STOCK REPORT"),
        period=_period(report.first_day, report.last_day),
        headings=STOCK,
        rows=[_stock(row) for row in report.rows],
        totals=_stock(whole),
        notes=_notes(own=report.own_movements, uncosted=report.uncosted),
    )


def earned_figures(found: Earnings) -> Figures:
    """The columns of what was earned."""
    return Figures(
        title=N_("WHAT WAS EARNED"),
        period=_period(found.first_day, found.last_day),
        headings=EARNED,
        rows=[_earned(row.figures) for row in found.rows],
        totals=_earned(found.whole),
        notes=_notes(own=found.own_movements, uncosted=found.whole.uncosted_milli),
    )


def print_page(till: Till, page: Figures, names: Sequence[str] | Callable[[int], str]) -> str:
    """Print a page on the receipt printer; gives the print job's id."""
    facts = facts_of(till)

    def said(figures: tuple[str, ...]) -> list[tuple[str, str]]:
        pairs = zip(page.headings, figures, strict=True)
        return [(label, text) for label, text in pairs if text not in ("", "0", "0.00")]

    rows = [
        (names(n) if callable(names) else names[n], said(figures))
        for n, figures in enumerate(page.rows)
    ]
    total = (N_("Total"), said(page.totals))
    slip = report_slip(page.title, page.period, till.local_iso(), rows, total, page.notes, facts)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    saved = till.write(lambda txn: printing.insert_job(txn, job_id, "goods_report", slip, created))
    printing.submit_when_saved(till, saved, job_id)
    return job_id


def _stock(row: StockRow) -> tuple[str, ...]:
    quantities = (
        row.opening_milli,
        row.in_milli,
        row.out_milli,
        row.adjust_milli,
        row.closing_milli,
    )
    return (
        *(format_quantity(one) for one in quantities),
        "" if row.value_minor is None else display_amount(row.value_minor),
        "" if row.turnover_days is None else str(row.turnover_days),
    )


def _earned(one: DayFigures) -> tuple[str, ...]:
    return (
        format_quantity(one.bought_milli),
        display_amount(one.bought_minor),
        format_quantity(one.sold_milli),
        display_amount(one.revenue_minor),
        display_amount(one.cost_minor),
        display_amount(one.lost_minor),
        display_amount(one.margin_minor),
    )


def _period(first_day: str, last_day: str) -> str:
    return first_day if first_day == last_day else f"{first_day} – {last_day}"


def _notes(*, own: bool, uncosted: int) -> tuple[str, ...]:
    return (*((OWN,) if own else ()), *((UNCOSTED,) if uncosted else ()))
