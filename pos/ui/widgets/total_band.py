"""The total in digits that the customer can read, or the change that is due."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.text_grid import Line, cells, fit, label
from pos.ui.widgets.digits import big_digits, big_width
from pos.ui.widgets.line_widget import LineWidget


class TotalBand(LineWidget):
    """At least four rows: notes at the left, the currency sign and the big amount at the right."""

    base_role = "total_label"

    def __init__(self, *, id: str | None = "total") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.amount = "0.00"
        self.sign = "¥"
        self.caption = ""
        self.notes: tuple[str, ...] = ()
        self.role = "total"

    def show(
        self,
        amount: str,
        *,
        caption: str,
        sign: str,
        notes: tuple[str, ...] = (),
        role: str = "total",
    ) -> None:
        """Show an amount as text (`1,234.50`), its caption and up to three notes."""
        state = (amount, caption, sign, notes, role)
        if state != (self.amount, self.caption, self.sign, self.notes, self.role):
            self.amount, self.caption, self.sign, self.notes, self.role = state
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The band's rows."""
        rows = 5 if height >= 6 and big_width(self.amount, 5) + 30 <= width else 3
        amount = self.amount
        if big_width(amount, rows) + 20 > width:
            amount = amount.replace(",", "")
        digits = big_digits(amount, rows)
        figure = len(digits[0])
        left = width - figure - 6
        top = (height - rows) // 2 if height > rows else 0
        caption_row = top
        sign_row = top + rows - 1
        lines: list[Line] = []
        for y in range(height):
            inside = top <= y < top + rows
            note = self.notes[y - 1] if 1 <= y <= len(self.notes) else ""
            sign = self.sign if y == sign_row else ""
            if y == 0 and caption_row != 0:
                text = ""
            elif y == caption_row:
                text = self.caption
            else:
                text = note
            role = "total_strong" if y == caption_row else "total_label"
            lines.append(
                (
                    (" ", "total_label"),
                    (fit(text, left - 1), role),
                    (label(sign, 4, "right"), self.role),
                    (" ", "total_label"),
                    (digits[y - top] if inside else " " * figure, self.role),
                    (" ", "total_label"),
                )
            )
        return lines

    @property
    def clips(self) -> bool:
        """Whether the notes do not fit beside the amount."""
        width = self.size.width - big_width(self.amount) - 7
        return any(cells(note) > width for note in self.notes)
