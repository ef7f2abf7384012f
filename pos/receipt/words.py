"""The language of paper: Chinese, English or both, whatever the screen speaks."""

from __future__ import annotations

from pos.i18n import translation_for


class Words:
    """Texts of one slip; `language` is zh, en or both."""

    def __init__(self, language: str) -> None:
        self._first = translation_for("en" if language == "en" else "zh_CN")
        self._second = translation_for("en") if language == "both" else None
        self._english = language == "en"

    def __call__(self, text: str) -> str:
        """The text in the slip's language; in both, Chinese with the English beside it."""
        first = self._first.gettext(text)
        if self._second is None:
            return first
        second = self._second.gettext(text)
        return first if first == second else f"{first} {second}"

    def each(self, text: str) -> tuple[str, ...]:
        """The text once in each language of the slip, where one line cannot hold both."""
        first = self._first.gettext(text)
        second = first if self._second is None else self._second.gettext(text)
        return (first,) if first == second else (first, second)

    def name(self, name: str, name_en: str) -> str:
        """A name from the settings in the slip's language."""
        if self._second is not None and name_en and name_en != name:
            return f"{name} {name_en}"
        return name_en if self._english and name_en else name
