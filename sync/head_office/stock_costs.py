"""What movements have cost at their moment, and what stock had cost at the end of a day (STK-16).

The steps of `stock_cost_step` say where an item's average changed. What is not folded yet is
replayed here for the items it concerns, so figures are the same before and after a fold.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from pos.domain.planning.margins import DayFigures, Move, book
from sync.head_office import stock_figures, stock_fold
from sync.head_office.dialect import Dialect
from sync.head_office.stock_fold import CARD_COLUMNS, STEP_COLUMNS, Row

_AT: Final = {name: number for number, name in enumerate(CARD_COLUMNS)}
_STEP_KEYS: Final = slice(2, 7)
_DAY_AT: Final = STEP_COLUMNS.index("business_day")
_SLACK_MS: Final = 36 * 3_600_000
"""A business day may begin and end that far from its date in UTC."""


class Steps:
    """Costs of some items of a store from a moment on; before it, nobody asks."""

    def __init__(self, dialect: Dialect, store_id: str, since_utc_ms: int) -> None:
        """Read the steps of every item whose cost changed since, and the present cost of others."""
        tail = sorted(stock_fold.tail(dialect, store_id), key=lambda row: row[1:7])
        fresh = {str(row[1]) for row in tail if row[_AT["unit_cost_e4"]] is not None}
        changed = fresh | {
            str(code)
            for (code,) in dialect.query(
                "SELECT DISTINCT item_code FROM stock_cost_step "
                "WHERE store_id = ? AND at_utc_ms >= ?",
                (store_id, since_utc_ms),
            )
        }
        self.tail = tail
        self.present = stock_figures.costs(dialect, store_id)
        self._steps: dict[str, list[Row]] = {code: [] for code in changed}
        for row in dialect.rows_of_keys(
            f"SELECT {', '.join(STEP_COLUMNS)} FROM stock_cost_step "
            "WHERE store_id = ? AND item_code IN ?",
            (store_id,),
            sorted(changed - fresh),
        ):
            self._steps[str(row[1])].append(tuple(row))
        for code in sorted(fresh):
            card = dialect.query(
                f"SELECT {', '.join(CARD_COLUMNS)} FROM stock_card "
                "WHERE store_id = ? AND item_code = ?",
                (store_id, code),
            )
            whole = sorted(
                [*(tuple(row) for row in card), *(row for row in tail if row[1] == code)],
                key=lambda row: row[2:7],
            )
            self._steps[code] = stock_fold.steps(whole)
            if self._steps[code]:
                self.present[code] = int(self._steps[code][-1][-1])
        for listed in self._steps.values():
            listed.sort(key=lambda row: row[_STEP_KEYS])
        self._keys = {
            code: [row[_STEP_KEYS] for row in listed] for code, listed in self._steps.items()
        }

    def before(self, item_code: str, key: tuple[Any, ...]) -> int | None:
        """What a unit had cost before the movement at `key`: time, till, epoch, sequence, line."""
        if item_code not in self._steps:
            return self.present.get(item_code)
        place = bisect_left(self._keys[item_code], key)
        return int(self._steps[item_code][place - 1][-1]) if place else None

    def at_end_of(self, item_code: str, day: str) -> int | None:
        """What a unit had cost when a business day was over."""
        if item_code not in self._steps:
            return self.present.get(item_code)
        until = [row for row in self._steps[item_code] if row[_DAY_AT] <= day]
        return int(until[-1][-1]) if until else None


def since(day: str) -> int:
    """The earliest moment that may belong to a business day, Unix milliseconds."""
    midnight = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    return int(midnight.timestamp() * 1000) - _SLACK_MS


def costs_at(dialect: Dialect, store_id: str, day: str) -> dict[str, int]:
    """Item → what a unit had cost when a business day was over, of those that had a cost."""
    found = Steps(dialect, store_id, since(day))
    made = {code: found.at_end_of(code, day) for code in found.present}
    return {code: cost for code, cost in made.items() if cost is not None}


def day_figures(
    dialect: Dialect,
    store_id: str,
    charged: Mapping[tuple[str, str], int],
    first_day: str,
    last_day: str,
    items: Collection[str] | None = None,
) -> tuple[dict[tuple[str, str], DayFigures], dict[str, int]]:
    """(item, day) → bought, sold, lost and earned, each movement at the cost of its moment.

    Also item → present cost. `charged` is what was charged by item and day; the caller has a
    snapshot. The same as `pos.domain.planning.margins` over the whole ledger.
    """
    rows = list(moves(dialect, store_id, first_day, last_day))
    costs = Steps(dialect, store_id, min((int(row[2]) for row in rows), default=since(last_day)))
    found: dict[tuple[str, str], DayFigures] = {}
    for row in rows:
        code, day = str(row[1]), str(row[_AT["business_day"]])
        if items is not None and code not in items:
            continue
        cost = row[_AT["unit_cost_e4"]]
        move = Move(
            code,
            day,
            int(row[_AT["quantity_milli"]]),
            str(row[_AT["reason"]]),
            str(row[_AT["place"]]),
            None if cost is None else int(cost),
        )
        book(found.setdefault((code, day), DayFigures()), move, costs.before(code, row[2:7]))
    for key, amount in charged.items():
        if first_day <= key[1] <= last_day and (items is None or key[0] in items):
            found.setdefault(key, DayFigures()).revenue_minor += amount
    return found, costs.present


def moves(dialect: Dialect, store_id: str, first_day: str, last_day: str) -> Iterable[Row]:
    """The ledger of some business days, folded or not, in the columns of a card."""
    at_day = _AT["business_day"]
    where = "WHERE d.store_id = ? AND d.business_day BETWEEN ? AND ?"
    for no, epoch, first, last, folded in dialect.query(
        "SELECT d.workstation_no, d.epoch_no, MIN(d.first_seq), MAX(d.last_seq), "
        "MAX(e.folded_seq) FROM stock_day d JOIN epoch e ON e.store_id = d.store_id "
        f"AND e.workstation_no = d.workstation_no AND e.epoch_no = d.epoch_no {where} "
        "GROUP BY d.workstation_no, d.epoch_no",
        (store_id, first_day, last_day),
    ):
        place = (store_id, no, epoch)
        for row in stock_fold.ledger(dialect, place, int(first) - 1, min(int(last), int(folded))):
            if first_day <= row[at_day] <= last_day:
                yield row
    for row in stock_fold.tail(dialect, store_id):
        if first_day <= row[at_day] <= last_day:
            yield row
