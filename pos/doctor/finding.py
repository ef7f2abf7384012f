"""What a check found: a level, a sentence, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

Level = Literal["ok", "warn", "fail"]
OK: Level = "ok"
WARN: Level = "warn"
FAIL: Level = "fail"
SIGNS: dict[str, str] = {"ok": "✓", "warn": "!", "fail": "✗"}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the doctor's report."""

    level: Level
    text: str
    """English template of what was found."""

    values: dict[str, str | int | float] = {}
    hint: str = ""
    """English template of what to do."""

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """What was found, in the language of `translate`."""
        return translate(self.text).format_map(self.values)

    def mend(self, translate: Callable[[str], str] = str) -> str:
        """What to do, in the language of `translate`; empty when nothing is."""
        return translate(self.hint).format_map(self.values) if self.hint else ""


def found(level: Level, text: str, hint: str = "", **values: str | float) -> Finding:
    """Make a finding in one line."""
    return Finding(level=level, text=text, hint=hint, values=dict(values))
