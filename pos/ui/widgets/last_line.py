"""The last line again, large, to compare with the goods in hand."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from pos.ui.widgets.big_amount import BigAmount, Words


class LastLine(Horizontal):
    """Three rows: words at the left, the line's amount in big digits at the right."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = "last-line") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.words = Words("last", id="last-words")
        self.figure = BigAmount("last", id="last-figure")
        self.state: tuple[str, str, str, str] = ("", "", "", "")

    def compose(self) -> ComposeResult:
        yield self.words
        yield self.figure

    def show(self, name: str, detail: str, figures: str, amount: str) -> None:
        """Show the name, spec and model, `2 × 4.50`, and the amount as text."""
        self.state = (name, detail, figures, amount)
        self.words.show((name, "last"), (detail, "last_dim"), (figures, "last"))
        self.figure.show(amount)
