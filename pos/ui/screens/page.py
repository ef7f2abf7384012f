"""A page to read: report, receipt preview, help; paged with `*`, left with `-` or Enter."""

from __future__ import annotations

from collections.abc import Sequence

from pos.ui.keys import PadState
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, clean, fit


class ReadScreen(PageScreen[str], inherit_bindings=False):
    """Answers `enter` or `back`."""

    CSS_PATH = "page.tcss"

    def __init__(
        self,
        title: str,
        lines: Sequence[str],
        *,
        scan_policy: ScanPolicy = ScanPolicy.REFUSE_LOUDLY,
        enter: str = "",
    ) -> None:
        super().__init__()
        self.title_text = title
        self.text = [clean(line) for line in lines]
        self.scan_policy = scan_policy
        self.top = 0
        self._enter = enter
        self._height = 10

    @property
    def pad_state(self) -> PadState:
        return PadState.READ

    def renamed(self) -> dict[str, str]:
        more = len(self.text) > self._height
        renamed = {"next": ""} if more else {"next": "", "page": ""}
        if self._enter:
            renamed["choose"] = self._enter
        return renamed

    def body(self, width: int, height: int) -> Sequence[Line]:
        self._height = max(1, height - 2)
        count = len(self.text)
        where = f" {self.top + 1}-{min(count, self.top + self._height)}/{count}"
        rows: list[Line] = [
            ((" " + fit(self.title_text, width - 3 - len(where)), "strong"), (where, "dim")),
            (),
        ]
        visible = self.text[self.top : self.top + self._height]
        rows += [((" " + fit(line, width - 2), "text"),) for line in visible]
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, lambda: self.finish("enter"))
        elif action == "cancel":
            self.finish("back")
        elif action == "page":
            self._scroll(self._height, around=True)

    def other_key(self, press: KeyPress) -> None:
        step = {"down": 1, "up": -1, "pagedown": self._height, "pageup": -self._height}
        if press.key in step:
            self._scroll(step[press.key])

    def _scroll(self, step: int, *, around: bool = False) -> None:
        last = max(0, len(self.text) - self._height)
        if around and self.top >= last:
            self.top = 0
        else:
            self.top = max(0, min(last, self.top + step))
        self.redraw()
