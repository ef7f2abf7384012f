"""What waits about goods over all stores, in one tile of the overview: numbers, each with its page.

Each number is counted by the module that its page shows, so that tile and page say the same
(REP-04, RCV-11, RCV-13, STK-03, STK-15).
"""

from __future__ import annotations

import datetime as dt
import time
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.goods.orders import OrderKind
from pos.domain.planning.warnings import Kind
from sync.head_office import (
    count_rows,
    goods_overdue,
    goods_transfers,
    ledger_proofs,
    quality_reports,
    quality_upkeep,
    stock_warnings,
)
from sync.head_office.count_rows import COMPUTED, OPEN
from sync.head_office.database import HeadOffice
from sync.head_office.goods_claims import Claims
from sync.head_office.goods_dispatching import LATE_DAYS, Dispatching
from sync.head_office.goods_recalls import Recalls
from sync.head_office.goods_requisitions import Requisitions
from sync.head_office.order_documents import OPEN_STATES
from sync.head_office.service import Service

_DAY_MS: Final = 86_400_000
LOOK_BACK_DAYS: Final = 14
"""Days for which differing ledgers are told."""

WARNED: Final = (
    Kind.NEGATIVE,
    Kind.EXPIRED,
    Kind.OUT,
    Kind.LOW,
    Kind.NEAR_EXPIRY,
    Kind.OVER,
    Kind.DEAD,
    Kind.SLOW,
    Kind.UNMOVED,
    Kind.NO_PRICE,
    Kind.NEVER_COUNTED,
)


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the tile; `what` is its code, which the page has words for."""

    what: str
    count: int
    path: str
    bad: bool = False
    """Whether anything above nothing is a fault rather than work."""


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The tile."""

    waits: list[Waits]
    warnings: list[Waits]
    unread_stores: int
    """Stores whose warnings are not known yet: they follow with the next look."""


def board(service: Service, store_id: str = "") -> Board:
    """Everything that waits, over all stores or in one."""
    office, dialect = service.office, service.office.dialect
    now_ms, today = office.clock_ms(), office.today().isoformat()
    query = f"?store={store_id}" if store_id else ""
    orders = service.orders
    late_orders = sum(
        1
        for one in orders.documents(
            kinds=(OrderKind.PURCHASE.value,),
            states=[state.value for state in OPEN_STATES],
            store_id=store_id,
            limit=2_000,
        )
        if one.order.due_day and one.order.due_day < today
    )
    late_dispatches = sum(
        1
        for one in orders.documents(
            kinds=(OrderKind.DISPATCH.value,),
            states=[state.value for state in OPEN_STATES],
            store_id=store_id,
            limit=2_000,
        )
        if now_ms - (one.placed_utc_ms or one.entered_utc_ms) > LATE_DAYS * _DAY_MS
    )
    late_transfers = sum(
        1
        for one in goods_transfers.transfers(dialect, store_id=store_id, only_open=True)
        if one.age_days(now_ms) > LATE_DAYS
    )
    copies = sum(
        1
        for one in Dispatching(orders).copies_out()
        if one.overdue and store_id in ("", one.store_id)
    )
    registers = goods_overdue.open_entries(office, store_id=store_id, only_overdue=True)
    asked = sum(
        1 for one in Requisitions(orders).all(store_id=store_id, limit=500) if not one.answer
    )
    claims = len(Claims(orders).all(store_id=store_id, open_only=True, limit=500))
    recalls = sum(
        1
        for one in Recalls(orders).all(standing=True, limit=500)
        if one.recall and (not store_id or one.store_id in ("", store_id))
    )
    counts = [
        one
        for state in (OPEN, COMPUTED)
        for one in count_rows.find(dialect, store_id=store_id, state=state)
    ]
    since = _day_before(today, LOOK_BACK_DAYS)
    differ = sum(
        1
        for one in ledger_proofs.proofs(dialect, store_id=store_id, first_day=since)
        if not one.equal
    )
    upkeep, cases = _quality(office, today, store_id)
    found, unread = stock_warnings.counts(office, store_id)
    return Board(
        waits=[
            Waits(what="late_orders", count=late_orders, path="/orders"),
            Waits(
                what="late_transit",
                count=late_dispatches + late_transfers,
                path=f"/stock/transit{query}",
            ),
            Waits(what="registers", count=len(registers), path=f"/registers{query}"),
            Waits(what="copies", count=copies, path="/orders"),
            Waits(what="requisitions", count=asked, path="/requisitions"),
            Waits(what="claims", count=claims, path="/claims"),
            Waits(what="recalls", count=recalls, path=f"/quality{query}", bad=True),
            Waits(what="counts", count=len(counts), path="/counts"),
            Waits(what="ledgers", count=differ, path=f"/ledger{query}", bad=True),
            Waits(what="upkeep", count=upkeep, path=f"/quality/records?list=due&store={store_id}"),
            Waits(what="cases", count=cases, path=f"/quality{query}"),
        ],
        warnings=[
            Waits(
                what=kind.value,
                count=found[kind],
                path=f"/stock/odd?kind={kind.value}&store={store_id}",
                bad=kind in (Kind.NEGATIVE, Kind.EXPIRED, Kind.OUT),
            )
            for kind in WARNED
            if found[kind]
        ],
        unread_stores=unread,
    )


class _Kept(msgspec.Struct, frozen=True):
    """Numbers that take a walk through every store's batches or registers."""

    today: str
    made_s: float
    took_s: float
    upkeep: int
    cases: int


_kept: WeakKeyDictionary[HeadOffice, dict[str, _Kept]] = WeakKeyDictionary()


def _quality(office: HeadOffice, today: str, store_id: str) -> tuple[int, int]:
    """Overdue maintenance and open problems; kept for some times as long as finding them took."""
    kept = _kept.setdefault(office, {})
    known, began = kept.get(store_id), time.monotonic()
    if (
        known is None
        or known.today != today
        or began - known.made_s >= stock_warnings.KEPT_TIMES * known.took_s
    ):
        due = quality_upkeep.due(office.dialect, today, store_id, 0)
        overdue = sum(1 for one in due if one.overdue_days > 0)
        cases = len(quality_reports.open_cases(office.dialect, store_id))
        now = time.monotonic()
        known = kept[store_id] = _Kept(today, now, now - began, overdue, cases)
    return known.upkeep, known.cases


def _day_before(today: str, days: int) -> str:
    return (dt.date.fromisoformat(today) - dt.timedelta(days=days)).isoformat()
