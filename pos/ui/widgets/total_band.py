"""The total in digits that the customer can read, or the change that is due."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from pos.ui.text_grid import cells
from pos.ui.widgets.big_amount import BigAmount, Words


class TotalBand(Horizontal):
    """At least four rows: caption and notes at the left, sign and big amount at the right."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = "total") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.words = Words("total_label", id="total-words")
        self.figure = BigAmount("total", id="total-figure")
        self.caption = ""
        self.notes: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield self.words
        yield self.figure

    @property
    def amount(self) -> str:
        """The amount as text."""
        return self.figure.amount

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
        self.caption, self.notes = caption, notes
        self.words.show((caption, "total_strong"), *((note, "total_label") for note in notes))
        self.figure.show(amount, sign=sign, role=role)

    @property
    def clips(self) -> bool:
        """Whether the notes do not fit beside the amount."""
        return any(cells(note) > self.words.size.width - 1 for note in (self.caption, *self.notes))
