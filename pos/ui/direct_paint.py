"""Painting a scan straight to the terminal: the changed cells and nothing else.

Textual's compositor renders every widget between the first and the last changed row again; on the
one path that must be quick, what stands on the terminal and what shall stand there are both known,
so the cells that differ are written at once, and once for all scans that were read together.
Everything else (layouts, dialogs, resizes, tests) goes Textual's own way, and so does a scan
whenever the screen is not simply standing there. This file alone reaches behind Textual's public
names; its version is pinned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from textual.geometry import Region

from pos.ui.cell_patch import Patch, patches
from pos.ui.palette import styles
from pos.ui.terminal_now import TerminalNow
from pos.ui.text_grid import Line

if TYPE_CHECKING:
    from rich.color import ColorSystem
    from rich.style import Style
    from textual.app import App
    from textual.screen import Screen

    from pos.ui.widgets.line_widget import LineWidget

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronised output: a terminal that knows it shows the cells together."""

_PARK = "\x1b[0m\x1b[H"
"""No colours are left behind, and the cursor stands where Textual leaves it."""


class DirectPaint:
    """Collects the rows that scans change; all scans that were read together are one write."""

    def __init__(self) -> None:
        self._before: dict[tuple[LineWidget, int], Line] = {}
        self._late: Callable[[], None] | None = None
        self._screen: Screen[object] | None = None
        self.terminal = TerminalNow()

    @property
    def collecting(self) -> bool:
        """Whether a scan is being taken now."""
        return self._screen is not None

    def begin(self, screen: Screen[object]) -> None:
        """A scan for this screen: its changes are collected from now on."""
        self._screen = screen

    def once(self, refresh: Callable[[], None]) -> None:
        """Refresh now; during a burst once at its end, with what the last scan has left."""
        if self.collecting:
            self._late = refresh
        else:
            refresh()

    def take(self, widget: LineWidget, before: Sequence[tuple[int, Line]]) -> None:
        """Rows of a widget that changed, with what stood there; the first row told stands there."""
        for row, line in before:
            self._before.setdefault((widget, row), line)

    def end(self, app: App[Any]) -> None:
        """Write what was collected, or hand it to Textual when the screen is in motion."""
        late, self._late = self._late, None
        if late is not None:
            late()
        screen, self._screen = self._screen, None
        before, self._before = self._before, {}
        if not before or screen is None:
            return
        for widget, row in before:
            widget._styles_cache.set_dirty(Region(0, row, 1, 1))  # noqa: SLF001
        if _still(app, screen):
            _write(app, before, self.terminal)
        else:
            for widget, row in before:
                widget.refresh(Region(0, row, widget.size.width, 1))


def _still(app: App[Any], screen: Screen[object]) -> bool:
    """Whether the screen is on top, laid out, and on a terminal that shows its own colours."""
    return (
        app.screen is screen
        and screen.is_current
        and not screen._layout_required  # noqa: SLF001
        and not app._batch_count  # noqa: SLF001
        and not app.is_headless
        and not app.no_color
        and app._driver is not None  # noqa: SLF001
    )


def _write(
    app: App[Any], before: dict[tuple[LineWidget, int], Line], terminal: TerminalNow
) -> None:
    by_role: dict[str, list[Patch]] = {}
    places: dict[LineWidget, Region] = {}
    for (widget, row), line in before.items():
        place = places.get(widget)
        if place is None:
            place = places[widget] = widget.region
        for patch in patches(place.y + row, line, widget.standing(row)):
            moved = patch._replace(column=place.x + patch.column) if place.x else patch
            by_role.setdefault(patch.role, []).append(moved)
    if not by_role:
        return
    codes = _codes(app.theme, app.console._color_system)  # noqa: SLF001
    bold, front, back = "22", "", ""
    parts = []
    for role, found in by_role.items():
        wanted = codes[role]
        changes = [
            new for new, old in zip(wanted, (bold, front, back), strict=True) if new and new != old
        ]
        bold, front, back = wanted
        if changes:
            parts.append(f"\x1b[{';'.join(changes)}m")
        at_row = -1
        for row, column, text, _role in found:
            # Within a row the column alone is told; it is absolute, so that a terminal that
            # counts `▶` or `×` as two cells goes astray for one word at most.
            at = f"\x1b[{column + 1}G" if row == at_row else f"\x1b[{row + 1};{column + 1}H"
            parts += (at, text)
            at_row = row
    text = "".join(parts) + _PARK
    driver = app._driver  # noqa: SLF001
    if driver is not None:
        text = _BEGIN + text + _END if app._sync_available else text  # noqa: SLF001
        terminal.write(driver, text)


@lru_cache(maxsize=8)
def _codes(theme: str, system: ColorSystem | None) -> dict[str, tuple[str, str, str]]:
    """Role → codes of its weight, front and ground on a terminal with these colours."""
    return {role: _codes_of(style, system) for role, style in styles(theme).items()}


def _codes_of(style: Style, system: ColorSystem | None) -> tuple[str, str, str]:
    def code(name: str, *, front: bool) -> str:
        colour = getattr(style, name)
        if colour is None or system is None:
            return ""
        return ";".join(colour.downgrade(system).get_ansi_codes(foreground=front))

    return ("1" if style.bold else "22"), code("color", front=True), code("bgcolor", front=False)
