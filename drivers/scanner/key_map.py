"""Keys of a scanner that acts as a keyboard, turned back into the bytes of the code (pure).

Numbers are those of Linux input events (`input-event-codes.h`). A layout is a table; scanners type
as a United States keyboard unless somebody has programmed another country. A control character is
typed as Ctrl and a key (GS is Ctrl + `]`), or as Alt and its number on the keypad.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

DOWN: Final = 1
UP: Final = 0

ENTER: Final = 28
KEYPAD_ENTER: Final = 96
TAB: Final = 15
CAPS_LOCK: Final = 58
SHIFTS: Final = frozenset((42, 54))
CONTROLS: Final = frozenset((29, 97))
ALTS: Final = frozenset((56, 100))

_ROWS: Final = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
)
"""First key of a row of neighbours, its characters, and those with Shift."""

US: Final[Mapping[int, tuple[str, str]]] = {
    first + place: (plain, shifted)
    for first, plains, shifteds in _ROWS
    for place, (plain, shifted) in enumerate(zip(plains, shifteds, strict=True))
}

KEYPAD: Final[Mapping[int, str]] = dict(
    zip(
        (71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 55, 98),
        "789-456+1230.*/",
        strict=True,
    )
)


def _changed(changes: Mapping[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    return dict(US) | dict(changes)


LAYOUTS: Final[dict[str, Mapping[int, tuple[str, str]]]] = {
    "us": US,
    "uk": _changed({3: ("2", '"'), 40: ("'", "@"), 43: ("#", "~")}),
    "de": _changed(
        {
            12: ("?", "?"),
            13: ("'", "`"),
            21: ("z", "Z"),
            44: ("y", "Y"),
            3: ("2", '"'),
            7: ("6", "&"),
            8: ("7", "/"),
            9: ("8", "("),
            10: ("9", ")"),
            11: ("0", "="),
            27: ("+", "*"),
            43: ("#", "'"),
            51: (",", ";"),
            52: (".", ":"),
            53: ("-", "_"),
        }
    ),
}
"""Layout → key → (character, character with Shift)."""


class KeyDecoder:
    """Follows presses and releases, and gives the bytes that were typed."""

    def __init__(self, layout: str = "us") -> None:
        """KeyError for a layout that is not in the table."""
        self._layout = LAYOUTS[layout]
        self._held: set[int] = set()
        self._caps = False
        self._number = ""

    def reset(self) -> None:
        """Forget which keys are down: the device went away."""
        self._held.clear()
        self._caps = False
        self._number = ""

    def feed(self, code: int, value: int) -> bytes:
        """One key event: 1 pressed, 0 released, 2 held down, which a scanner never means."""
        if code in SHIFTS or code in CONTROLS or code in ALTS:
            return self._modifier(code, value)
        if value != DOWN:
            return b""
        if code == CAPS_LOCK:
            self._caps = not self._caps
            return b""
        if self._held & ALTS and code in KEYPAD:
            self._number = (self._number + KEYPAD[code])[-4:]
            return b""
        if code in (ENTER, KEYPAD_ENTER):
            return b"\r"
        if code == TAB:
            return b"\t"
        return self._character(code).encode("ascii", "ignore")

    def _modifier(self, code: int, value: int) -> bytes:
        if value == DOWN:
            self._held.add(code)
            return b""
        if value == UP:
            self._held.discard(code)
            if code in ALTS and not self._held & ALTS:
                number, self._number = self._number, ""
                if number.isdigit() and int(number) < 0x80:
                    return bytes((int(number),))
        return b""

    def _character(self, code: int) -> str:
        if code in KEYPAD:
            return KEYPAD[code]
        plain, shifted = self._layout.get(code, ("", ""))
        shift = bool(self._held & SHIFTS)
        if plain.isalpha() and self._caps:
            shift = not shift
        one = shifted if shift else plain
        if self._held & CONTROLS and one:
            return chr(ord(one.upper()) & 0x1F) if 0x40 <= ord(one.upper()) < 0x60 else ""
        return one
