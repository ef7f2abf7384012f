"""A page to read with a short list of what to do below it: the check before a signature."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.screens.choose import Choice
from pos.ui.text_grid import Line, clean, fit, wrap


class CheckScreen(PageScreen[str | None], inherit_bindings=False):
    """Answers with the chosen value, or None; `*` turns the page's leaves."""

    CSS_PATH = "page.tcss"
    help_topic = "goods_check"

    def __init__(
        self, title: str, lines: Sequence[str], choices: Sequence[Choice[str]], marked: int = 0
    ) -> None:
        super().__init__()
        self.title_text = title
        self.lines = [clean(line) for line in lines]
        self.choices = tuple(choices)
        self.marked = marked
        self.top = 0
        self._room = 8
        self._count = len(self.lines)

    @property
    def pad_state(self) -> PadState:
        return PadState.LIST

    def renamed(self) -> dict[str, str]:
        return {} if self._count > self._room else {"page": ""}

    def body(self, width: int, height: int) -> Sequence[Line]:
        wrapped = [piece for line in self.lines for piece in wrap(line, width - 2)]
        self._count = len(wrapped)
        self._room = max(1, height - len(self.choices) - 3)
        last = max(0, len(wrapped) - self._room)
        self.top = min(self.top, last)
        where = ""
        if len(wrapped) > self._room:
            where = f" {self.top + 1}-{min(len(wrapped), self.top + self._room)}/{len(wrapped)}"
        rows: list[Line] = [
            ((" " + fit(self.title_text, width - 3 - len(where)), "strong"), (where, "dim"))
        ]
        visible = wrapped[self.top : self.top + self._room]
        rows += [((" " + fit(line, width - 2), "text"),) for line in visible]
        rows += [()] * (height - len(self.choices) - 1 - len(rows))
        for index, choice in enumerate(self.choices):
            mark = "▶" if index == self.marked else " "
            text = fit(f" {mark} {choice.number}  {choice.words}", width)
            rows.append(((text, "mark" if index == self.marked else "text"),))
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self.marked = (self.marked + 1) % len(self.choices)
            self.redraw()
        elif action == "page":
            last = max(0, self._count - self._room)
            self.top = 0 if self.top >= last else min(last, self.top + self._room)
            self.redraw()
        elif action == "cancel":
            self.finish(None)

    def other_key(self, press: KeyPress) -> None:
        if press.digit:
            numbers = [str(choice.number) for choice in self.choices]
            if press.digit in numbers:
                self.marked = numbers.index(press.digit)
        elif press.key in ("down", "up"):
            step = 1 if press.key == "down" else -1
            self.marked = (self.marked + step) % len(self.choices)
        elif press.key in ("pagedown", "pageup"):
            last = max(0, self._count - self._room)
            step = self._room if press.key == "pagedown" else -self._room
            self.top = max(0, min(last, self.top + step))
        self.redraw()

    def _choose(self) -> None:
        self.finish(self.choices[self.marked].value)
