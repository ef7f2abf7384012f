"""When a route beside journal and feed is asked: at its own pace, and never without end."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from sync.exchange import Pace, Request, RequestKind
from sync.push import Mismatch


class Road:
    """When one route is asked, and from which position."""

    def __init__(
        self,
        kind: RequestKind,
        route: str,
        position: Callable[[], str],
        interval_ms: int,
        pace: Pace,
        now_ms: int,
        *,
        first_in_ms: int = 0,
    ) -> None:
        """`interval_ms` between two askings, 0 for never; `now_ms` is monotonic, as everywhere."""
        self.kind = kind
        self.route = route
        self.position = position
        self.interval_ms = interval_ms
        self._least_ms = pace.interval_ms
        self._due_ms = now_ms + first_in_ms
        self._asked_ms = now_ms - pace.interval_ms

    def next(self, now_ms: int) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        if not self.interval_ms or now_ms < self._due_ms:
            return None
        self._asked_ms = now_ms
        # A road that is never answered well lets the other questions have their turn.
        self._due_ms = now_ms + self._least_ms
        query = urlencode({"cursor": self.position()})
        return Request(kind=self.kind, method="GET", target=f"{self.route}?{query}")

    def due_in_ms(self, now_ms: int) -> int | None:
        """How long until it is asked for; None when it never is."""
        return max(0, self._due_ms - now_ms) if self.interval_ms else None

    def soon(self, now_ms: int) -> None:
        """Head office's life changed, or somebody waits for it: ask, but not without end."""
        self._due_ms = min(self._due_ms, max(now_ms, self._asked_ms + self._least_ms))

    def check(self, cursor: str, *, more: bool) -> None:
        """Raise Mismatch for a page that leads nowhere; before it is put away."""
        if more and cursor == self.position():
            raise Mismatch(f"a page of {self.kind} that leads nowhere")

    def heard(self, *, more: bool, now_ms: int) -> None:
        """A page is put away: go on with the next one, or rest."""
        self._due_ms = now_ms + (0 if more else self.interval_ms)

    def refused(self, now_ms: int) -> None:
        """Head office does not know this road: a version without it."""
        self._due_ms = now_ms + max(self.interval_ms, self._least_ms)
