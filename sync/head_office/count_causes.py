"""Why counts differed, month by month: causes over all posted counts of a store (STK-11)."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync.head_office import count_rows
from sync.head_office.dialect import Dialect

COLUMNS: Final = (
    "month", "store_id", "reason", "counts", "lines", "surplus", "shortage", "value",
    "surplus_value", "shortage_value",
)  # fmt: skip


class Cause(msgspec.Struct, kw_only=True):
    """One reason in one store and month. Quantities in thousandths, values in minor units."""

    month: str
    store_id: str
    reason: str
    counts: int = 0
    lines: int = 0
    surplus_milli: int = 0
    shortage_milli: int = 0
    surplus_minor: int = 0
    shortage_minor: int = 0
    unvalued: int = 0
    """Lines whose cost and price are both unknown."""

    @property
    def value_minor(self) -> int:
        """Surplus less shortage."""
        return self.surplus_minor - self.shortage_minor


def by_month(
    dialect: Dialect, *, store_id: str = "", first_month: str, last_month: str
) -> list[Cause]:
    """Causes of approved and posted counts by the month of their day, the latest month first."""
    found: dict[tuple[str, str, str], Cause] = {}
    for count in count_rows.find(dialect, store_id=store_id):
        month = count.due_day[:7]
        if count.state not in ("approved", "posted") or not first_month <= month <= last_month:
            continue
        seen: set[str] = set()
        for line in count_rows.lines(dialect, count.store_id, count.count_id):
            key = (month, count.store_id, line.reason)
            one = found.setdefault(
                key, Cause(month=month, store_id=count.store_id, reason=line.reason)
            )
            one.counts += line.reason not in seen
            seen.add(line.reason)
            one.lines += 1
            value = line.value_minor
            one.unvalued += value is None
            if line.variance_milli >= 0:
                one.surplus_milli += line.variance_milli
                one.surplus_minor += value or 0
            else:
                one.shortage_milli -= line.variance_milli
                one.shortage_minor -= value or 0
    ordered = sorted(found.values(), key=lambda one: (one.store_id, one.reason))
    return sorted(ordered, key=lambda one: one.month, reverse=True)


def as_row(one: Cause, quantity: Any, money: Any) -> dict[str, Any]:
    """A row of a file, in `COLUMNS`."""
    return {
        "month": one.month,
        "store_id": one.store_id,
        "reason": one.reason,
        "counts": one.counts,
        "lines": one.lines,
        "surplus": quantity(one.surplus_milli),
        "shortage": quantity(one.shortage_milli),
        "value": money(one.value_minor),
        "surplus_value": money(one.surplus_minor),
        "shortage_value": money(one.shortage_minor),
    }
