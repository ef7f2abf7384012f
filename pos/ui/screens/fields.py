"""A page of fields, one after the other: opening the day, counting a drawer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.parsing import TypedError
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, clean, fit, lines_of
from pos.ui.widgets.pad_footer import Hint

_LONGEST, _LONGEST_TEXT = 24, 60


@dataclass(slots=True)
class Field:
    """One field: its words, how it is read, what stands in it."""

    name: str
    label: str
    parse: Callable[[str], object]
    typed: str = ""
    optional: bool = False
    letters: str = ""
    """Characters beside digits and the point that may be typed, such as `-` in a date."""

    free: bool = False
    """Any text: a name, an address."""


class FieldsScreen(PageScreen[dict[str, object] | None], inherit_bindings=False):
    """Answers with name → value (None for an optional field left empty), or None."""

    CSS_PATH = "fields.tcss"

    def __init__(self, title: str, fields: Sequence[Field], lines: Sequence[str] = ()) -> None:
        super().__init__()
        self.title_text = title
        self.fields = list(fields)
        self.lines = tuple(lines)
        self.at = 0
        self.fresh = True
        """The field shows a proposal: the first digit typed replaces it."""

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    @property
    def field(self) -> Field:
        """The field that is being typed."""
        return self.fields[self.at]

    def renamed(self) -> dict[str, str]:
        last = self.at == len(self.fields) - 1
        return {
            "choose": _("Done") if last else _("Next"),
            "next": "",
            "cancel": "" if self._types("-") else self._cancel_words(),
        }

    def hints(self) -> list[Hint]:
        # Where `-` is written into the field, Esc is what clears it and goes back.
        return [("Esc", self._cancel_words())] if self._types("-") else []

    def _cancel_words(self) -> str:
        return _("Clear") if self.field.typed else _("Back")

    def _types(self, text: str) -> bool:
        """Whether a key of the pad is written into the field rather than obeyed."""
        free = self.field.free and (text != "-" or bool(self.field.typed))
        return free or text in self.field.letters

    def pad(self, action: str, press: KeyPress) -> None:
        if press.text and self._types(press.text):
            self._type(press.text)
        elif action == "choose":
            self.guarded(press, self._go_on)
        elif action == "type":
            self._type(press.text)
        elif action == "cancel":
            self._cancel()
        if self.is_mounted:
            self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.band.good()
            self.field.typed = self.field.typed[:-1]
            self.fresh = False
        elif press.digit or (self.field.free and press.text):
            self._type(press.text)
        elif self.field.free and press.key == "space":
            self._type(" ")
        elif press.key == "up" and self.at:
            self._move(-1)
        elif press.key == "down" and self.at < len(self.fields) - 1:
            self._move(1)
        self.redraw()

    def _type(self, text: str) -> None:
        # What is being corrected is no longer wrong.
        self.band.good()
        if self.fresh:
            self.field.typed = ""
            self.fresh = False
        if len(self.field.typed) < (_LONGEST_TEXT if self.field.free else _LONGEST):
            self.field.typed += text

    def _move(self, step: int) -> None:
        self.at += step
        self.fresh = True

    def _cancel(self) -> None:
        if self.field.typed:
            self.field.typed = ""
            self.fresh = False
        elif self.at:
            self._move(-1)
        else:
            self.finish(None)

    def _go_on(self) -> None:
        if not self._good(self.field):
            return
        self.band.good()
        if self.at < len(self.fields) - 1:
            self._move(1)
            self.redraw()
            return
        values: dict[str, object] = {}
        for index, one in enumerate(self.fields):
            if not self._good(one):
                self.at = index
                return
            empty = one.optional and not one.typed
            values[one.name] = None if empty else one.parse(one.typed)
        self.finish(values)

    def _good(self, one: Field) -> bool:
        if one.optional and not one.typed:
            return True
        try:
            one.parse(one.typed)
        except TypedError as error:
            self.error(str(error), one.typed)
            return False
        return True

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows: list[Line] = [((" " + fit(self.title_text, width - 2), "strong"),), ()]
        for line in self.lines:
            rows += [((" " + text, "text"),) for ((text, _role),) in lines_of(line, width - 2, "")]
        if self.lines:
            rows.append(())
        size = max(cells(one.label) for one in self.fields) + 2
        room = max(1, height - len(rows))
        first = max(0, min(self.at - room // 2, len(self.fields) - room))
        for index, one in enumerate(self.fields[first : first + room], first):
            active = index == self.at
            value = f" {clean(one.typed)}{'▏' if active else ''}"
            rows.append(
                (
                    (f" {'▶' if active else ' '} ", "blue"),
                    (fit(one.label, size), "strong" if active else "text"),
                    (
                        fit(value, max(20, width - size - 5) if one.free else 20),
                        "panel_field" if active else "panel",
                    ),
                )
            )
        return rows
