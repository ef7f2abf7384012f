"""When goods ordered today arrive, and until when they have to last (REP-01)."""

from __future__ import annotations

import datetime as dt

import msgspec


class Cover(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order placed today is for."""

    arrives: dt.date
    """First delivery that can bring it."""

    until: dt.date
    """The delivery after that: until then there is nothing else."""

    def days(self, today: dt.date) -> tuple[dt.date, ...]:
        """Days to be lived on, from today until the later delivery."""
        return tuple(
            today + dt.timedelta(days=n) for n in range(max((self.until - today).days, 0))
        )


def delivery_on_or_after(day: dt.date, weekdays: str) -> dt.date:
    """First delivery day from `day` on; `weekdays` are ISO digits, empty is any day."""
    for ahead in range(7):
        found = day + dt.timedelta(days=ahead)
        if not weekdays or str(found.isoweekday()) in weekdays:
            return found
    return day


def cover(today: dt.date, *, weekdays: str = "", lead_days: int = 1, cycle_days: int = 0) -> Cover:
    """The delivery that an order of today comes with, and the one after it.

    Who orders every `cycle_days` days waits at least that long for the next one.
    """
    arrives = delivery_on_or_after(today + dt.timedelta(days=max(lead_days, 0)), weekdays)
    later = arrives + dt.timedelta(days=max(cycle_days, 1))
    return Cover(arrives=arrives, until=delivery_on_or_after(later, weekdays))


def cycle_reached(today: dt.date, last_ordered: dt.date | None, cycle_days: int) -> bool:
    """Whether the item's replenishment cycle is over; one without a cycle never is."""
    if cycle_days <= 0:
        return False
    return last_ordered is None or (today - last_ordered).days >= cycle_days
