"""The language of paper: Chinese, English or both, whatever the screen speaks."""

from __future__ import annotations

from collections.abc import Callable

from pos.i18n import Translations, translation_for


def _own_words(catalogue: Translations) -> dict[str, str]:
    """Words that mean one thing on paper and another on a screen: 实收 here, 已到账 there."""
    return {
        "Discount": catalogue.pgettext("slip", "Discount"),
        "Item": catalogue.pgettext("slip", "Item"),
        "Opening cash": catalogue.pgettext("slip", "Opening cash"),
        "Paid back": catalogue.pgettext("slip", "Paid back"),
        "Received": catalogue.pgettext("slip", "Received"),
        "TRAINING": catalogue.pgettext("slip", "TRAINING"),
        "Till": catalogue.pgettext("slip", "Till"),
    }


def _reader(language: str) -> Callable[[str], str]:
    """What says a text in a language, with paper's own sense of a word first."""
    catalogue = translation_for(language)
    own = _own_words(catalogue)
    return lambda text: own.get(text) or catalogue.gettext(text)


class Words:
    """Texts of one slip; `language` is zh, en or both."""

    def __init__(self, language: str) -> None:
        self._first = _reader("en" if language == "en" else "zh_CN")
        self._second = _reader("en") if language == "both" else None
        self._english = language == "en"

    def __call__(self, text: str) -> str:
        """The text in the slip's language; in both, Chinese with the English beside it."""
        first = self._first(text)
        if self._second is None:
            return first
        second = self._second(text)
        return first if first == second else f"{first} {second}"

    def each(self, text: str) -> tuple[str, ...]:
        """The text once in each language of the slip, where one line cannot hold both."""
        first = self._first(text)
        second = first if self._second is None else self._second(text)
        return (first,) if first == second else (first, second)

    def name(self, name: str, name_en: str) -> str:
        """A name from the settings in the slip's language."""
        if self._second is not None and name_en and name_en != name:
            return f"{name} {name_en}"
        return name_en if self._english and name_en else name
