"""串码 by month: items sold as others, on which slips, by whom, and who does it again (SEL-02).

The pairs are those of the month's counts: a surplus beside an equal shortage. A slip proves nothing by
itself; who stands on the slips of several pairs, or of several months, is worth a talk.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from pos.domain.goods.count_reasons import VarianceReason
from pos.domain.quantity import format_quantity
from sync.head_office import count_report, count_rows
from sync.head_office.count_rows import APPROVED, COMPUTED, POSTED, StockCount
from sync.head_office.dialect import Dialect

LOOK_BACK_MONTHS: Final = 3
"""Months before the one asked for in which a cashier's other pairs are looked for."""

COLUMNS: Final = (
    "store_id", "count_id", "counted_day", "state", "quantity", "rung_up", "rung_up_name",
    "went_out", "went_out_name", "confirmed", "cashiers", "slips",
)  # fmt: skip
_DECIDED: Final = frozenset({COMPUTED, APPROVED, POSTED})


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """One pair of a count."""

    store_id: str
    count_id: str
    counted_day: str
    state: str
    suggestion: count_report.Suggestion
    confirmed: bool
    """Whether the reason given for either line says 串码."""


class Cashier(msgspec.Struct, frozen=True, kw_only=True):
    """One cashier of a store and the pairs whose slips they rang up."""

    store_id: str
    operator_id: str
    pairs: int
    slips: int
    earlier: int
    """Pairs of the months before."""

    @property
    def repeated(self) -> bool:
        """More than one pair, or once more after an earlier month."""
        return self.pairs > 1 or (self.pairs > 0 and self.earlier > 0)


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a month."""

    month: str
    pairs: list[Pair]
    cashiers: list[Cashier]
    counts: int
    """Counts of the month that were computed."""


def report(dialect: Dialect, month: str, store_id: str = "") -> Month:
    """Pairs of a month's counts, of one store or of all, and who rang them up."""
    since = _months_before(month, LOOK_BACK_MONTHS)
    decided = [
        (count, day)
        for count in count_rows.find(dialect, store_id=store_id)
        if count.state in _DECIDED and since <= (day := _day(count))[:7] <= month
    ]
    pairs = [one for count, day in decided for one in _pairs(dialect, count, day)]
    own = [one for one in pairs if one.counted_day[:7] == month]
    earlier = [one for one in pairs if one.counted_day[:7] < month]
    before: dict[tuple[str, str], int] = {}
    for key, _slips in _rung(earlier):
        before[key] = before.get(key, 0) + 1
    found: dict[tuple[str, str], list[int]] = {}
    for key, slips in _rung(own):
        sums = found.setdefault(key, [0, 0])
        sums[0] += 1
        sums[1] += slips
    cashiers = [
        Cashier(
            store_id=key[0],
            operator_id=key[1],
            pairs=sums[0],
            slips=sums[1],
            earlier=before.get(key, 0),
        )
        for key, sums in found.items()
    ]
    cashiers.sort(key=lambda one: (-one.pairs, -one.earlier, -one.slips, one.store_id))
    counts = sum(1 for _count, day in decided if day[:7] == month)
    return Month(month=month, pairs=own, cashiers=cashiers, counts=counts)


def as_rows(found: Month) -> Iterator[dict[str, Any]]:
    """Rows of a file, in `COLUMNS`."""
    for one in found.pairs:
        said = one.suggestion
        yield {
            "store_id": one.store_id,
            "count_id": one.count_id,
            "counted_day": one.counted_day,
            "state": one.state,
            "quantity": format_quantity(said.pair.quantity_milli),
            "rung_up": said.pair.surplus,
            "rung_up_name": said.surplus_name,
            "went_out": said.pair.shortage,
            "went_out_name": said.shortage_name,
            "confirmed": int(one.confirmed),
            "cashiers": "; ".join(f"{name} ({slips})" for name, slips in said.cashiers),
            "slips": " ".join(slip.transaction_no for slip in said.slips),
        }


def _pairs(dialect: Dialect, count: StockCount, day: str) -> Iterator[Pair]:
    lines = count_rows.lines(dialect, count.store_id, count.count_id)
    said = {line.item_code for line in lines if line.reason == VarianceReason.CROSS_CODE.value}
    for one in count_report.suggestions(dialect, count, lines):
        yield Pair(
            store_id=count.store_id,
            count_id=count.count_id,
            counted_day=day,
            state=count.state,
            suggestion=one,
            confirmed=bool(said & {one.pair.surplus, one.pair.shortage}),
        )


def _rung(pairs: Iterable[Pair]) -> Iterator[tuple[tuple[str, str], int]]:
    for one in pairs:
        for operator_id, slips in one.suggestion.cashiers:
            yield (one.store_id, operator_id), slips


def _day(count: StockCount) -> str:
    """The day on which a count ended, by head office's calendar."""
    ended = count.ended_utc_ms or count.computed_utc_ms
    if not ended:
        return count.due_day
    return dt.datetime.fromtimestamp(ended / 1000, tz=dt.UTC).astimezone().date().isoformat()


def _months_before(month: str, count: int) -> str:
    whole = int(month[:4]) * 12 + int(month[5:7]) - 1 - count
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"
