"""The band for what went wrong: full width, sign and code, until the next good scan."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.text_grid import Line, cells, clean, pad, wrap
from pos.ui.widgets.line_widget import LineWidget


class ErrorBand(LineWidget):
    """Two rows that are always there, so that nothing moves when an error comes or goes."""

    def __init__(self, *, id: str | None = "error-band") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.text = ""
        self.is_error = False
        self.sticky = False

    def show_error(self, text: str, code: str = "", *, sticky: bool = True) -> None:
        """Show what went wrong, with the code that was scanned or typed."""
        shown = f"✗ {clean(code)} " if code else "✗ "
        self._show(shown + text, error=True, sticky=sticky)

    def show_note(self, text: str, sign: str = "✓") -> None:
        """Show that something was done."""
        self._show(f"{sign} {text}", error=False, sticky=False)

    def good(self) -> None:
        """A good scan or a finished action: the band is free again."""
        if self.text:
            self._show("", error=False, sticky=False)

    def pass_key(self) -> None:
        """A key was pressed: a note goes, an error stays."""
        if self.text and not self.is_error:
            self.good()

    def _show(self, text: str, *, error: bool, sticky: bool) -> None:
        self.text, self.is_error, self.sticky = text, error, sticky
        self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The band's rows."""
        if not self.text:
            return []
        role = "error" if self.is_error else "note"
        rows = wrap(self.text, width - 2)[:height]
        if not self.is_error:
            return [((pad(" " + row, width - 1 - cells(row)), role),) for row in rows]
        rows += [""] * (height - len(rows))
        return [((pad(" " + row, width - 1 - cells(row)), role),) for row in rows]
