"""The store's stock coming down: asked for after what was sent and now and then, written at once.

Pages are kept in memory until the last one, which says how far each workstation's journal is in
them (R14); a kill before that leaves the figures as they were, and the next run asks from there.
"""

from __future__ import annotations

from urllib.parse import urlencode

from pos.store.goods_reference import StockFigure, StockIncluded
from pos.store.reference_stock import ItemStock
from sync.exchange import Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.push import Mismatch
from sync.stock_wire import ROUTE_STOCK, StockAnswer, StockItem


class Stock:
    """When to ask, and the pages that came."""

    def __init__(self, inbox: Inbox, pace: Pace, now_ms: int) -> None:
        """`now_ms` is monotonic, as in every method."""
        self.inbox = inbox
        self.pace = pace
        self._due_ms = now_ms + pace.stock_interval_ms
        self._asked_ms = now_ms - pace.interval_ms
        self._cursor = ""
        self._whole = False
        self._items: dict[str, StockItem] = {}
        self._fetching = False

    def next(self, now_ms: int) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        if not self.pace.stock_interval_ms or (now_ms < self._due_ms and not self._fetching):
            return None
        self._asked_ms = now_ms
        cursor = self._cursor if self._fetching else self.inbox.stock_cursor
        query = urlencode({"cursor": cursor})
        return Request(kind=RequestKind.STOCK, method="GET", target=f"{ROUTE_STOCK}?{query}")

    def due_in_ms(self, now_ms: int) -> int | None:
        """How long until it is asked for; None when it never is."""
        return max(0, self._due_ms - now_ms) if self.pace.stock_interval_ms else None

    def soon(self, now_ms: int) -> None:
        """Something was sent, or head office's life changed: ask, but not without end."""
        self._due_ms = min(self._due_ms, max(now_ms, self._asked_ms + self.pace.interval_ms))

    def answered(self, answer: StockAnswer, now_ms: int) -> None:
        """Put a page away, and write all of them with the last. Raises Mismatch, StoreError."""
        if not self._fetching or answer.whole:
            self._items, self._whole, self._fetching = {}, answer.whole, True
        if answer.more and answer.cursor == self._cursor:
            self._fetching = False
            raise Mismatch("a page of stock that leads nowhere")
        self._items |= {item.item_code: item for item in answer.items}
        self._cursor = answer.cursor
        if answer.more:
            return
        self._fetching = False
        items = list(self._items.values())
        self._items = {}
        self.inbox.put_stock(
            [_item(item) for item in items],
            [
                StockIncluded(
                    workstation_uuid=row.workstation_uuid,
                    epoch=row.epoch,
                    seq=row.seq,
                    workstation_id=row.workstation_id,
                    at_utc_ms=answer.server_time_ms,
                )
                for row in answer.included
            ],
            replace=self._whole,
            cursor=answer.cursor,
        )
        self._due_ms = now_ms + self.pace.stock_interval_ms

    def refused(self, now_ms: int) -> None:
        """Head office does not know this road: a version without it, or a page that is gone."""
        self._fetching = False
        self._items = {}
        self._due_ms = now_ms + max(self.pace.stock_interval_ms, self.pace.interval_ms)


def _item(item: StockItem) -> ItemStock:
    return ItemStock(
        item_code=item.item_code,
        figures=tuple(
            StockFigure(
                item_code=item.item_code,
                place=figure.place,
                batch=figure.batch,
                quantity_milli=figure.quantity_milli,
            )
            for figure in item.figures
        ),
        unit_cost_e4=item.unit_cost_e4,
    )
