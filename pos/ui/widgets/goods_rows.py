"""The rows of goods being counted, found by their number, with their sum and the marked one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pos.ui.widgets.goods_list import GoodsRow


class LastScan(NamedTuple):
    """The scan that a quantity typed now is about."""

    number: int
    before_milli: int
    each_milli: int


class RowKeeping:
    """What a counting screen keeps of its rows: one changed row costs no walk over the others."""

    def begin_rows(self) -> None:
        """No rows yet."""
        self._rows: list[GoodsRow] = []
        self._at: dict[int, int] = {}
        self._marked: int | None = None
        self._chosen = False
        self._last_scan: LastScan | None = None
        self._total_milli = 0

    # ------------------------------------------------------------ the list

    @property
    def rows(self) -> Sequence[GoodsRow]:
        """The rows as they stand."""
        return self._rows

    @property
    def total_milli(self) -> int:
        """Sum of what was counted."""
        return self._total_milli

    def row(self, number: int) -> GoodsRow | None:
        """One row, or None."""
        at = self._at.get(number)
        return None if at is None else self._rows[at]

    def marked_row(self) -> GoodsRow | None:
        """The row that keys are about: the chosen one, else the one counted last."""
        return None if self._marked is None else self.row(self._marked)

    def set_rows(self, rows: Sequence[GoodsRow], marked: int | None = None) -> None:
        """The whole list anew."""
        self._rows = list(rows)
        self._at = {row.number: index for index, row in enumerate(self._rows)}
        self._total_milli = sum(row.quantity_milli for row in self._rows)
        if marked is not None or self._marked not in self._at:
            self._marked = marked
        self._chosen = self._chosen and self._marked is not None
        if self._last_scan is not None and self._last_scan.number not in self._at:
            self._last_scan = None

    def put_row(self, row: GoodsRow) -> None:
        """One row, new or changed."""
        at = self._at.get(row.number)
        if at is None:
            self._at[row.number] = len(self._rows)
            self._rows.append(row)
            self._total_milli += row.quantity_milli
        else:
            self._total_milli += row.quantity_milli - self._rows[at].quantity_milli
            self._rows[at] = row

    def drop_row(self, number: int) -> None:
        """Take a row off."""
        self.set_rows([row for row in self._rows if row.number != number])
