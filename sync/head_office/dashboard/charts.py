"""Figures that charts draw: values only, as a page's data attributes carry them."""

from __future__ import annotations

import msgspec

from pos.domain.money import format_amount
from sync.head_office.dashboard.queries import Board


class HourChart(msgspec.Struct, frozen=True, kw_only=True):
    """Sales by hour in one currency: a gap between two hours is an hour of nothing."""

    currency: str
    hours: list[str]
    net: list[float]
    """In the currency's unit, for drawing only."""

    net_text: list[str]
    transactions: list[int]


def by_hour(board: Board) -> list[tuple[HourChart, str]]:
    """One chart per currency with its JSON, hours from the first that sold to the last."""
    made = []
    for currency, found in board.hours.items():
        known = dict(found)
        numbers = [int(hour) for hour in known if hour.isdecimal() and int(hour) < 24]
        hours = [f"{n:02d}" for n in range(min(numbers), max(numbers) + 1)] if numbers else []
        hours += sorted(hour for hour in known if not (hour.isdecimal() and int(hour) < 24))
        minor = [known[hour].net_minor if hour in known else 0 for hour in hours]
        chart = HourChart(
            currency=currency,
            hours=[hour or "?" for hour in hours],
            net=[amount / 100 for amount in minor],
            net_text=[format_amount(amount) for amount in minor],
            transactions=[known[h].transactions if h in known else 0 for h in hours],
        )
        made.append((chart, msgspec.json.encode(chart).decode()))
    return made
