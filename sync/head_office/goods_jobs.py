"""What head office does about goods when nobody waits: folding, telling stores, comparing ledgers.

Each call does a little, so that a till that pushes meanwhile is answered in between. What is to be
done is read from the database, so that a stop at any moment loses nothing; which stores to look at
is remembered from what was taken in, and at a start all of them are looked at.
"""

from __future__ import annotations

from sync.head_office import (
    count_standing,
    goods_following,
    goods_transfers,
    ledger_proofs,
    stock_fold,
    store_reminders,
)
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.feed import Feed
from sync.head_office.goods_counts import GoodsCounts
from sync.head_office.goods_orders import GoodsOrders

_TEND_MS = 60_000
_REMIND_MS = 15 * 60_000

_FOLDS_BETWEEN = 5
"""Every so many steps a store is looked at although there is more to fold."""


class GoodsJobs:
    """Work of one writer; `step` until it answers False."""

    def __init__(self, office: HeadOffice, orders: GoodsOrders | None = None) -> None:
        """Work on an open head office; every store is looked at first."""
        self.office = office
        self.orders = orders or GoodsOrders(Feed(office))
        self._due: set[str] | None = None
        self._looked_at: dict[str, int] = {}
        self._steps = 0
        self._tended_ms = 0
        self._reminded_ms = 0
        self._to_remind: list[str] = []

    def look_at(self, store_id: str) -> None:
        """A store booked goods or a note."""
        if self._due is not None:
            self._due.add(store_id)

    def step(self) -> bool:
        """Do a little; whether there is more to do."""
        dialect = self.office.dialect
        if self._due is None:
            self._due = set(_stores(dialect))
        self._steps += 1
        others_turn = self._steps % _FOLDS_BETWEEN == 0
        # Folding goes first, but a chain whose tills never rest is told of its transfers as well.
        if others_turn:
            self._tend_counts()
            self._remind_one()
        if not (self._due and others_turn) and stock_fold.fold_step(dialect):
            return True
        if not self._due:
            self._tend_counts()
            return self._remind_one()
        store_id = min(self._due, key=lambda store: (self._looked_at.get(store, 0), store))
        self._looked_at[store_id] = self._steps
        goods_transfers.tell(self.orders, store_id)
        goods_following.follow(self.orders, store_id)
        ledger_proofs.check(self.office, store_id)
        if not stock_fold.is_behind(dialect, store_id):
            self._due.discard(store_id)  # last: what failed, or was not folded, is tried again
        return True

    def _tend_counts(self) -> None:
        """Once a minute: counts whose drawn day has come, or that a till opened (STK-05)."""
        now_ms = self.office.clock_ms()
        if now_ms - self._tended_ms >= _TEND_MS:
            self._tended_ms = now_ms
            GoodsCounts(self.orders.feed).tend()

    def _remind_one(self) -> bool:
        """Every quarter of an hour, store by store: draw its count, find what it left undone.

        Whether another store waits for it.
        """
        now_ms = self.office.clock_ms()
        if now_ms - self._reminded_ms >= _REMIND_MS:
            self._reminded_ms = now_ms
            self._to_remind = _stores(self.office.dialect)[::-1]
        if not self._to_remind:
            return False
        store_id = self._to_remind.pop()
        count_standing.draw_due(GoodsCounts(self.orders.feed), store_id)
        store_reminders.remind(self.office, store_id)
        return bool(self._to_remind)

    def run(self) -> None:
        """Everything there is to do."""
        while self.step():
            pass


def _stores(dialect: Dialect) -> list[str]:
    return [str(store) for (store,) in dialect.query("SELECT store_id FROM store")]
