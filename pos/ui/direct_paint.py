"""Painting a scan straight to the terminal: the changed cells and nothing else.

Textual's compositor renders every widget between the first and the last changed row again; on the
one path that must be quick, the cells that a scan changed are known, so they are written at once.
Everything else (layouts, dialogs, resizes, tests) goes Textual's own way, and so does a scan
whenever the screen is not simply standing there. This file alone reaches behind Textual's public
names; its version is pinned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.geometry import Region

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from pos.ui.widgets.line_widget import LineWidget

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"
"""Synchronised output: a terminal that knows it shows the rows together."""


class DirectPaint:
    """Collects the cells that scans change; all scans that were read together are one write."""

    def __init__(self) -> None:
        self._changes: dict[tuple[LineWidget, int], Region] = {}
        self._screen: Screen[object] | None = None

    @property
    def collecting(self) -> bool:
        """Whether a scan is being taken now."""
        return self._screen is not None

    def begin(self, screen: Screen[object]) -> None:
        """A scan for this screen: its changes are collected from now on."""
        self._screen = screen

    def take(self, widget: LineWidget, regions: tuple[Region, ...]) -> None:
        """Cells of a widget that changed, in its own coordinates."""
        widget._styles_cache.set_dirty(*regions)  # noqa: SLF001
        for region in regions:
            known = self._changes.get((widget, region.y))
            self._changes[widget, region.y] = region if known is None else known.union(region)

    def end(self, app: App[Any]) -> None:
        """Write what was collected, or hand it to Textual when the screen is in motion."""
        screen, self._screen = self._screen, None
        changes, self._changes = self._changes, {}
        if not changes or screen is None:
            return
        if _still(app, screen):
            _write(app, changes)
        else:
            for (widget, _row), region in changes.items():
                widget.refresh(region)


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


def _write(app: App[Any], changes: dict[tuple[LineWidget, int], Region]) -> None:
    console = app.console
    parts = [_BEGIN]
    for (widget, row), region in changes.items():
        place = widget.region
        strip = widget.render_line(row)
        if region.width < place.width:
            strip = strip.crop(region.x, region.right)
        parts.append(f"\x1b[{place.y + row + 1};{place.x + region.x + 1}H")
        parts.append(strip.render(console))
    parts.append("\x1b[1;1H" + _END)
    driver = app._driver  # noqa: SLF001
    if driver is not None:
        driver.write("".join(parts))
