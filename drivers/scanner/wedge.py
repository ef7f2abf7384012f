"""Scanners that type into the terminal like a keyboard: telling codes from people (pure).

The gaps between keys say nothing: a terminal, an SSH line or a busy screen blurs them. Two signs do
(measured over hundreds of scans with dialogs opening and closing in between):

- the scanner is programmed to type a *prefix*. From there to Enter every key is the code's;
- without a prefix: on Enter, the digits typed within 0.6 s before it are a code with a right check
  digit, or end in one after a digit or two of a person's. Nothing shorter is cut out of a longer
  number: a tenth of all numbers end in a right check digit. No key is ever held back; the screen
  takes back what it was typed meanwhile.

The Enter of a code is the code's own: it never reaches a dialog. A scanner set to CR and LF types
one key more, which is swallowed too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TAIL_WITHIN_S: Final = 0.6
"""A code's digits and its Enter come within this time; nobody types eight digits so quickly."""

PREFIX_WITHIN_S: Final = 3.0
"""A code with prefix is complete within this time (a long 2D code at a slow keyboard's speed)."""

SECOND_ENTER_WITHIN_S: Final = 0.1
"""The LF of CR and LF."""

STRAY_DIGITS: Final = 3
"""Digits that a person may just have typed when the code came."""

LONGEST_AFTER_STRAY: Final = 14
"""A GTIN; longer numbers must be a code as a whole."""

LONGEST: Final = 2048
GS_KEYS: Final = frozenset({"ctrl+right_square_bracket", "ctrl+]", "f8"})
"""What scanners type for the separator of GS1 fields."""

_ENDS: Final = frozenset({"enter", "ctrl+m", "ctrl+j", "tab"})
_TAIL_ENDS: Final = frozenset({"enter", "ctrl+m", "ctrl+j"})


class KeyFate(StrEnum):
    """What to do with a key."""

    TYPED = "typed"
    """A person's, for all that is known: the screen gets it."""
    SWALLOWED = "swallowed"
    """A code's: nobody gets it."""
    SCANNED = "scanned"
    """It completed a code."""
    CUT_OFF = "cut_off"
    """A code with prefix did not end in time: say so loudly."""


@dataclass(frozen=True, slots=True)
class Wedged:
    """What became of one key."""

    fate: KeyFate
    code: bytes = b""
    """With SCANNED: the code."""
    since_s: float = 0.0
    """With SCANNED: when its first key came; what was typed since then is to be taken back."""


_TYPED: Final = Wedged(KeyFate.TYPED)
_SWALLOWED: Final = Wedged(KeyFate.SWALLOWED)


class WedgeReader:
    """Follows the keys of one terminal; `is_code` judges a run of digits (check digit, length)."""

    def __init__(
        self,
        *,
        prefix: str = "",
        check_digit: bool = True,
        is_code: Callable[[str], bool],
        lengths: Iterable[int] = (18, 14, 13, 12, 8),
    ) -> None:
        """``prefix`` is one character or a key such as `ctrl+b`."""
        self._prefix = prefix
        self._check_digit = check_digit
        self._is_code = is_code
        self._lengths = frozenset(lengths)
        self._digits: deque[tuple[str, float]] = deque(
            maxlen=max(self._lengths) + STRAY_DIGITS + 1
        )
        self._code: list[str] | None = None
        self._begun_s = 0.0
        self._ended_s = float("-inf")

    @property
    def reading(self) -> bool:
        """Whether a prefix came and its code has not ended."""
        return self._code is not None

    def key(self, key: str, character: str | None, at_s: float) -> Wedged:
        """Take one key, named as the terminal library does, at ``at_s`` seconds (monotonic)."""
        if self._code is not None:
            if at_s - self._begun_s <= PREFIX_WITHIN_S:
                return self._inside(key, character, at_s)
            self._code = None  # too late to be the code's; whoever watches the time has said so
        if self._prefix and self._prefix in (key, character):
            self._code, self._begun_s = [], at_s
            self._digits.clear()
            return _SWALLOWED
        if key in _TAIL_ENDS:
            return self._enter(key, at_s)
        self._ended_s = float("-inf")
        if character is not None and len(character) == 1 and character in "0123456789":
            self._digits.append((character, at_s))
        else:
            self._digits.clear()
        return _TYPED

    def expire(self, at_s: float) -> Wedged | None:
        """Give up a code with prefix whose end did not come; None when there is nothing to."""
        if self._code is None or at_s - self._begun_s <= PREFIX_WITHIN_S:
            return None
        length, self._code = len(self._code), None
        return Wedged(KeyFate.CUT_OFF, str(length).encode())

    def pasted(self, text: str) -> list[bytes]:
        """The codes in a text that the terminal says was pasted: one a line, by the same signs."""
        found = []
        for line in text.replace("\r", "\n").split("\n"):
            one = line.strip(" \t")
            if self._prefix and len(self._prefix) == 1 and one.startswith(self._prefix):
                found.append(one[1:].encode("ascii", "ignore"))
            elif self._check_digit and self._whole_code(one):
                found.append(one.encode("ascii"))
        return [one for one in found if one]

    def _inside(self, key: str, character: str | None, at_s: float) -> Wedged:
        code = self._code
        assert code is not None  # noqa: S101 - only called while a code is being read
        if key in _ENDS:
            self._code = None
            self._ended_s = at_s
            data = "".join(code).encode("ascii", "ignore")
            return Wedged(KeyFate.SCANNED, data, self._begun_s) if data else _SWALLOWED
        if key in GS_KEYS:
            code.append("\x1d")
        elif self._prefix in (key, character) and not code:
            pass  # the prefix twice
        elif character is not None and len(character) == 1 and len(code) < LONGEST:
            code.append(character)
        return _SWALLOWED

    def _enter(self, key: str, at_s: float) -> Wedged:
        since_end, self._ended_s = at_s - self._ended_s, float("-inf")
        if since_end <= SECOND_ENTER_WITHIN_S:
            return _SWALLOWED
        digits = tuple(self._digits)
        self._digits.clear()
        if not self._check_digit:
            return _TYPED
        run = [one for one in digits if at_s - one[1] < TAIL_WITHIN_S]
        begun = self._begin_of_code("".join(digit for digit, _at in run))
        if begun is None:
            return _TYPED
        self._ended_s = at_s
        code = "".join(digit for digit, _at in run[begun:])
        return Wedged(KeyFate.SCANNED, code.encode("ascii"), run[begun][1])

    def _begin_of_code(self, run: str) -> int | None:
        """Where in a quick run the code begins, or None."""
        if len(run) in self._lengths:
            return 0 if self._is_code(run) else None
        for stray in range(1, STRAY_DIGITS + 1):
            length = len(run) - stray
            if (
                length <= LONGEST_AFTER_STRAY
                and length in self._lengths
                and self._is_code(run[stray:])
            ):
                return stray
        return None

    def _whole_code(self, text: str) -> bool:
        return (
            len(text) in self._lengths
            and text.isascii()
            and text.isdigit()
            and self._is_code(text)
        )
