"""Facts that arose at this till and are looked up before the catalogue (R28)."""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.item import Item


class Overlays(msgspec.Struct, frozen=True):
    """Local items, their barcodes, and local or corrected prices; few, so they live in memory."""

    items: dict[str, Item]
    codes: dict[str, str]
    prices: dict[str, int]

    @classmethod
    def load(cls, connection: sqlite3.Connection) -> Overlays:
        """Read the overlay projections."""
        items = {
            code: Item(item_code=code, name=name, item_class=item_class, unit=unit)
            for code, name, item_class, unit in connection.execute(
                "SELECT item_code, name, item_class, unit FROM local_item"
            )
        }
        codes = dict(connection.execute("SELECT code, item_code FROM local_barcode").fetchall())
        prices = dict(
            connection.execute("SELECT item_code, unit_price_e4 FROM local_price").fetchall()
        )
        return cls(items, codes, prices)

    def item_by_code(self, code: str) -> Item | None:
        """A local item by barcode or item code."""
        if not self.items:
            return None
        return self.items.get(self.codes.get(code, code))
