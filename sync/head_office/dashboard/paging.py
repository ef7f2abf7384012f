"""Long lists by the page: which rows are shown, and addresses that keep the filter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

import msgspec

from sync.head_office.dashboard.view import Req

_T = TypeVar("_T")
PAGE_ROWS: Final = 100
_NOT_KEPT: Final = frozenset({"page", "format"})
_NEAR: Final = 2


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list of `count` rows."""

    page: int
    """From 1."""

    pages: int
    count: int
    first: int
    """Number of its first row, from 1; 0 of an empty list."""

    last: int
    path: str
    query: tuple[tuple[str, str], ...]
    """The filter as it came, without the page."""

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.page - 1) * PAGE_ROWS

    def of(self, rows: Sequence[_T]) -> Sequence[_T]:
        """The page's rows of the whole list."""
        return rows[self.offset : self.offset + PAGE_ROWS]

    def url(self, page: int) -> str:
        """Another page of the same list."""
        return f"{self.path}?{urlencode([*self.query, ('page', str(page))])}"

    @property
    def sheet(self) -> str:
        """The whole list as CSV, with the same filter."""
        return f"{self.path}?{urlencode([*self.query, ('format', 'csv')])}"

    @property
    def near(self) -> list[int]:
        """Pages to offer: the first, the last, those around this one; 0 stands for a gap."""
        shown = [
            number
            for number in range(1, self.pages + 1)
            if number in (1, self.pages) or abs(number - self.page) <= _NEAR
        ]
        made: list[int] = []
        for number in shown:
            if made and number - made[-1] > 1:
                made.append(0)
            made.append(number)
        return made


def window(request: Req, count: int) -> Window:
    """The page that the address asks for; one that is not there is the nearest that is."""
    pages = max(1, -(-count // PAGE_ROWS))
    asked = request.query_params.get("page", "1")
    page = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
    page = min(max(page, 1), pages)
    first = (page - 1) * PAGE_ROWS
    return Window(
        page=page,
        pages=pages,
        count=count,
        first=first + 1 if count else 0,
        last=min(first + PAGE_ROWS, count),
        path=request.url.path,
        query=tuple(
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in _NOT_KEPT and value
        ),
    )
