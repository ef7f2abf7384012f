"""The store's stock in `reference.db`: figures, costs and what they include, written at once (R14).

A function over the one writer of that file. Items that are named stand with all that is said of
them; with `replace` nothing else is left. Figures, included sequences and the position to ask from
change in one transaction, so that a till never adds its own deltas to figures that have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from pos.store.goods_reference import StockFigure, StockIncluded
from pos.store.reference_rows import SET_META
from pos.store.reference_writer import ReferenceWriter


class ItemStock(msgspec.Struct, frozen=True, kw_only=True):
    """All that is said of one item."""

    item_code: str
    figures: tuple[StockFigure, ...] = ()
    unit_cost_e4: int | None = None


def put_stock(
    writer: ReferenceWriter,
    items: Sequence[ItemStock],
    included: Iterable[StockIncluded],
    *,
    replace: bool = False,
    meta: Mapping[str, str] | None = None,
) -> None:
    """Write changed items, or with `replace` all there are, and what the figures include."""
    with writer.transaction() as connection:
        if replace:
            connection.execute("DELETE FROM stock_figure")
            connection.execute("DELETE FROM stock_cost")
        else:
            codes = [(item.item_code,) for item in items]
            connection.executemany("DELETE FROM stock_figure WHERE item_code = ?", codes)
            connection.executemany("DELETE FROM stock_cost WHERE item_code = ?", codes)
        connection.executemany(
            "INSERT OR REPLACE INTO stock_figure (item_code, place, batch, quantity_milli) "
            "VALUES (?, ?, ?, ?)",
            [
                (row.item_code, row.place, row.batch, row.quantity_milli)
                for item in items
                for row in item.figures
            ],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO stock_cost (item_code, unit_cost_e4) VALUES (?, ?)",
            [(i.item_code, i.unit_cost_e4) for i in items if i.unit_cost_e4 is not None],
        )
        connection.execute("DELETE FROM stock_included")
        connection.executemany(
            "INSERT OR REPLACE INTO stock_included "
            "(workstation_uuid, epoch, seq, workstation_id, at_utc_ms) VALUES (?, ?, ?, ?, ?)",
            [
                (row.workstation_uuid, row.epoch, row.seq, row.workstation_id, row.at_utc_ms)
                for row in included
            ],
        )
        connection.executemany(SET_META, list((meta or {}).items()))
