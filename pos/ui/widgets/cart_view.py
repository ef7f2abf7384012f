"""The lines of the sale: a fixed window that repaints only the rows that changed.

When the window is full it moves on by half its height at once, not by one row for each scan: the
next scans then repaint one row each, and the eye finds the last line without hunting.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from pos.domain.cart import Cart, CartLine, LineKind
from pos.i18n import gettext as _
from pos.i18n import language
from pos.ui.text_grid import Align, Line, fit, label
from pos.ui.texts import amount_text, line_flags, line_name, price_text, quantity_text
from pos.ui.widgets.line_widget import LineWidget

Column = tuple[str, int, Align]


_VALUES: Final[dict[str, Callable[[CartLine], str]]] = {
    "no": lambda line: str(line.line_no),
    "code": lambda line: line.barcode or line.item_code,
    "name": lambda line: " ".join(filter(None, (line_flags(line), line_name(line), line.spec))),
    "unit": lambda line: line.unit,
    "quantity": lambda line: quantity_text(line.quantity_milli),
    "price": lambda line: price_text(line.unit_price_e4),
    "discount": lambda line: amount_text(-line.discount_minor) if line.discount_minor else "",
    "amount": lambda line: amount_text(line.amount_minor),
}
"""What a column shows of a line."""


def columns_for(width: int) -> list[Column]:
    """Columns (field, cells, alignment) for a width; never more than five at 80 cells."""
    if width >= 130:
        fixed: list[Column] = [
            ("no", 4, "right"),
            ("code", 16, "left"),
            ("name", 0, "left"),
            ("unit", 6, "left"),
            ("quantity", 10, "right"),
            ("price", 11, "right"),
            ("discount", 10, "right"),
            ("amount", 12, "right"),
        ]
    elif width >= 98:
        fixed = [
            ("no", 4, "right"),
            ("code", 15, "left"),
            ("name", 0, "left"),
            ("quantity", 9, "right"),
            ("price", 10, "right"),
            ("amount", 12, "right"),
        ]
    else:
        fixed = [
            ("no", 3, "right"),
            ("name", 0, "left"),
            ("quantity", 8, "right"),
            ("price", 9, "right"),
            ("amount", 11, "right"),
        ]
    free = width - 2 - sum(cells for _name, cells, _align in fixed) - (len(fixed) - 1)
    return [(name, cells or free, align) for name, cells, align in fixed]


def headings() -> dict[str, str]:
    """Column headings in the language of the screen."""
    return {
        "no": _("#"),
        "code": _("Code"),
        "name": _("Goods"),
        "unit": _("Unit"),
        "quantity": _("Qty"),
        "price": _("Price"),
        "discount": _("Off"),
        "amount": _("Amount"),
    }


class CartView(LineWidget):
    """The open sale's lines under a row of headings; `▶` marks the selected one."""

    def __init__(self, *, id: str | None = "cart") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.cart = Cart()
        self.selected_no: int | None = None
        self._top = 0
        self._rows: dict[int, tuple[CartLine, tuple[bool, bool], Line]] = {}
        self._row_key: tuple[int, str] = (0, "")
        self._columns: list[Column] = []
        self._head: Line = ()

    def show(self, cart: Cart, selected_no: int | None = None) -> None:
        """Show a cart; `selected_no` is the marked line, None marks the last."""
        self.cart = cart
        self.selected_no = selected_no
        self.redraw()

    def selected(self) -> CartLine | None:
        """The marked line: the chosen one while it is there, else the last."""
        chosen = self.cart.line(self.selected_no) if self.selected_no is not None else None
        return chosen or self.cart.last

    def move(self, step: int) -> int | None:
        """Mark a neighbour of the marked line and return its number."""
        lines = self.cart.lines
        marked = self.selected()
        if marked is None:
            return None
        index = next(i for i, line in enumerate(lines) if line is marked)
        index = max(0, min(len(lines) - 1, index + step))
        self.show(self.cart, lines[index].line_no)
        return lines[index].line_no

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Headings, then the window of lines."""
        key = (width, language())
        if key != self._row_key:
            self._row_key = key
            self._rows.clear()
            names = headings()
            self._columns = columns_for(width)
            head = " ".join(label(names[name], size, align) for name, size, align in self._columns)
            self._head = ((f"  {head}", "heading"),)
        parts = self._columns
        lines: list[Line] = [self._head]
        marked = self.selected()
        index = len(self.cart.lines) - 1
        if marked is not None and marked is not self.cart.last:
            index = next(i for i, line in enumerate(self.cart.lines) if line is marked)
        top = self._window(index, height - 1)
        visible = self.cart.lines[top : top + height - 1]
        lines += [self._row(line, line is marked, parts) for line in visible]
        return lines

    def _window(self, index: int, height: int) -> int:
        count = len(self.cart.lines)
        if count <= height or index < 0:
            self._top = 0
        elif index >= self._top + height or self._top >= count or index < self._top:
            self._top = max(0, index - height // 2)
        return self._top

    def _row(self, line: CartLine, marked: bool, parts: list[Column]) -> Line:
        known = self._rows.get(line.line_no)
        chosen = (marked, marked and self.selected_no is not None)
        if known is not None and known[0] is line and known[1] == chosen:
            return known[2]
        text = " ".join([fit(_VALUES[name](line), cells, align) for name, cells, align in parts])
        role = "orange" if line.kind is not LineKind.SALE else "text"
        if marked and self.selected_no is not None:
            row: Line = (("▶ ", "mark"), (text, "mark"))
        else:
            # The last line is marked by its sign alone: the line before it is then repainted by
            # one cell, and its goods stand large below anyway.
            row = (("▶ " if marked else "  ", "blue"), (text, role))
        self._rows[line.line_no] = (line, chosen, row)
        return row
