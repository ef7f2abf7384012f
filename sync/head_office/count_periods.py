"""Weeks, months and quarters by which stores are counted (STK-05, STK-10, STK-12)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from enum import StrEnum
from typing import Final

import msgspec

_CODE: Final = re.compile(r"(\d{4})-(?:W(\d{2})|Q([1-4])|(\d{2}))", re.ASCII)


class Every(StrEnum):
    """How often a store is counted in detail."""

    NEVER = ""
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


class Period(msgspec.Struct, frozen=True):
    """One week, month or quarter; both days belong to it."""

    code: str
    """`2026-W47`, `2026-11` or `2026-Q4`."""

    first: str
    last: str

    def has(self, day: str) -> bool:
        """Whether an ISO day lies in it."""
        return self.first <= day <= self.last

    def days_after(self, day: str) -> list[str]:
        """Its ISO days that come later than `day`."""
        first = dt.date.fromisoformat(self.first)
        length = (dt.date.fromisoformat(self.last) - first).days + 1
        days = [(first + dt.timedelta(days=number)).isoformat() for number in range(length)]
        return [one for one in days if one > day]


def period(code: str) -> Period:
    """The period of a code; raises ValueError."""
    found = _CODE.fullmatch(code)
    try:
        if found is None:
            raise ValueError(code)
        year = int(found[1])
        if found[2]:
            first = dt.date.fromisocalendar(year, int(found[2]), 1)
            return Period(code, first.isoformat(), (first + dt.timedelta(days=6)).isoformat())
        months = (int(found[4]), int(found[4])) if found[4] else _of_quarter(int(found[3]))
        first = dt.date(year, months[0], 1)
        last = dt.date(year, months[1], calendar.monthrange(year, months[1])[1])
    except ValueError as error:
        raise ValueError(f"expected a month such as 2026-12, got {code[:20]!r}") from error
    return Period(code, first.isoformat(), last.isoformat())


def period_of(every: Every, day: dt.date) -> Period:
    """The period that a day lies in; raises ValueError for `NEVER`."""
    if every is Every.WEEK:
        year, week, _ = day.isocalendar()
        return period(f"{year:04d}-W{week:02d}")
    if every is Every.QUARTER:
        return period(f"{day.year:04d}-Q{(day.month + 2) // 3}")
    if every is Every.MONTH:
        return period(f"{day:%Y-%m}")
    raise ValueError("a store that is never counted has no period")


def before(every: Every, day: dt.date, count: int) -> list[Period]:
    """The period of a day and those before it, `count` in all, the latest first."""
    found: list[Period] = []
    for _ in range(count):
        found.append(period_of(every, day))
        day = dt.date.fromisoformat(found[-1].first) - dt.timedelta(days=1)
    return found


def _of_quarter(number: int) -> tuple[int, int]:
    return 3 * number - 2, 3 * number
