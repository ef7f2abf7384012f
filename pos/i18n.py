"""The language of screens and of receipts: gettext catalogues, switched live.

A till speaks one language at a time, the signed-on operator's; a receipt may speak another,
through `translation_for`. Sources are English; a language without a catalogue stays English.
"""

from __future__ import annotations

import gettext as _catalogues
import os
from functools import lru_cache

from pos.config.paths import config_dir

DOMAIN = "guitai"
LANGUAGES = ("zh_CN", "en")
"""Languages an operator can choose."""

Translations = _catalogues.NullTranslations
"""A catalogue: `gettext(text)` and `ngettext(one, many, count)`."""


@lru_cache(maxsize=8)
def translation_for(lang: str) -> Translations:
    """The catalogue of `zh_CN` (or `zh`) or `en`; a language without one translates nothing."""
    return _catalogues.translation(
        DOMAIN,
        localedir=config_dir() / "locale",
        languages=["zh_CN" if lang == "zh" else lang],
        fallback=True,
    )


class _Current:
    """The language in use now."""

    language = "en"
    catalogue: Translations = Translations()


def set_language(lang: str) -> None:
    """Switch every later `gettext` to `zh_CN` or `en`; another language raises ValueError."""
    if lang not in LANGUAGES:
        msg = f"expected one of {', '.join(LANGUAGES)} as language, got {lang!r}"
        raise ValueError(msg)
    _Current.catalogue = translation_for(lang)
    _Current.language = lang


def terminal_language() -> str:
    """The language that the terminal's locale names: `zh_CN`, `en`, or empty for neither."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        locale = os.environ.get(name, "")
        if locale.startswith("zh"):
            return "zh_CN"
        if locale.startswith("en"):
            return "en"
    return ""


def language() -> str:
    """The language in use: `zh_CN` or `en`."""
    return _Current.language


def gettext(text: str) -> str:
    """The text in the language in use; an empty text stays empty."""
    return _Current.catalogue.gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form of a text that fits `count` in the language in use."""
    return _Current.catalogue.ngettext(one, many, count)


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a text for extraction where it is defined, and translate it where it is shown."""
    return text
