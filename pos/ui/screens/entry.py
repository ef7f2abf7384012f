"""A dialog that takes one number or text: weight, price, amount, quantity, PIN, label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.parsing import TypedError
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, lines_of, pad
from pos.ui.texts import labelled
from pos.ui.widgets.pad_footer import Hint

Value = TypeVar("Value")
LONGEST = 60


class EntryScreen(DialogScreen[Value | None], Generic[Value], inherit_bindings=False):
    """Answers with the parsed value, or None when it was given up."""

    CSS_PATH = "entry.tcss"

    def __init__(
        self,
        title: str,
        parse: Callable[[str], Value],
        *,
        label: str,
        lines: Sequence[str] = (),
        letters: bool = False,
        hidden: bool = False,
        empty: Value | None = None,
        start: str = "",
        scan_policy: ScanPolicy = ScanPolicy.FORWARD,
        stars: dict[str, Value] | None = None,
        star_hints: Sequence[Hint] = (),
    ) -> None:
        """`empty` answers Enter with nothing typed; `stars` are answers of single keys."""
        super().__init__()
        self.title_text = title
        self.label = label
        self.lines = tuple(lines)
        self.letters = letters
        self.hidden = hidden
        self.empty = empty
        self.typed = start
        self.scan_policy = scan_policy
        self._parse = parse
        self._keys = stars or {}
        self._key_hints = list(star_hints)

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        """`-` clears first."""
        return {"next": "", "cancel": _("Clear") if self.typed else _("Back"), "type": ""}

    def hints(self) -> list[Hint]:
        return self._key_hints

    def content(self, width: int) -> Sequence[Line]:
        rows: list[Line] = []
        for line in self.lines:
            rows += lines_of(line, width, "panel")
        shown = "●" * len(self.typed) if self.hidden else self.typed
        field = f" {shown}▏"
        label = labelled(self.label, "")
        room = width - cells(label)
        rows += [(), ((label, "panel_strong"), (pad(field, room - cells(field)), "panel_field"))]
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._accept)
        elif action == "cancel" and press.key == "-" and self.letters and self.typed:
            self._type(press)
        elif action == "cancel":
            if self.typed:
                self.typed = ""
            else:
                self.finish(None)
        elif action == "type" or self.letters:
            self._type(press)
        elif press.key in self._keys:
            self.guarded(press, lambda: self.finish(self._keys[press.key]))

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.key in self._keys:
            self.guarded(press, lambda: self.finish(self._keys[press.key]))
        elif press.digit or (self.letters and press.text):
            self._type(press)
        elif self.letters and press.key == "space":
            self.typed += " "

    def _type(self, press: KeyPress) -> None:
        if len(self.typed) < LONGEST and press.text:
            self.band.good()
            self.typed += press.text

    def _accept(self) -> None:
        if not self.typed and self.empty is not None:
            self.finish(self.empty)
            return
        try:
            value = self._parse(self.typed)
        except TypedError as error:
            self.error(str(error), "" if self.hidden else self.typed)
            return
        self.finish(value)


class ScannableEntry(EntryScreen[str], inherit_bindings=False):
    """A text that may be scanned instead: the caller asks `scanned`."""

    scanned: ScanEvent | None = None

    def take_scan(self, scan: ScanEvent) -> None:
        """A scan answers."""
        self.scanned = scan
        self.finish(None)
