"""What a till is told of its siblings' days: sold, taken back and received by item (REP-06).

A position is the last sequence of the newest day that was told, for each epoch of each sibling: a
day that grew since then is told again, whole. Days that nobody plans from any more are left out.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.sibling_entries import siblings_of
from sync.sibling_wire import Position, cursor_of, position_of
from sync.sold_wire import PAGE_SUMS, DaySum, SoldAnswer, SoldDay

KEPT_DAYS: Final = 400
"""Older days are told to nobody: a till plans from twelve weeks, and looks for dead stock in more."""

_DAYS = (
    "SELECT business_day, first_seq, last_seq FROM stock_day WHERE store_id = ? AND "
    "workstation_no = ? AND epoch_no = ? AND last_seq > ? AND business_day >= ? "
    "ORDER BY last_seq, business_day"
)
_OF_DAY = (
    "store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq BETWEEN ? AND ? "
    "AND business_day = ?"
)
_IN_AND_OUT = (
    "SUM(CASE WHEN {0} > 0 THEN {0} ELSE 0 END), SUM(CASE WHEN {0} < 0 THEN -({0}) ELSE 0 END)"
)
_SUMS = (
    f"SELECT item_code, kind, {_IN_AND_OUT.format('-quantity_milli')} FROM sale_line "
    f"WHERE {_OF_DAY} AND kind IN ('sale', 'return', 'void') AND item_code <> '' "
    "GROUP BY item_code, kind UNION ALL "
    f"SELECT item_code, reason, {_IN_AND_OUT.format('quantity_milli')} FROM stock_move "
    f"WHERE {_OF_DAY} AND reason IN ('receipt', 'transfer_in', 'opening') AND place = '' "
    "GROUP BY item_code, reason"
)


def answer(
    office: HeadOffice,
    store_id: str,
    workstation_no: int,
    cursor: str,
    *,
    page_sums: int = PAGE_SUMS,
) -> SoldAnswer:
    """One page of siblings' days that changed after a position; a foreign one begins anew."""
    dialect = office.dialect
    known = position_of(office.incarnation, cursor)
    position: Position = dict(known or {})
    days: list[SoldDay] = []
    size, more = 0, False
    oldest = (office.today() - dt.timedelta(days=KEPT_DAYS)).isoformat()
    with dialect.snapshot():
        for number, epoch_no, workstation_id, epoch in siblings_of(
            dialect, store_id, workstation_no
        ):
            place = (store_id, number, epoch_no)
            after = position.get((number, epoch_no), 0)
            for day, first, last in dialect.query(_DAYS, (*place, after, oldest)):
                if size >= page_sums:
                    more = True
                    break
                sums = _sums(dialect, (*place, int(first), int(last), str(day)))
                size += len(sums) + 1
                position[number, epoch_no] = int(last)
                days.append(
                    SoldDay(
                        workstation_id=workstation_id,
                        epoch=epoch,
                        business_day=str(day),
                        sums=sums,
                    )
                )
    return SoldAnswer(
        incarnation=office.incarnation,
        cursor=cursor_of(office.incarnation, position),
        server_time_ms=office.clock_ms(),
        whole=known is None,
        more=more,
        days=tuple(days),
    )


def _sums(dialect: Dialect, day: tuple[str, int, int, int, int, str]) -> tuple[DaySum, ...]:
    return tuple(
        DaySum(str(code), str(reason), int(came), int(went))
        for code, reason, came, went in dialect.query(_SUMS, (*day, *day))
    )
