"""The footer: what the number pad means now, and the few other keys that fit, by measure."""

from __future__ import annotations

from collections.abc import Sequence

from pos.i18n import gettext as _
from pos.ui.keys import MEANINGS, PAD_KEYS, PAD_TABLE, PadState
from pos.ui.text_grid import Line, Span, cells, clipped
from pos.ui.widgets.line_widget import LineWidget

Hint = tuple[str, str]
"""(key as written, word)."""


def pad_hints(state: PadState, renamed: dict[str, str] | None = None) -> list[Hint]:
    """Pad keys that do something in a state, with their words; `renamed` gives better words."""
    hints: list[Hint] = []
    for key in PAD_KEYS:
        action = PAD_TABLE[state][key]
        word = renamed.get(action) if renamed is not None else None
        if word is None:
            word = _(MEANINGS.get(action, ""))
        if word:
            hints.append(("Enter" if key == "enter" else key, word))
    return hints


class PadFooter(LineWidget):
    """Two rows: pad, function keys; nothing is cut off, the last ones are left out."""

    base_role = "key_text"

    def __init__(self, *, id: str | None = "footer") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.pad: tuple[Hint, ...] = ()
        self.keys: tuple[Hint, ...] = ()
        self.more: Hint | None = None
        self.training = False

    def show(self, pad: list[Hint], keys: list[Hint], more: Hint | None) -> None:
        """Show the pad's meanings, other keys in order of importance, and the key for all keys."""
        state = (tuple(pad), tuple(keys), more)
        if state != (self.pad, self.keys, self.more):
            self.pad, self.keys, self.more = state
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The rows."""
        most = 5 if width < 98 else 7 if width < 130 else 9
        return [
            self._row(self.pad, None, width, len(self.pad), strict=True),
            self._row(self.keys, self.more, width, most, strict=False),
        ]

    def _row(
        self, hints: Sequence[Hint], more: Hint | None, width: int, most: int, *, strict: bool
    ) -> Line:
        ground = "training" if self.training else "key_text"
        spans: list[Span] = []
        last = _spans(more, ground) if more else []
        room = width - sum(cells(text) for text, _role in last)
        for hint in hints[:most]:
            piece = _spans(hint, ground)
            size = sum(cells(text) for text, _role in piece)
            if size > room:
                if strict:
                    clipped.append(" ".join(hint))
                break
            spans += piece
            room -= size
        return (*spans, *last, (" " * room, ground))


def _spans(hint: Hint, ground: str) -> list[Span]:
    key, word = hint
    return [(f" {key} ", "key"), (f" {word} ", ground)]
