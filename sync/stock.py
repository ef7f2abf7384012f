"""The store's stock coming down: asked for after what was sent and now and then, written at once.

Pages are kept in memory until the last one, which says how far each workstation's journal is in
them (R14); a kill before that leaves the figures as they were, and the next run asks from there.
"""

from __future__ import annotations

from pos.store.goods_reference import StockFigure, StockIncluded
from pos.store.reference_stock import ItemStock
from sync.exchange import Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.push import Mismatch
from sync.roads import Road
from sync.stock_wire import ROUTE_STOCK, StockAnswer, StockItem


class Stock:
    """When to ask, and the pages that came."""

    def __init__(self, inbox: Inbox, pace: Pace, now_ms: int) -> None:
        """`now_ms` is monotonic, as in every method."""
        self.inbox = inbox
        self._road = Road(
            RequestKind.STOCK,
            ROUTE_STOCK,
            self._position,
            pace.stock_interval_ms,
            pace,
            now_ms,
            first_in_ms=pace.stock_interval_ms,
        )
        self._cursor = ""
        self._whole = False
        self._items: dict[str, StockItem] = {}
        self._fetching = False

    def next(self, now_ms: int) -> Request | None:
        """The request to be made now, or None when nothing is due."""
        return self._road.next(now_ms)

    def due_in_ms(self, now_ms: int) -> int | None:
        """How long until it is asked for; None when it never is."""
        return self._road.due_in_ms(now_ms)

    def soon(self, now_ms: int) -> None:
        """Something was sent, or head office's life changed: ask, but not without end."""
        self._road.soon(now_ms)

    def _position(self) -> str:
        return self._cursor if self._fetching else self.inbox.stock_cursor

    def answered(self, answer: StockAnswer, now_ms: int) -> None:
        """Put a page away, and write all of them with the last. Raises Mismatch, StoreError."""
        if not self._fetching or answer.whole:
            self._items, self._whole, self._fetching = {}, answer.whole, True
        try:
            self._road.check(answer.cursor, more=answer.more)
        except Mismatch:
            self._fetching = False
            raise
        self._items |= {item.item_code: item for item in answer.items}
        self._cursor = answer.cursor
        if answer.more:
            self._road.heard(more=True, now_ms=now_ms)
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
        self._road.heard(more=False, now_ms=now_ms)

    def refused(self, now_ms: int) -> None:
        """Head office does not know this road: a version without it, or a page that is gone."""
        self._fetching = False
        self._items = {}
        self._road.refused(now_ms)


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
