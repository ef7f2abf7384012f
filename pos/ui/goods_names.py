"""Names of goods on papers, in the language of the screen.

A document keeps the name that the goods had, in the shop's language; an English screen shows the
catalogue's English name in its place.
"""

from __future__ import annotations

from typing import Protocol

from pos.domain.item import Item
from pos.i18n import language
from pos.services import catalogue
from pos.services.context import Till
from pos.ui.text_grid import clean


class Named(Protocol):
    """A line of a document."""

    @property
    def item_code(self) -> str:
        """Code of the goods."""

    @property
    def description(self) -> str:
        """Name as the document keeps it."""


def goods_name(till: Till, line: Named, item: Item | None = None) -> str:
    """The goods of a line; what the catalogue no longer knows has the paper's own name.

    `item` is the line's where the caller has it: a scan does not ask the catalogue twice.
    """
    if language() == "en" and line.item_code:
        if item is None or item.item_code != line.item_code:
            item = catalogue.find_item(till, line.item_code)
        if item is not None and item.name_en:
            return clean(item.name_en)
    return clean(line.description or line.item_code)
