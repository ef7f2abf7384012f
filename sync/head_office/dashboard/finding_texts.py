"""Details of what was found and done in the reader's language: they are kept as English sentences.

A finding is written once, by programs of several ages, and never again; so the sentence is known
again by its form when it is read. One that nobody knows here stays as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pos.domain.goods.count_reasons import REASON_WORDS
from pos.i18n import N_
from sync.head_office.dashboard.goods_texts import WORDS
from sync.head_office.dashboard.texts import LANGUAGE_NAMES

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (
            r"shift (?P<shift>\d+) was asked and not counted",
            N_("shift %(shift)s was asked and not counted"),
        ),
        (
            r"(?P<found>\d+) pieces, (?P<allowed>\d+) are allowed",
            N_("%(found)s pieces, %(allowed)s are allowed"),
        ),
        (r"no count of (?P<period>\S+) was posted", N_("no count of %(period)s was posted")),
        (r"(?P<state>\w+) for (?P<days>\d+) days", N_("%(state)s for %(days)s days")),
        (
            (
                r"till: (?P<till>\S+) movements, sum (?P<till_sum>\S+); "
                r"here: (?P<here>\S+), sum (?P<here_sum>\S+)"
            ),
            N_(
                "till: %(till)s movements, sum %(till_sum)s; "
                "head office: %(here)s movements, sum %(here_sum)s"
            ),
        ),
        (
            r"first goods (?P<day>\S+) (?P<number>.*), books due (?P<due>\S+)",
            N_("first goods %(day)s %(number)s, books due %(due)s"),
        ),
        (
            (
                r"(?P<number>.+): (?P<received>\S+) received of (?P<sent>\S+) sent, "
                r"last by (?P<last>.*)"
            ),
            N_("%(number)s: %(received)s received of %(sent)s sent, last by %(last)s"),
        ),
        (
            r"(?P<number>.+) was sent to store '(?P<store>.*)', which is not known here",
            N_("%(number)s was sent to store %(store)s, which is not known here"),
        ),
        (r"(?P<number>\S+) lines (?P<lines>[\d, ]+)", N_("%(number)s, lines %(lines)s")),
        (r"business day (?P<day>\S+) lies ahead", N_("business day %(day)s lies ahead")),
        (r"a transaction outside any business day", N_("a transaction outside any business day")),
        (r"the till doubts its clock", N_("the till doubts its clock")),
    )
)


def detail(text: str, say: Callable[[str], str]) -> str:
    """The detail of a finding as a sentence in the reader's language."""
    for form, sentence in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            values = found.groupdict()
            if "state" in values:
                state = values["state"]
                values["state"] = say(WORDS.get(f"count.{state}", state))
            return say(sentence) % values if values else say(sentence)
    return text


def count_note(text: str, say: Callable[[str], str]) -> str:
    """What a count's history says of a step: how many lines, and which reason, in words."""
    if found := _LINES_AT.fullmatch(text):
        return say(N_("%(lines)s lines, till %(till)s")) % found.groupdict()
    if found := _LINES_BECAUSE.fullmatch(text):
        told = " ".join(_reason(word, say) for word in found["told"].split())
        return say(N_("%(lines)s lines: %(told)s")) % {"lines": found["lines"], "told": told}
    return text


def change(action: str, text: str, say: Callable[[str], str]) -> str:
    """What changed about a person: roles and languages by name, anything else as written."""
    if action not in ("role_changed", "language_changed"):
        return text
    return " → ".join(_named(action, part, say) for part in text.split(" > "))


_LINES_AT = re.compile(r"(?P<lines>\d+) lines, till (?P<till>\S+)")
_LINES_BECAUSE = re.compile(r"(?P<lines>\d+) lines: (?P<told>.+)", re.DOTALL)
_REASONS = {reason.value: text for reason, text in REASON_WORDS.items()}


def _reason(word: str, say: Callable[[str], str]) -> str:
    bare = word.rstrip(",")
    return say(_REASONS[bare]) + word[len(bare) :] if bare in _REASONS else word


def _named(action: str, code: str, say: Callable[[str], str]) -> str:
    if action == "language_changed":
        return LANGUAGE_NAMES.get(code, code)
    return say(WORDS.get(f"role.{code}", code))
