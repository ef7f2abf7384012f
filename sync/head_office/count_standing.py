"""Standing counts: drawn by head office, listed by store and period, reminded of (STK-05, STK-10).

Each period of a store's plan one day is drawn at random, among the days that are left; the store
hears of it on that day. The first day of a period is drawn on the eve, so that it is as likely as
any other. A count that somebody gave up is not drawn again by itself: it stays in the lists.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.counting import CountKind
from sync.head_office import count_plans, count_rows, findings
from sync.head_office.count_periods import Every, Period, before, period_of
from sync.head_office.count_plans import CountPlan
from sync.head_office.count_rows import COMPUTED, DRAWN, OPEN, POSTED, StockCount
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_counts import GoodsCounts
from sync.head_office.refusals import Refused

MISSED: Final = "count_missed"
OVERDUE: Final = "count_overdue"
OPEN_DAYS: Final = 3
"""A count that is open longer than this is overdue."""

WAIT_DAYS: Final = 7
"""So is one that waits longer than this for reasons and approval."""

SHOWN_PERIODS: Final = 6
_DAY_MS: Final = 86_400_000
_BEST_FIRST: Final = ("posted", "approved", "computed", "open", "drawn", "cancelled")


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One period of one store."""

    period: Period
    state: str
    """A count's state; `none` while one can still come, `missed` when the period passed without,
    `before` for a period that ended before the plan was set."""

    count: StockCount | None = None


class StoreCalendar(msgspec.Struct, frozen=True, kw_only=True):
    """A store's periods, the present one first."""

    store_id: str
    plan: CountPlan
    cells: tuple[Cell, ...]
    last_counted: str
    """Day of the last detailed count that was posted; empty without."""


def draw_due(counts: GoodsCounts, store_id: str = "") -> list[StockCount]:
    """Draw what each store's plan, or one's, asks for and nobody drew; returns the new counts."""
    today = counts.office.today()
    drawn: list[StockCount] = []
    for store, plan in count_plans.plans(counts.dialect, store_id).items():
        if plan.every is Every.NEVER or not plan.set_by:
            continue
        known = _detailed(counts.dialect, store)
        for day in (today, today + dt.timedelta(days=1)):
            period = period_of(plan.every, day)
            left = period.days_after(today.isoformat())
            if not left or any(period.has(one.due_day) for one in known):
                continue
            try:
                made = counts.draw(
                    store,
                    period.code,
                    by=plan.set_by,
                    passes=plan.passes,
                    item_classes=plan.item_classes,
                )
            except Refused:
                continue  # a count of some items only stands in the way: the calendar says so
            known.append(made)
            drawn.append(made)
    return drawn


def calendar(
    office: HeadOffice, *, store_id: str = "", periods: int = SHOWN_PERIODS
) -> list[StoreCalendar]:
    """Every active store, or one, with the last periods of its plan; months where it has none."""
    today = office.today()
    found: list[StoreCalendar] = []
    for store, plan in count_plans.plans(office.dialect, store_id).items():
        known = _detailed(office.dialect, store)
        every = plan.every or Every.MONTH
        found.append(
            StoreCalendar(
                store_id=store,
                plan=plan,
                cells=tuple(
                    _cell(plan, period, known, today.isoformat())
                    for period in before(every, today, periods)
                ),
                last_counted=max(
                    (one.due_day for one in known if one.state == POSTED), default=""
                ),
            )
        )
    return found


def without_count(found: Sequence[StoreCalendar]) -> list[StoreCalendar]:
    """Stores that a plan asks a count of, and whose present period has none posted yet."""
    return [one for one in found if one.plan.every and one.cells[0].state != POSTED]


def overdue(office: HeadOffice, *, store_id: str = "") -> list[tuple[StockCount, int]]:
    """Counts that are open, or wait for approval, for too long; with the days."""
    found: list[tuple[StockCount, int]] = []
    now_ms = office.clock_ms()
    for state, limit in ((OPEN, OPEN_DAYS), (COMPUTED, WAIT_DAYS)):
        for one in count_rows.find(office.dialect, store_id=store_id, state=state):
            since = one.opened_utc_ms if state == OPEN else one.computed_utc_ms
            days = (now_ms - since) // _DAY_MS
            if days > limit:
                found.append((one, int(days)))
    return sorted(found, key=lambda pair: -pair[1])


def remind(office: HeadOffice, store_id: str = "") -> int:
    """Write findings for periods that passed without a count and counts that never end; how many."""
    told = 0
    for store in calendar(office, store_id=store_id, periods=2):
        for cell in store.cells[1:]:
            if cell.state == "missed":
                findings.note(
                    office.dialect,
                    store_id=store.store_id,
                    code=MISSED,
                    subject=cell.period.code,
                    workstation_id="",
                    detail=f"no count of {cell.period.code} was posted",
                    found_utc_ms=office.clock_ms(),
                    business_day=cell.period.last,
                )
                told += 1
    for count, days in overdue(office, store_id=store_id):
        findings.note(
            office.dialect,
            store_id=count.store_id,
            code=OVERDUE,
            subject=count.count_id,
            workstation_id="",
            detail=f"{count.state} for {days} days",
            found_utc_ms=office.clock_ms(),
            business_day=count.due_day,
        )
        told += 1
    return told


def _detailed(dialect: Dialect, store_id: str) -> list[StockCount]:
    return [
        one
        for one in count_rows.find(dialect, store_id=store_id)
        if one.count_kind == CountKind.DETAILED.value and not one.item_codes
    ]


def _cell(plan: CountPlan, period: Period, known: Sequence[StockCount], today: str) -> Cell:
    within = [one for one in known if period.has(one.due_day)]
    within.sort(key=lambda one: _BEST_FIRST.index(one.state) if one.state in _BEST_FIRST else 9)
    best = within[0] if within else None
    if best is not None and best.state in (POSTED, "approved"):
        return Cell(period=period, state=best.state, count=best)
    if period.last >= today:
        return Cell(period=period, state=best.state if best else "none", count=best)
    if best is not None and best.state in (COMPUTED, OPEN, DRAWN):
        return Cell(period=period, state=best.state, count=best)
    set_day = dt.datetime.fromtimestamp(plan.set_utc_ms / 1000).astimezone().date().isoformat()
    asked = bool(plan.every) and period.last >= set_day
    return Cell(period=period, state="missed" if asked else "before", count=best)


__all__ = [
    "MISSED",
    "OVERDUE",
    "Cell",
    "StoreCalendar",
    "calendar",
    "draw_due",
    "overdue",
    "remind",
    "without_count",
]
