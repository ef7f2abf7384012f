"""助记码: the pinyin initials by which cashiers find goods (朝日啤酒 → crpj).

Computed where items are imported, never on the road of a sale: pypinyin is loaded by the first
call. Brands that the dictionary reads differently from the street, and characters that people read
in two ways, stand in `config/pinyin_overrides.toml`.
"""

from __future__ import annotations

import itertools
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import cast

import msgspec

from pos.config.paths import config_dir

MAX_ALTERNATIVES = 8
"""More readings than this find everything and nothing."""


class Pinyin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The shipped exceptions."""

    overrides: dict[str, str]
    """Words → their initials."""

    heteronyms: dict[str, str]
    """Single characters → every initial that people read them with."""


@lru_cache(maxsize=1)
def shipped_pinyin() -> Pinyin:
    """What `config/pinyin_overrides.toml` says."""
    text = (config_dir() / "pinyin_overrides.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Pinyin)


def mnemonic(name: str, overrides: Mapping[str, str] | None = None) -> str:
    """The initials of a name: lower-case ASCII letters and digits, one letter for each hanzi.

    `overrides` (words → initials, the longest word first) are the shipped ones unless given.
    Letters and digits stay, full-width ones as ASCII; spaces, signs and characters without a
    reading go.
    """
    return "".join(initials for _, initials in _initials(name, overrides))


def alternatives(name: str, overrides: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Other initials under which people look for the name, at most MAX_ALTERNATIVES.

    They come from characters with two common readings (长江 is also zj); words that an override
    names keep their initials, and so does what is no hanzi.
    """
    heteronyms = shipped_pinyin().heteronyms
    choices = []
    for character, initials in _initials(name, overrides):
        others = heteronyms.get(character, "")
        choices.append([initials, *(letter for letter in others if letter != initials)])
    readings = ("".join(choice) for choice in itertools.product(*choices))
    next(readings)  # the first is the mnemonic itself
    return tuple(itertools.islice(dict.fromkeys(readings), MAX_ALTERNATIVES))


def _initials(name: str, overrides: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    """Pieces of a name with their initials: single characters, or words of the overrides."""
    words = shipped_pinyin().overrides if overrides is None else overrides
    by_length = sorted((word for word in words if word), key=len, reverse=True)
    text = unicodedata.normalize("NFKC", name)
    plain = ""
    position = 0
    while position < len(text):
        word = next((word for word in by_length if text.startswith(word, position)), None)
        if word is None:
            plain += text[position]
            position += 1
        else:
            yield from _read(plain)
            yield word, words[word]
            plain = ""
            position += len(word)
    yield from _read(plain)


def _read(text: str) -> Iterator[tuple[str, str]]:
    """Single characters with the initial that the dictionary gives them in this phrase."""
    if text.isascii():
        syllables = list(text)
    else:
        from pypinyin import lazy_pinyin

        # What is no hanzi comes back one by one, so that characters and syllables stay in step.
        syllables = lazy_pinyin(text, errors=cast("Callable[[str], str]", list))
    for character, syllable in zip(text, syllables, strict=True):
        letter = unicodedata.normalize("NFD", syllable)[:1].lower()
        if letter.isascii() and letter.isalnum():
            yield character, letter
