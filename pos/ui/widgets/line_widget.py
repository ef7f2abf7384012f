"""The base of every widget: rows of spans, painted by the line API, only where they changed.

Nothing here parses markup, measures a layout or changes a size while goods are scanned: that is
what makes a scan cheap. A row that is equal to what stands on the screen is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from pos.ui.direct_paint import DirectPaint
from pos.ui.palette import styles
from pos.ui.text_grid import Line, cells, fill


def changed_cells(before: Line, after: Line, width: int) -> tuple[int, int]:
    """The part of a row, as (first cell, cells), that holds every difference of two rows."""
    left = right = 0
    for (old, old_role), (new, new_role) in zip(before, after, strict=False):
        if old != new or old_role != new_role:
            break
        left += cells(new)
    for (old, old_role), (new, new_role) in zip(before[::-1], after[::-1], strict=False):
        if old != new or old_role != new_role:
            break
        right += cells(new)
    left = min(left, width - 1)
    return left, max(1, width - right - left)


class LineWidget(Widget, can_focus=False):
    """A fixed grid of rows. Subclasses give `paint`; whoever changes a value calls `redraw`."""

    ALLOW_SELECT = False
    base_role: ClassVar[str] = "text"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, classes=classes)
        self._painted: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._painted_size = (0, 0)
        self._theme = ""

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Rows for this size, top first; missing rows are blank."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Paint again and send only what changed; does nothing before the widget has a size."""
        width, height = self.size
        if not width or not height or not self.is_mounted:
            return
        lines = self._filled(width, height)
        if (width, height) != self._painted_size or self.app.theme != self._theme:
            self._reset(lines, width, height)
            self.refresh()
            return
        before, self._painted = self._painted, lines
        changed = [(y, before[y]) for y, line in enumerate(lines) if line != before[y]]
        if not changed:
            return
        for y, _line in changed:
            self._strips.pop(y, None)
        direct: DirectPaint | None = getattr(self.app, "direct", None)
        if direct is not None and direct.collecting:
            direct.take(self, changed)
            return
        parts = [(y, *changed_cells(line, lines[y], width)) for y, line in changed]
        self.refresh(*(Region(left, y, size, 1) for y, left, size in parts))

    def standing(self, y: int) -> Line:
        """The row as it was painted last."""
        return self._painted[y] if y < len(self._painted) else ()

    def render_line(self, y: int) -> Strip:
        """Textual asks for one row."""
        width, height = self.size
        if (width, height) != self._painted_size or self.app.theme != self._theme:
            self._reset(self._filled(width, height), width, height)
        strip = self._strips.get(y)
        if strip is None:
            table = styles(self._theme)
            line = self._painted[y] if y < len(self._painted) else ()
            segments = [Segment(text, table[role]) for text, role in line]
            strip = self._strips[y] = Strip(segments, width)
        return strip

    def _reset(self, lines: list[Line], width: int, height: int) -> None:
        self._painted = lines
        self._strips.clear()
        self._painted_size = (width, height)
        self._theme = self.app.theme

    def _filled(self, width: int, height: int) -> list[Line]:
        lines = list(self.paint(width, height))[:height]
        lines.extend([()] * (height - len(lines)))
        return [fill(line, width, self.base_role) for line in lines]

    @property
    def painted(self) -> list[Line]:
        """What stands on the screen now, for tests and for plain-text pictures."""
        width, height = self.size
        return self._filled(width, height)


class Canvas(LineWidget):
    """A widget whose rows its screen paints."""

    def __init__(
        self,
        painter: Callable[[int, int], Sequence[Line]],
        *,
        role: str = "text",
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self.base_role = role  # type: ignore[misc]  # each canvas lies on its own ground
        self._painter = painter

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """Ask the screen."""
        return self._painter(width, height)
