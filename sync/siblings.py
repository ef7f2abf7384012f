"""What the shop's other tills wrote about goods, coming down page by page (R14).

Each page is written with the position after it, so a kill between two pages loses nothing and
repeats nothing. Asked for at the pace of the store's stock: both say what others did.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pos.store.sibling_journals import SiblingEntry
from sync.exchange import Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.push import Mismatch
from sync.sibling_wire import ROUTE_SIBLINGS, SiblingsAnswer


class Siblings:
    """When to ask, and what came."""

    def __init__(self, inbox: Inbox, pace: Pace, now_ms: int) -> None:
        """`now_ms` is monotonic, as in every method."""
        self.inbox = inbox
        self.pace = pace
        self._due_ms = now_ms
        self._asked_ms = now_ms - pace.interval_ms

    def next(self, now_ms: int) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        if not self.pace.stock_interval_ms or now_ms < self._due_ms:
            return None
        self._asked_ms = now_ms
        query = urlencode({"cursor": self.inbox.siblings_cursor})
        return Request(kind=RequestKind.SIBLINGS, method="GET", target=f"{ROUTE_SIBLINGS}?{query}")

    def due_in_ms(self, now_ms: int) -> int | None:
        """How long until it is asked for; None when it never is."""
        return max(0, self._due_ms - now_ms) if self.pace.stock_interval_ms else None

    def soon(self, now_ms: int) -> None:
        """Head office's life changed, or somebody waits for it: ask, but not without end."""
        self._due_ms = min(self._due_ms, max(now_ms, self._asked_ms + self.pace.interval_ms))

    def answered(self, answer: SiblingsAnswer, now_ms: int) -> int:
        """Write a page; returns how many entries were new. Raises Mismatch, StoreError."""
        if answer.more and answer.cursor == self.inbox.siblings_cursor:
            raise Mismatch("a page of other tills' entries that leads nowhere")
        new = self.inbox.put_siblings(
            [
                SiblingEntry(entry.workstation_id, entry.epoch, entry.seq, entry.text.encode())
                for entry in answer.entries
            ],
            replace=answer.whole,
            cursor=answer.cursor,
        )
        self._due_ms = now_ms + (0 if answer.more else self.pace.stock_interval_ms)
        return new

    def refused(self, now_ms: int) -> None:
        """Head office does not know this road: a version without it."""
        self._due_ms = now_ms + max(self.pace.stock_interval_ms, self.pace.interval_ms)
