"""The downward half of the engine: the feed by versions, or a whole catalogue page by page (R11).

A cursor that head office does not know (410), versions that do not follow what is here, or a
regress of head office all end in a snapshot. A snapshot is fetched under one token; when head
office no longer knows the token, or the pages do not give its count and hash, it begins again.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pos.store.errors import SnapshotMismatch
from sync.exchange import Request, RequestKind
from sync.inbox import FeedMismatch, Inbox
from sync.protocol import ROUTE_CHANGES, ROUTE_SNAPSHOT, ChangesAnswer, SnapshotAnswer
from sync.push import Mismatch


class Pull:
    """Cursor, pages and directives."""

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.changes_due = True
        self.directives_waiting = False
        self._token = ""
        self._page = 0

    def next(self) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        if self.inbox.snapshot_wanted:
            query = urlencode({"token": self._token, "page": self._page})
            return Request(
                kind=RequestKind.SNAPSHOT, method="GET", target=f"{ROUTE_SNAPSHOT}?{query}"
            )
        if self.changes_due:
            query = urlencode({"cursor": self.inbox.cursor, "feed_hash": self.inbox.feed_hash})
            return Request(
                kind=RequestKind.CHANGES, method="GET", target=f"{ROUTE_CHANGES}?{query}"
            )
        return None

    def newest_is(self, version: int, directives: int = 0) -> None:
        """What a heartbeat said of the feed: fetch when there is something."""
        if version != self.inbox.version or directives:
            self.changes_due = True

    def changes_answered(self, answer: ChangesAnswer) -> int:
        """Apply what came; returns how many versions were new. Raises WireError, Mismatch."""
        try:
            new = self.inbox.apply_changes(answer)
        except FeedMismatch as error:
            self.gone()
            raise Mismatch(str(error)) from error
        self.changes_due = answer.more
        return new

    def page_answered(self, page: SnapshotAnswer) -> bool:
        """Put a page away; True when it was the last. Raises WireError, Mismatch."""
        if page.page != self._page or (self._token and page.token != self._token):
            self.restart_snapshot()
            raise Mismatch(f"expected page {self._page}, got {page.page}")
        try:
            self.inbox.add_page(page)
        except SnapshotMismatch as error:
            self.restart_snapshot()
            raise Mismatch(str(error)) from error
        if page.last:
            self._token, self._page = "", 0
            self.changes_due = True
            return True
        self._token, self._page = page.token, page.page + 1
        return False

    def gone(self) -> None:
        """410: the cursor, or the token, is of another life: fetch everything anew."""
        if self._token or self._page:
            self.restart_snapshot()
        self.inbox.want_snapshot()

    def restart_snapshot(self) -> None:
        """Begin the snapshot again."""
        self._token, self._page = "", 0
        self.inbox.abandon_snapshot()
