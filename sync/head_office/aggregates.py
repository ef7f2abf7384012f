"""Aggregates of one batch: deltas by store, workstation, operator, hour, item, class and tender.

The definitions of `hq daily` are here, once: which measure a line moves, and with which sign.
"""

from __future__ import annotations

from typing import Any

Cell = list[Any]
"""15 measures in the order of `MEASURES`, a bin for what has no measure, seq of the last sale that
counted here, rank and text of the last description."""

RANK_LENGTH = 43
"""What a description is led by: corrected time, workstation, epoch, seq in fixed places."""

MEASURES = (
    "transactions",
    "sale_lines",
    "return_lines",
    "void_lines",
    "adjust_lines",
    "other_lines",
    "units_sold_milli",
    "units_returned_milli",
    "units_voided_milli",
    "units_adjusted_milli",
    "gross_sales_minor",
    "returns_minor",
    "voids_minor",
    "other_minor",
    "discounts_minor",
)
BIN_AT = len(MEASURES)
SALE_AT = BIN_AT + 1
RANK_AT = BIN_AT + 2
DESCRIBED_AT = BIN_AT + 3
DISCOUNTS_AT = 14
# kind → (line count, units, amount, sign): the definitions of `hq daily`.
PLACES = {
    "sale": (1, 6, 10, 1),
    "return": (2, 7, 11, -1),
    "void": (3, 8, 12, -1),
    "adjust": (4, 9, BIN_AT, -1),
    "other": (5, BIN_AT, 13, 1),
}


_EMPTY: Cell = [0] * (SALE_AT + 1) + ["", ""]


def new_cell() -> Cell:
    """An empty cell."""
    return _EMPTY.copy()


class Group:
    """Cells of one (business day, currency)."""

    __slots__ = ("classes", "combinations", "items", "tenders")

    def __init__(self) -> None:
        self.combinations: dict[tuple[str, str, str], Cell] = {}
        self.items: dict[str, Cell] = {}
        self.classes: dict[str, Cell] = {}
        self.tenders: dict[str, list[int]] = {}


class Aggregates:
    """Deltas of one store's batch, by business day and currency."""

    def __init__(self, store_id: str) -> None:
        """Start with nothing."""
        self._store_id = store_id
        self._groups: dict[tuple[str, str], Group] = {}

    def group(self, day: str, currency: str) -> Group:
        """Cells of a business day in a currency."""
        group = self._groups.get((day, currency))
        if group is None:
            group = self._groups[day, currency] = Group()
        return group

    def rows(self) -> list[tuple[Any, ...]]:
        """Deltas for `daily`: one row per day, currency, dimension and key."""
        rows: list[tuple[Any, ...]] = []
        store_id = self._store_id
        for (day, currency), group in self._groups.items():
            cells: dict[tuple[str, str], Cell] = {}
            for (workstation_id, operator_id, hour), cell in group.combinations.items():
                for key in (
                    ("store", ""),
                    ("workstation", workstation_id),
                    ("operator", operator_id),
                    ("hour", hour),
                ):
                    known = cells.get(key)
                    if known is None:
                        cells[key] = list(cell)
                    else:
                        for i in range(BIN_AT):
                            known[i] += cell[i]
            for name, (transactions, tenders, amount) in group.tenders.items():
                # Dimension `tender` uses two measures for its own: rows, and their amount.
                cells["tender", name] = cell = new_cell()
                cell[0], cell[1], cell[10] = transactions, tenders, amount
            for dimension, found in (("item", group.items), ("class", group.classes)):
                for key_text, cell in found.items():
                    cells[dimension, key_text] = cell
            rows += [
                (
                    store_id,
                    day,
                    currency,
                    dimension,
                    key_text,
                    *cell[:BIN_AT],
                    cell[RANK_AT] + cell[DESCRIBED_AT],
                )
                for (dimension, key_text), cell in cells.items()
            ]
        return rows
