"""What the shop's other tills did, coming down page by page: their goods entries, their days (R14).

Each page is written with the position after it, so a kill between two pages loses nothing and
repeats nothing. Both roads are asked at a pace of their own, after what was sent has gone.
"""

from __future__ import annotations

from pos.store.sibling_journals import SiblingDay, SiblingEntry, SoldSum
from sync.exchange import Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.roads import Road
from sync.sibling_wire import ROUTE_SIBLINGS, SiblingsAnswer
from sync.sold_wire import ROUTE_SOLD, SoldAnswer


class Siblings:
    """The two roads, and what came on them."""

    def __init__(self, inbox: Inbox, pace: Pace, now_ms: int) -> None:
        """`now_ms` is monotonic, as in every method."""
        self.inbox = inbox
        self.entries = Road(
            RequestKind.SIBLINGS,
            ROUTE_SIBLINGS,
            lambda: inbox.siblings_cursor,
            pace.stock_interval_ms,
            pace,
            now_ms,
        )
        self.days = Road(
            RequestKind.SOLD,
            ROUTE_SOLD,
            lambda: inbox.sold_cursor,
            pace.sold_interval_ms,
            pace,
            now_ms,
        )

    def next(self, now_ms: int) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        return self.entries.next(now_ms) or self.days.next(now_ms)

    def due_in_ms(self, now_ms: int) -> int | None:
        """How long until something is asked for; None when nothing ever is."""
        due = (self.entries.due_in_ms(now_ms), self.days.due_in_ms(now_ms))
        return min((ms for ms in due if ms is not None), default=None)

    def soon(self, now_ms: int) -> None:
        """Head office's life changed: what it has may be another."""
        self.entries.soon(now_ms)
        self.days.soon(now_ms)

    def told_entries(self, answer: SiblingsAnswer, now_ms: int) -> int:
        """Write a page of entries; returns how many were new. Raises Mismatch, StoreError."""
        self.entries.check(answer.cursor, more=answer.more)
        new = self.inbox.put_siblings(
            [
                SiblingEntry(entry.workstation_id, entry.epoch, entry.seq, entry.text.encode())
                for entry in answer.entries
            ],
            replace=answer.whole,
            cursor=answer.cursor,
        )
        self.entries.heard(more=answer.more, now_ms=now_ms)
        return new

    def told_days(self, answer: SoldAnswer, now_ms: int) -> None:
        """Write a page of days. Raises Mismatch, StoreError."""
        self.days.check(answer.cursor, more=answer.more)
        self.inbox.put_sold(
            [
                SiblingDay(
                    day.workstation_id,
                    day.epoch,
                    day.business_day,
                    tuple(
                        SoldSum(one.item_code, one.reason, one.in_milli, one.out_milli)
                        for one in day.sums
                    ),
                )
                for day in answer.days
            ],
            replace=answer.whole,
            cursor=answer.cursor,
        )
        self.days.heard(more=answer.more, now_ms=now_ms)

    def refused(self, kind: RequestKind, now_ms: int) -> None:
        """Head office does not know one of the roads."""
        (self.days if kind is RequestKind.SOLD else self.entries).refused(now_ms)
