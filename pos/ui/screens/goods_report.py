"""A table of figures to look through: rows with a name and columns, their sums, one row marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, fit
from pos.ui.widgets.pad_footer import Hint

_NAME = 12
"""Cells that a name needs at least; with less room the figures go below it."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a page shows: headings and, for each row, as many figures."""

    title: str
    headings: tuple[str, ...]
    names: Sequence[str] | Callable[[int], str]
    """Names of the rows, or who knows the name of the n-th: only what is shown is looked up."""

    figures: Sequence[tuple[str, ...]]
    totals: tuple[str, ...]
    notes: tuple[str, ...] = ()
    opens: str = ""
    """What Enter does with the marked row; empty goes back."""

    def name(self, index: int) -> str:
        """Name of a row."""
        return self.names(index) if callable(self.names) else self.names[index]


class GoodsReportScreen(PageScreen[Literal["open", "print", "back"]], inherit_bindings=False):
    """Answers `open`, `print` or `back`; `marked` is the row it stood on."""

    CSS_PATH = "goods_report.tcss"
    help_topic: ClassVar[str] = "goods_report"

    def __init__(self, table: Table, *, marked: int = 0, said: str = "") -> None:
        """`said` is what was done with the page."""
        super().__init__()
        self._said = said
        self.table = table
        self.marked = max(0, min(marked, len(table.figures) - 1))
        self._page = 1
        rows = [table.headings, table.totals, *table.figures]
        self._widths = [max(cells(row[n]) for row in rows) for n in range(len(table.headings))]

    @property
    def pad_state(self) -> PadState:
        return PadState.LIST

    def renamed(self) -> dict[str, str]:
        opens = self.table.opens if self.table.figures else ""
        return {"choose": opens or _("Back")}

    def hints(self) -> list[Hint]:
        return [(".", _("Print"))]

    def on_mount(self) -> None:
        super().on_mount()
        if self._said:
            said, self._said = self._said, ""
            self.note(said)

    def body(self, width: int, height: int) -> Sequence[Line]:
        table = self.table
        needed = sum(self._widths) + 2 * len(self._widths)
        below = width - needed - 3 < _NAME
        rows: list[Line] = [((" " + fit(table.title, width - 2), "strong"),)]
        rows += [((" " + fit(note, width - 2), "dim"),) for note in table.notes]
        heading = self._figures(table.headings)
        if below:
            rows.append(((fit(heading, width - 1, "right") + " ", "dim"),))
        else:
            rows.append(((fit("", width - 1 - cells(heading)) + heading + " ", "dim"),))
        each = 2 if below else 1
        room = height - len(rows) - each
        self._page = max(1, room // each)
        first = self.marked // self._page * self._page
        for index in range(first, min(first + self._page, len(table.figures))):
            marked = index == self.marked
            name = f" {'▶' if marked else ' '} {table.name(index)}"
            role = "mark" if marked else "text"
            rows += self._row(name, table.figures[index], width, role, below=below)
        if not table.figures:
            rows.append(((" " + _("Nothing here"), "dim"),))
        pages = -(-len(table.figures) // self._page)
        whole = _("Total")
        if pages > 1:
            whole += f"  {self.marked // self._page + 1}/{pages}"
        rows += self._row(f"   {whole}", table.totals, width, "strong", below=below)
        return rows[:height]

    def _row(
        self, name: str, figures: tuple[str, ...], width: int, role: str, *, below: bool
    ) -> list[Line]:
        text = self._figures(figures)
        if not below:
            return [((fit(name, width - 1 - cells(text)) + text + " ", role),)]
        return [((fit(name, width), role),), ((fit(text, width - 1, "right") + " ", role),)]

    def _figures(self, figures: tuple[str, ...]) -> str:
        return "".join(
            "  " + fit(text, width, "right")
            for text, width in zip(figures, self._widths, strict=True)
        )

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            opens = self.table.opens and self.table.figures
            self.guarded(press, lambda: self.finish("open" if opens else "back"))
        elif action == "cancel":
            self.finish("back")
        elif action == "next":
            self._move(1)
        elif action == "page":
            self._move(self._page)
        elif press.key == ".":
            self.guarded(press, lambda: self.finish("print"))

    def other_key(self, press: KeyPress) -> None:
        step = {"down": 1, "up": -1, "pagedown": self._page, "pageup": -self._page}
        if press.key in step:
            self._move(step[press.key])

    def _move(self, step: int) -> None:
        count = len(self.table.figures)
        if not count:
            return
        at_end = self.marked == count - 1 and step > 0
        self.marked = 0 if at_end else max(0, min(count - 1, self.marked + step))
        self.redraw()
