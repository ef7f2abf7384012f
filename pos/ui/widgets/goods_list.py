"""The lines of goods being counted: a fixed window that repaints only the rows that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from pos.i18n import gettext as _
from pos.i18n import language
from pos.ui.text_grid import Align, Line, fit, label
from pos.ui.texts import quantity_text
from pos.ui.widgets.line_widget import LineWidget

Column = tuple[str, int, Align]


@dataclass(frozen=True, slots=True)
class GoodsRow:
    """One line as it is shown; `number` is its identity."""

    number: int
    name: str
    quantity_milli: int
    code: str = ""
    unit: str = ""
    detail: str = ""
    """Batch, dates, serial numbers, why not accepted."""

    expected_milli: int | None = None
    """What the paper says, where it may be shown."""

    mark: str = ""
    """One sign before the name: `✗` not accepted, `?` something is missing."""

    role: str = "text"


_VALUES: Final[dict[str, Callable[[GoodsRow], str]]] = {
    "no": lambda row: str(row.number),
    "code": lambda row: row.code,
    "name": lambda row: f"{row.mark} {row.name}" if row.mark else row.name,
    "detail": lambda row: row.detail,
    "expected": lambda row: (
        "" if row.expected_milli is None else quantity_text(row.expected_milli)
    ),
    "quantity": lambda row: quantity_text(row.quantity_milli),
}
"""What a column shows of a row; only those that are shown are worked out."""


def columns_for(width: int, *, expected: bool) -> list[Column]:
    """Columns (field, cells, alignment) for a width."""
    fixed: list[Column] = [("no", 4, "right")]
    if width >= 98:
        fixed.append(("code", 15, "left"))
    detail = 36 if width >= 130 else 28 if width >= 98 else 18 if expected else 26
    fixed += [("name", 0, "left"), ("detail", detail, "left")]
    if expected:
        fixed.append(("expected", 9, "right"))
    fixed.append(("quantity", 9, "right"))
    free = width - 2 - sum(cells for _name, cells, _align in fixed) - (len(fixed) - 1)
    return [(name, cells or free, align) for name, cells, align in fixed]


def headings(*, counted: bool = True, shelf: bool = False) -> dict[str, str]:
    """Column headings in the language of the screen.

    What leaves is a quantity, not counted; a count of the `shelf` (实盘) is none of a delivery (实收).
    """
    figures = _("On shelf") if shelf else _("Counted") if counted else _("Quantity")
    return {
        "no": _("#"),
        "code": _("Code"),
        "name": _("Goods"),
        "detail": _("Batch, dates"),
        "expected": _("Expected"),
        "quantity": figures,
    }


class GoodsList(LineWidget):
    """Rows under headings; `▶` marks the line that was counted last or was chosen."""

    def __init__(self, *, id: str | None = "goods-list") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.rows: Sequence[GoodsRow] = ()
        self.marked_at = -1
        """Index of the marked row; -1 is none."""

        self.chosen = False
        self.expected = False
        self.counted = True
        """Whether goods that came are counted here; else goods are put together to leave."""

        self.shelf = False
        """Whether what is in the shop is counted."""

        self._top = 0
        self._known: dict[int, tuple[GoodsRow, tuple[bool, bool], Line]] = {}
        self._key: tuple[int, str, bool] = (0, "", False)
        self._columns: list[Column] = []
        self._head: Line = ()

    def show(
        self, rows: Sequence[GoodsRow], marked_at: int, *, chosen: bool, expected: bool
    ) -> None:
        """Show rows; `chosen` when the marked one was gone to with the arrows."""
        self.rows, self.marked_at, self.chosen, self.expected = rows, marked_at, chosen, expected
        self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Headings, then the window of lines."""
        key = (width, language(), self.expected)
        if key != self._key:
            self._key = key
            self._known.clear()
            names = headings(counted=self.counted, shelf=self.shelf)
            self._columns = columns_for(width, expected=self.expected)
            head = " ".join(label(names[name], size, align) for name, size, align in self._columns)
            self._head = ((f"  {head}", "heading"),)
        top = self._window(self.marked_at, height - 1)
        visible = self.rows[top : top + height - 1]
        return [
            self._head,
            *(self._row(row, index == self.marked_at) for index, row in enumerate(visible, top)),
        ]

    def _window(self, index: int, height: int) -> int:
        count = len(self.rows)
        if count <= height or index < 0:
            self._top = 0
        elif index >= self._top + height or self._top >= count or index < self._top:
            self._top = max(0, min(index - height // 2, count - height // 2))
        return self._top

    def _row(self, row: GoodsRow, marked: bool) -> Line:
        chosen = (marked, marked and self.chosen)
        known = self._known.get(row.number)
        if known is not None and known[0] is row and known[1] == chosen:
            return known[2]
        parts = self._columns
        text = " ".join([fit(_VALUES[name](row), cells, align) for name, cells, align in parts])
        if chosen[1]:
            line: Line = (("▶ ", "mark"), (text, "mark"))
        else:
            line = (("▶ " if marked else "  ", "blue"), (text, row.role))
        self._known[row.number] = (row, chosen, line)
        return line
