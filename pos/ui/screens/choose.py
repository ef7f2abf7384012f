"""A dialog to choose one of a list: by its number, with `+` and Enter, or with the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, fit, lines_of

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Choice(Generic[Value]):
    """One row: its number, its words, what stands at the right, and the answer."""

    number: int
    words: str
    value: Value
    detail: str = ""


class ChooseScreen(DialogScreen[Value | None], Generic[Value], inherit_bindings=False):
    """Answers with the chosen value, or None when it was given up.

    With the policy TAKE a scan is an answer as well: the caller asks `scanned`.
    """

    CSS_PATH = "choose.tcss"

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice[Value]],
        *,
        lines: Sequence[str] = (),
        marked: int = 0,
        scan_policy: ScanPolicy = ScanPolicy.FORWARD,
        cancel: bool = True,
    ) -> None:
        super().__init__()
        self.title_text = title
        self.choices = tuple(choices)
        self.lines = tuple(lines)
        self.marked = marked
        self.typed = ""
        self.scan_policy = scan_policy
        self._cancel = cancel
        self.scanned: ScanEvent | None = None

    @property
    def pad_state(self) -> PadState:
        return PadState.LIST if self._pages > 1 else PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        return {} if self._cancel else {"cancel": ""}

    @property
    def page_rows(self) -> int:
        """Rows of choices that fit at once."""
        return max(3, self.host.size.height - 9 - len(self.lines)) if self.is_attached else 12

    @property
    def _pages(self) -> int:
        return -(-len(self.choices) // self.page_rows)

    def content(self, width: int) -> Sequence[Line]:
        rows: list[Line] = []
        for line in self.lines:
            rows += lines_of(line, width, "panel")
        if rows:
            rows.append(())
        first = self.marked // self.page_rows * self.page_rows
        digits = len(str(max((choice.number for choice in self.choices), default=0)))
        for index, choice in enumerate(self.choices[first : first + self.page_rows], first):
            mark = "▶" if index == self.marked else " "
            left = f"{mark} {choice.number:>{digits}}  "
            room = width - cells(left) - cells(choice.detail) - (1 if choice.detail else 0)
            text = left + fit(choice.words, room) + (f" {choice.detail}" if choice.detail else "")
            rows.append(((text, "mark" if index == self.marked else "panel"),))
        if not self.choices:
            rows.append(((_("Nothing here"), "panel_dim"),))
        if self._pages > 1:
            page = _("Page {page} of {pages}").format(
                page=self.marked // self.page_rows + 1, pages=self._pages
            )
            rows.append(((page, "panel_dim"),))
        if self.typed and str(self.choices[self.marked].number) != self.typed:
            rows.append(((f"▶ {self.typed}▏", "panel_field"),))
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self._move(1)
        elif action == "page":
            self._move(self.page_rows)
        elif action == "cancel":
            if self.typed:
                self.typed = ""
            elif self._cancel:
                self.finish(None)

    def other_key(self, press: KeyPress) -> None:
        if press.digit:
            self._digit(press.digit)
        elif press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.key in ("down", "up"):
            self._move(1 if press.key == "down" else -1)
        elif press.key in ("pagedown", "pageup"):
            self._move(self.page_rows if press.key == "pagedown" else -self.page_rows)

    def take_scan(self, scan: ScanEvent) -> None:
        self.scanned = scan
        self.finish(None)

    def _move(self, step: int) -> None:
        if self.choices:
            count = len(self.choices)
            self.marked = (
                (self.marked + step) % count
                if abs(step) == 1
                else 0
                if self.marked == count - 1
                else max(0, min(count - 1, self.marked + step))
            )
            self.typed = ""

    def _digit(self, digit: str) -> None:
        typed = self.typed + digit
        exact = [c for c in self.choices if str(c.number) == typed]
        longer = [c for c in self.choices if str(c.number).startswith(typed) and c not in exact]
        if not exact and not longer:
            self.error(_("There is no such number here"), typed)
            self.typed = ""
        else:
            # Every list waits for Enter: an Enter out of habit must not answer what comes next.
            self.band.good()
            self.typed = typed
            if exact:
                self.marked = self.choices.index(exact[0])

    def _choose(self) -> None:
        if self.typed:
            chosen = next((c for c in self.choices if str(c.number) == self.typed), None)
            if chosen is None:
                self.error(_("There is no such number here"), self.typed)
                self.typed = ""
                return
            self.finish(chosen.value)
        elif self.choices:
            self.finish(self.choices[self.marked].value)
        elif self._cancel:
            self.finish(None)


def yes_no(
    title: str, lines: Sequence[str], *, yes: str, no: str, marked: int = 0
) -> ChooseScreen[bool]:
    """A question; Enter takes the marked answer."""
    return ChooseScreen(
        title, [Choice(1, yes, value=True), Choice(2, no, value=False)], lines=lines, marked=marked
    )
