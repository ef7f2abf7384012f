"""What is typed on the sale screen: digits, the quantity for the next scan, the mode in words."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.text_grid import Line, cells, fit
from pos.ui.widgets.line_widget import LineWidget


class EntryField(LineWidget):
    """One row. The text lives in the screen; this shows it."""

    base_role = "entry"

    def __init__(self, *, id: str | None = "entry") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.text = ""
        self.before = ""
        self.note = ""

    def show(self, text: str, *, before: str = "", note: str = "") -> None:
        """Show typed text, what stands before it (`3 ×`) and a note at the right edge."""
        if (text, before, note) != (self.text, self.before, self.note):
            self.text, self.before, self.note = text, before, note
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The row."""
        before = f" {self.before}" if self.before else ""
        note = f"{self.note} " if self.note else ""
        room = width - cells(before) - cells(note) - 4
        shown = self.text if cells(self.text) <= room else "…" + self.text[-max(0, room - 1) :]
        return [
            (
                (before, "entry_note"),
                (" ▶ ", "blue"),
                (fit(f"{shown}▏", room + 1), "entry"),
                (note, "entry_note"),
            )
        ]
