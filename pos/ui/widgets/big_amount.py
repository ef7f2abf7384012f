"""An amount in big digits, a widget of its own: a change repaints these few cells and no words."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.text_grid import Line, cells, fit, pad
from pos.ui.widgets.digits import big_digits, big_width
from pos.ui.widgets.line_widget import LineWidget


class BigAmount(LineWidget):
    """Right-aligned digits of three rows, or five where there is room, with a sign beside."""

    def __init__(self, role: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.base_role = role  # type: ignore[misc]  # each amount lies on its own ground
        self.role = role
        self.amount = ""
        self.sign = ""

    def show(self, amount: str, *, sign: str = "", role: str = "") -> None:
        """Show an amount as text (`1,234.50`); an empty one shows nothing."""
        state = (amount, sign, role or self.base_role)
        if state != (self.amount, self.sign, self.role):
            self.amount, self.sign, self.role = state
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The digits; an amount too long for its place loses its separators, then its size."""
        if not self.amount:
            return []
        room = width - cells(self.sign) - 2
        rows = 5 if height >= 5 and big_width(self.amount, 5) <= room else 3
        amount = (
            self.amount if big_width(self.amount, rows) <= room else self.amount.replace(",", "")
        )
        if big_width(amount, rows) > room:
            text = fit(f"{self.sign} {self.amount}", width - 1, "right")
            return [(), ((text + " ", self.role),)]
        top = 1 if height > rows + 1 else 0
        lines: list[Line] = [()] * top
        for y, row in enumerate(big_digits(amount, rows)):
            shown = f"{self.sign} {row} " if y == rows - 1 and self.sign else f"{row} "
            lines.append(((pad(shown, width - cells(shown), "right"), self.role),))
        return lines


class Words(LineWidget):
    """Short texts, one a row, in their roles."""

    def __init__(self, role: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.base_role = role  # type: ignore[misc]  # each lies on its own ground
        self.texts: tuple[tuple[str, str], ...] = ()

    def show(self, *texts: tuple[str, str]) -> None:
        """Show (text, role) row by row; data is shortened to the width."""
        if texts != self.texts:
            self.texts = texts
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The rows, one lower where there is room above."""
        top = 1 if height > 5 else 0
        rows: list[Line] = [((" " + fit(text, width - 1), role),) for text, role in self.texts]
        return [*([()] * top), *rows]
