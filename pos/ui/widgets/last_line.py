"""The last line again, large, to compare with the goods in hand."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.text_grid import Line, fit
from pos.ui.widgets.digits import big_digits
from pos.ui.widgets.line_widget import LineWidget


class LastLine(LineWidget):
    """Three rows: words at the left, the line's amount in big digits at the right."""

    base_role = "last"

    def __init__(self, *, id: str | None = "last-line") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.state: tuple[str, str, str, str] = ("", "", "", "")

    def show(self, name: str, detail: str, figures: str, amount: str) -> None:
        """Show the name, spec and model, `2 × 4.50`, and the amount as text."""
        state = (name, detail, figures, amount)
        if state != self.state:
            self.state = state
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The band's rows."""
        name, detail, figures, amount = self.state
        digits = big_digits(amount) if amount else ["", "", ""]
        figure = len(digits[0])
        left = width - figure - 3
        texts = ((name, "last"), (detail, "last_dim"), (figures, "last"))
        return [
            (
                (" ", "last"),
                (fit(text, left), role),
                (" ", "last"),
                (digits[y], "last"),
                (" ", "last"),
            )
            for y, (text, role) in enumerate(texts)
        ]
