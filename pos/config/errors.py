"""What is wrong with a configuration file, and what to do about it.

ConfigError
└── one or more Problem, each with its file, line, what was expected, what came, and a hint

This package may not import the message catalogues (they are found through it), so texts are kept
as English templates with values; `Problem.text(gettext)` gives them in the reader's language.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

Translate = Callable[[str], str]


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a template for extraction."""
    return text


def _as_is(text: str) -> str:
    return text


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong in one place."""

    template: str
    """English sentence with `{name}` places."""

    values: dict[str, str] = {}
    words: dict[str, str] = {}
    """Values that are words of ours and translated themselves."""

    hint_template: str = ""
    path: str = ""
    """File, or empty when the value came from elsewhere."""

    line: int = 0
    """Line from 1, or 0 when unknown."""

    def text(self, translate: Translate = _as_is) -> str:
        """`file:line: what is wrong`, in the language of `translate`."""
        where = f"{self.path}:{self.line}: " if self.line else f"{self.path}: "
        return (where if self.path else "") + self._fill(self.template, translate)

    def hint(self, translate: Translate = _as_is) -> str:
        """What to do about it, in the language of `translate`."""
        return self._fill(self.hint_template, translate) if self.hint_template else ""

    def _fill(self, template: str, translate: Translate) -> str:
        # Values may hold braces: they are put in after the template is read, never read as one.
        words = {name: translate(word) for name, word in self.words.items()}
        return translate(template).format_map(self.values | words)


class ConfigError(Exception):
    """A configuration that cannot be used; `problems` names everything found wrong at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.text())

    @property
    def hint(self) -> str:
        """What to do about the first problem, in English; `hint_text` translates."""
        return self.problems[0].hint() if self.problems else ""

    def text(self, translate: Translate = _as_is) -> str:
        """Every problem on a line of its own."""
        return "\n".join(problem.text(translate) for problem in self.problems)

    def hint_text(self, translate: Translate = _as_is) -> str:
        """What to do about the first problem, in the language of `translate`."""
        return self.problems[0].hint(translate) if self.problems else ""


def refusal(
    template: str,
    *,
    hint: str = "",
    path: Path | str = "",
    line: int = 0,
    values: Mapping[str, str] | None = None,
) -> ConfigError:
    """A ConfigError of a single problem."""
    problem = Problem(
        template, values=dict(values or {}), hint_template=hint, path=str(path), line=line
    )
    return ConfigError([problem])


def closest(name: str, known: Iterable[str]) -> str:
    """The known name that was probably meant, or an empty string."""
    matches = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""
