"""Cycle counts that propose themselves: goods of class A, B and C whose turn has come (REP-03, STK-12).

When an item was counted last follows from what was posted: a count covers every item that was asked
of it, also those that nobody found. The class is the item's own rule, else what it brings in sales.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

import msgspec

from pos.domain.goods.counting import CountKind
from pos.domain.planning import classes
from sync.head_office import count_plans, count_rows, goods_items, stock_figures
from sync.head_office.count_rows import APPROVED, COMPUTED, OPEN, POSTED, StockCount
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_counts import GoodsCounts

GRADES: Final = ("A", "B", "C")
SALES_DAYS: Final = 91
MAX_ITEMS: Final = 500
"""Items of one proposed count; the longest uncounted go first."""


class DueItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item whose turn has come."""

    item_code: str
    name: str
    last_day: str
    """When it was counted last; empty for never."""


class CycleDue(msgspec.Struct, frozen=True, kw_only=True):
    """What of one class is due at one store."""

    store_id: str
    grade: str
    every_days: int
    items: tuple[DueItem, ...]
    """The longest uncounted first."""

    total: int
    """Goods of that class that the store has."""

    open_items: int
    """Of those due, in a count that is open already."""


def due(office: HeadOffice, store_id: str) -> list[CycleDue]:
    """What is due of each class that the store's plan counts in turn."""
    dialect = office.dialect
    plan = count_plans.plans(dialect, store_id).get(store_id)
    if plan is None:
        return []
    today = office.today()
    on_hand = {
        code
        for code, accounts in stock_figures.of_store(dialect, store_id).items()
        if any(quantity for (place, _), quantity in accounts.items() if place == "")
    }
    grades = _grades(dialect, store_id, sorted(on_hand), today)
    names = goods_items.items(dialect, sorted(on_hand), store_id)
    class_of = {code: item.item_class for code, item in names.items()}
    last = _last_counted(dialect, store_id, on_hand, class_of)
    busy = _busy(dialect, store_id, on_hand, class_of)
    found: list[CycleDue] = []
    for grade in GRADES:
        days = plan.cycle_days[grade]
        if not days:
            continue
        limit = (today - dt.timedelta(days=days)).isoformat()
        members = [code for code in on_hand if grades[code] == grade]
        late = [code for code in members if last.get(code, "") <= limit]
        waiting = sorted((last.get(code, ""), code) for code in late if code not in busy)
        found.append(
            CycleDue(
                store_id=store_id,
                grade=grade,
                every_days=days,
                items=tuple(
                    DueItem(
                        item_code=code,
                        name=names[code].name if code in names else "",
                        last_day=day,
                    )
                    for day, code in waiting
                ),
                total=len(members),
                open_items=len(late) - len(waiting),
            )
        )
    return found


def open_cycle(
    counts: GoodsCounts, store_id: str, grade: str, *, by: str, passes: int = 0
) -> StockCount:
    """Open the count that is proposed for a class; raises LookupError when nothing is due."""
    found = next((one for one in due(counts.office, store_id) if one.grade == grade), None)
    if found is None or not found.items:
        raise LookupError(f"nothing of class {grade[:10]!r} is due at store {store_id!r}")
    plan = count_plans.plans(counts.dialect, store_id)[store_id]
    return counts.open(
        store_id,
        by=by,
        kind=CountKind.CYCLE.value,
        passes=passes or plan.passes,
        item_codes=[one.item_code for one in found.items[:MAX_ITEMS]],
        note=f"ABC {grade}",
    )


# ------------------------------------------------------------------------------------ helpers


def _grades(dialect: Dialect, store_id: str, codes: list[str], today: dt.date) -> dict[str, str]:
    since = (today - dt.timedelta(days=SALES_DAYS)).isoformat()
    sold = dict.fromkeys(codes, 0)
    for code, amount in dialect.query(
        "SELECT grouping_key, SUM(gross_sales_minor - returns_minor - voids_minor) FROM daily "
        "WHERE store_id = ? AND dimension = 'item' AND business_day >= ? AND grouping_key <> '' "
        "GROUP BY grouping_key",
        (store_id, since),
    ):
        if str(code) in sold:
            sold[str(code)] = int(amount)
    graded = classes.abc(sold)
    own = {rule.item_code: rule.abc for rule in goods_items.item_rules(dialect) if rule.abc}
    return {code: own.get(code) or graded[code] for code in codes}


def _last_counted(
    dialect: Dialect, store_id: str, codes: set[str], class_of: dict[str, str]
) -> dict[str, str]:
    """Item → day of the last count that covered it, an opening count among them."""
    last: dict[str, str] = {}
    for code, day in dialect.query(
        "SELECT l.item_code, MAX(d.business_day) FROM goods_document d JOIN goods_line l "
        "ON l.store_id = d.store_id AND l.workstation_no = d.workstation_no "
        "AND l.epoch_no = d.epoch_no AND l.seq = d.seq WHERE d.store_id = ? "
        "AND d.document_kind IN ('opening', 'adjustment') AND d.state = 'posted' "
        "GROUP BY l.item_code",
        (store_id,),
    ):
        last[str(code)] = str(day)
    for count in count_rows.find(dialect, store_id=store_id):
        if count.state in (APPROVED, POSTED):
            for code in _covered(count, codes, class_of):
                last[code] = max(last.get(code, ""), count.due_day)
    return last


def _busy(dialect: Dialect, store_id: str, codes: set[str], class_of: dict[str, str]) -> set[str]:
    """Items of counts that go on: nobody is asked for them twice."""
    found: set[str] = set()
    for state in (OPEN, COMPUTED):
        for count in count_rows.find(dialect, store_id=store_id, state=state):
            found |= _covered(count, codes, class_of)
    return found


def _covered(count: StockCount, codes: set[str], class_of: dict[str, str]) -> set[str]:
    """Of `codes`, what a count asks for."""
    if not count.item_codes and not count.item_classes:
        return codes
    wanted, named = set(count.item_classes), set(count.item_codes)
    return {code for code in codes if code in named or class_of.get(code, "") in wanted}
