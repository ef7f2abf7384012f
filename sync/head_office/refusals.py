"""What people typed and can mend: which field, what was expected, in words that translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from pos.i18n import N_


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a form or a list."""

    field: str
    """Name of the field; empty for the form as a whole."""

    text: str
    """A msgid of the catalogues; `%(name)s` stand for `values`."""

    values: Mapping[str, str] = {}
    line: int = 0
    """Which line of a field of many lines; 0 for all of it."""

    def told(self, say: Callable[[str], str] | None = None) -> str:
        """The sentence in English, or in the words of `say`."""
        say = say or str
        text = say(self.text) % self.values if self.values else say(self.text)
        return (
            say(N_("line %(line)s: %(text)s")) % {"line": self.line, "text": text}
            if self.line
            else text
        )


class Refused(ValueError):
    """Something typed is not taken; nothing was written. `problems` say what and where."""

    code = "bad_form"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems; the text is theirs in English, for the command line and programs."""
        self.problems = tuple(problems)
        super().__init__("; ".join(problem.told() for problem in self.problems))

    def text(self, say: Callable[[str], str]) -> str:
        """All problems in the words of `say`."""
        return "; ".join(problem.told(say) for problem in self.problems)


def refused(field: str, text: str, **values: object) -> Refused:
    """A refusal of one field."""
    return Refused([Problem(field, text, {name: str(one) for name, one in values.items()})])
