"""Moving average with a weekday profile, and how far it was off (REP-06).

A history is what one item sold on each day that the shop traded, oldest first. Days without trade
are not in it: a shut shop is no lack of demand. Everything is integers of thousandths; ratios are
ten-thousandths; what is divided is rounded once, halves away from zero.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import accumulate
from math import isqrt
from typing import Final

import msgspec

from pos.domain.money import divide_half_away

BP: Final = 10_000
WEEK: Final = 7
WINDOW_DAYS: Final = 56
"""Trading days that the average looks back on: eight weeks, so that each weekday counts alike."""

TRACKED_DAYS: Final = 28
"""Days whose forecast is compared with what was sold."""

_PROFILED_DAYS: Final = 14
"""Fewer days than this say nothing about weekdays."""

SERVICE_SQUARED: Final = (272, 100)
"""Square of the 1.65 deviations that cover 95 of 100 deliveries (REP-02)."""

EVEN: Final = (BP,) * WEEK
"""A profile that knows no weekdays."""


class Error(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far forecasts were off, over `days` days. Signed above zero: more was sold than thought."""

    days: int = 0
    forecast_milli: int = 0
    actual_milli: int = 0
    signed_milli: int = 0
    absolute_milli: int = 0
    squared: int = 0
    """Sum of the squares of the daily errors, in thousandths squared."""

    @property
    def percent_bp(self) -> int | None:
        """Sum of the errors against what was sold, in ten-thousandths; None when nothing was."""
        if self.actual_milli <= 0:
            return None
        return divide_half_away(self.absolute_milli * BP, self.actual_milli)


def profile(history: Sequence[tuple[dt.date, int]]) -> tuple[int, ...]:
    """Share of each weekday, Monday first, in ten-thousandths of a mean day; `EVEN` when unknown.

    A weekday on which the shop never traded in two weeks and more sells nothing. What is left of
    the rounding goes to the first weekdays, so that an even week is exactly even.
    """
    if len(history) < _PROFILED_DAYS:
        return EVEN
    sums, counts = [0] * WEEK, [0] * WEEK
    for day, quantity in history:
        sums[day.weekday()] += max(quantity, 0)
        counts[day.weekday()] += 1
    total = sum(sums)
    if total <= 0:
        return EVEN
    return tuple(
        divide_half_away(sums[w] * len(history) * BP, counts[w] * total) if counts[w] else 0
        for w in range(WEEK)
    )


def expected_milli(
    quantities: Sequence[int],
    shares: Sequence[int],
    days: Sequence[dt.date],
    season_bp: int = BP,
) -> int:
    """What will be sold on `days` together, by the average of `quantities` and the profile.

    `season_bp` is the season's coefficient (REP-07): 12,000 is a fifth more than lately. Rounded
    once at the end, so that a slow item does not lose its fractions day by day.
    """
    if not quantities or not days:
        return 0
    weight = sum(shares[day.weekday()] for day in days)
    top = max(sum(quantities), 0) * weight * season_bp
    return divide_half_away(top, len(quantities) * BP * BP)


def track(
    history: Sequence[tuple[dt.date, int]],
    shares: Sequence[int] = EVEN,
    *,
    days: int = TRACKED_DAYS,
    window: int = WINDOW_DAYS,
) -> Error:
    """Forecast each of the last `days` days from what was known before it, and compare.

    A day needs two weeks before it; earlier ones are not compared. `shares` is the shop's profile
    and not the item's own of later days, so that a forecast knows nothing of what came after.
    """
    quantities = [quantity for _day, quantity in history]
    sums = [0, *accumulate(quantities)]
    forecast = actual = signed = absolute = squared = compared = 0
    for place in range(max(len(history) - days, _PROFILED_DAYS), len(history)):
        first = max(place - window, 0)
        known = max(sums[place] - sums[first], 0)
        weight = shares[history[place][0].weekday()]
        thought = divide_half_away(known * weight, (place - first) * BP)
        error = quantities[place] - thought
        compared += 1
        forecast += thought
        actual += quantities[place]
        signed += error
        absolute += abs(error)
        squared += error * error
    return Error(
        days=compared,
        forecast_milli=forecast,
        actual_milli=actual,
        signed_milli=signed,
        absolute_milli=absolute,
        squared=squared,
    )


def safety_milli(error: Error, days: int) -> int:
    """Stock against bad luck: 1.65 × deviation of a day's error × √days (REP-02)."""
    if error.days == 0 or days <= 0:
        return 0
    top, bottom = SERVICE_SQUARED
    return isqrt(error.squared * top * days // (error.days * bottom))
