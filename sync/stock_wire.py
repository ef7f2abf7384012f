"""Stock of a store on the wire: figures, what they include, and the position to ask from (R14).

Figures are absolute, of whole items: an item that is named stands with all that is said of it, and
with nothing else. They come with how far each workstation's journal is in them, read in the same
database snapshot; a till adds what its own journal has above that.
"""

from __future__ import annotations

from typing import Final

import msgspec

ROUTE_STOCK: Final = "/sync/v1/stock"
PAGE_ITEMS: Final = 2_000
_MAX_NUMBER_LENGTH = 15


class Figure(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One account of an item: place, batch, thousandths of its unit."""

    place: str
    batch: str
    quantity_milli: int


class StockItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One item as head office's ledger has it; without figures there is nothing of it."""

    item_code: str
    figures: tuple[Figure, ...] = ()
    unit_cost_e4: int | None = None
    """Moving-average cost of one unit in 1/10,000 of the currency unit."""


class Included(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one epoch of a workstation of the store is in the figures."""

    workstation_uuid: str
    epoch: str
    seq: int
    workstation_id: str


class StockAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /sync/v1/stock?cursor= : items changed since a position, page by page."""

    incarnation: str
    cursor: str
    """Pass it back: for the next page while there are `more`, else next time."""

    server_time_ms: int
    whole: bool = False
    """The position was none of this head office's life: what is not named is gone."""

    more: bool = False
    items: tuple[StockItem, ...] = ()
    included: tuple[Included, ...] = ()
    """With the last page only: the pages before it are brought up to it by it."""


class Position(msgspec.Struct, frozen=True):
    """After which change, and after which item of it; an empty code is the end of that change."""

    change_no: int = 0
    item_code: str = ""


def cursor_of(incarnation: str, position: Position) -> str:
    """Opaque text of a position."""
    return f"{incarnation}.{position.change_no}.{position.item_code}"


def position_of(incarnation: str, cursor: str) -> Position | None:
    """The position of a cursor; None for one of another life, or none."""
    life, _, rest = cursor.partition(".")
    number, _, item_code = rest.partition(".")
    plain = number.isascii() and number.isdigit() and len(number) <= _MAX_NUMBER_LENGTH
    if life != incarnation or not plain:
        return None
    return Position(int(number), item_code)
