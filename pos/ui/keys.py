"""Keys: one name for each key of every terminal, and the number pad's meaning in each state.

The pad table is rule 1 as data: the whole day can be worked with digits, Enter and `+ - * / .`.
What a full keyboard adds comes from the key map (`pos.config.load_keymap`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pos.i18n import N_


class PadState(StrEnum):
    """What the pad's keys mean now."""

    SALE_EMPTY = "sale_empty"
    SALE_DIGITS = "sale_digits"
    SALE_UNKNOWN = "sale_unknown"
    """An unknown code was scanned and nothing is typed: Enter offers what can be done."""

    SUBTOTAL = "subtotal"
    PAY_EMPTY = "pay_empty"
    PAY_DIGITS = "pay_digits"
    PAY_TENDER = "pay_tender"
    """An amount and `*` are typed: the tender's number follows."""

    DIALOG = "dialog"
    HOME = "home"
    """A home with tasks: as a dialog, and the language is within the pad's reach."""

    NUMBER = "number"
    """A dialog that takes a number."""

    SIGN_ON = "sign_on"
    """Number and PIN; language and a forgotten PIN are within the pad's reach."""

    LIST = "list"
    READ = "read"
    """A page to read: reports, help."""

    GOODS_EMPTY = "goods_empty"
    """Goods are counted by scanning; nothing is typed."""

    GOODS_DIGITS = "goods_digits"

    RECEIVE_DIGITS = "receive_digits"
    """Goods are received; the number typed may be how many of the marked line are broken."""


PAD_KEYS: Final = ("enter", "+", "-", "*", "/", ".")

PAD_TABLE: Final[dict[PadState, dict[str, str]]] = {
    PadState.SALE_EMPTY: {
        "enter": "subtotal",
        "+": "increment",
        "-": "decrement",
        "*": "quantity",
        "/": "line_discount",
        ".": "price",
    },
    PadState.SALE_DIGITS: {
        "enter": "find_code",
        "+": "refuse",
        "-": "clear",
        "*": "next_quantity",
        "/": "refuse",
        ".": "type",
    },
    PadState.SALE_UNKNOWN: {
        "enter": "unknown_options",
        "+": "increment",
        "-": "dismiss_unknown",
        "*": "quantity",
        "/": "line_discount",
        ".": "price",
    },
    PadState.SUBTOTAL: {
        "enter": "pay",
        "+": "refuse",
        "-": "back",
        "*": "ignore",
        "/": "sale_discount",
        ".": "ignore",
    },
    PadState.PAY_EMPTY: {
        "enter": "pay_enter",
        "+": "ignore",
        "-": "remove_tender",
        "*": "tender_list",
        "/": "ignore",
        ".": "type",
    },
    PadState.PAY_DIGITS: {
        "enter": "cash_given",
        "+": "ignore",
        "-": "clear",
        "*": "tender_number",
        "/": "ignore",
        ".": "type",
    },
    PadState.PAY_TENDER: {
        "enter": "tender_take",
        "+": "ignore",
        "-": "clear",
        "*": "tender_list",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.DIALOG: {
        "enter": "choose",
        "+": "next",
        "-": "cancel",
        "*": "ignore",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.HOME: {
        "enter": "choose",
        "+": "next",
        "-": "cancel",
        "*": "language",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.NUMBER: {
        "enter": "choose",
        "+": "next",
        "-": "cancel",
        "*": "ignore",
        "/": "ignore",
        ".": "type",
    },
    PadState.SIGN_ON: {
        "enter": "choose",
        "+": "language",
        "-": "cancel",
        "*": "forgotten_pin",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.LIST: {
        "enter": "choose",
        "+": "next",
        "-": "cancel",
        "*": "page",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.READ: {
        "enter": "choose",
        "+": "next",
        "-": "cancel",
        "*": "page",
        "/": "ignore",
        ".": "ignore",
    },
    PadState.GOODS_EMPTY: {
        "enter": "done",
        "+": "increment",
        "-": "decrement",
        "*": "refuse",
        "/": "find",
        ".": "line",
    },
    PadState.GOODS_DIGITS: {
        "enter": "set_quantity",
        "+": "refuse",
        "-": "clear",
        "*": "next_quantity",
        "/": "find",
        ".": "type",
    },
    PadState.RECEIVE_DIGITS: {
        "enter": "set_quantity",
        "+": "broken",
        "-": "clear",
        "*": "next_quantity",
        "/": "find",
        ".": "type",
    },
}

MEANINGS: Final[dict[str, str]] = {
    "subtotal": N_("Subtotal"),
    "increment": N_("+1"),
    "decrement": N_("-1"),
    "quantity": N_("Quantity"),
    "line_discount": N_("Discount"),
    "price": N_("Price"),
    "find_code": N_("Find code"),
    "clear": N_("Clear"),
    "next_quantity": N_("Times next scan"),
    "unknown_options": N_("Unknown: choose"),
    "dismiss_unknown": N_("Leave it"),
    "pay": N_("Pay"),
    "back": N_("Back"),
    "sale_discount": N_("Whole discount"),
    "pay_enter": N_("Cash"),
    "remove_tender": N_("Back"),
    "tender_list": N_("Tenders"),
    "cash_given": N_("Cash given"),
    "tender_number": N_("then tender no."),
    "tender_take": N_("Take"),
    "choose": N_("OK"),
    "next": N_("Next"),
    "cancel": N_("Back"),
    "page": N_("Page"),
    "language": N_("Language"),
    "forgotten_pin": N_("PIN forgotten"),
    "print": N_("Print"),
    "done": N_("Done"),
    "set_quantity": N_("Quantity"),
    "find": N_("Find goods"),
    "line": N_("About the line"),
    "broken": N_("Broken"),
    "new_sale": N_("Next sale"),
}
"""Pad action → its word in the footer; an action without one is not shown."""

_CANONICAL: Final[dict[str, str]] = {
    "add": "+",
    "plus": "+",
    "subtract": "-",
    "minus": "-",
    "multiply": "*",
    "asterisk": "*",
    "divide": "/",
    "slash": "/",
    "decimal": ".",
    "full_stop": ".",
    "separator": ".",
    "equals_sign": "=",
    "kp_enter": "enter",
    "return": "enter",
    "ctrl+m": "enter",
    "ctrl+j": "enter",
    "ctrl+h": "backspace",
}

FULL_WIDTH: Final = {ord("０") + digit: str(digit) for digit in range(10)} | {
    ord("．"): ".",
    ord("。"): ".",
    ord("＋"): "+",
    ord("－"): "-",
    ord("＊"): "*",
    ord("／"): "/",
}
"""What a Chinese input method makes of the pad when it is left on."""


def canonical(key: str, character: str | None) -> str:
    """One name for a key: `7`, `+`, `enter`, `f9`, `ctrl+r`, or the typed character."""
    name = _CANONICAL.get(key)
    if name is not None:
        return name
    if character is not None and len(character) == 1 and character.isprintable():
        return character.translate(FULL_WIDTH)
    return key


def pad_action(state: PadState, key: str) -> str | None:
    """Action of a pad key in a state, None for any other key; Esc clears and goes back as `-` does.

    With nothing to clear and nowhere to go back to, Esc does nothing: people press it to be sure
    that they are out of a dialog, and `-` would take one off the line there.
    """
    if key == "escape":
        if state is PadState.SALE_EMPTY:
            return None
        key = "-"
    return PAD_TABLE[state].get(key)


class Verdict(StrEnum):
    """What to do with a key that would void, pay or confirm."""

    FIRE = "fire"
    WAIT = "wait"
    """It may be a key held down: do it only if it does not come again at once."""

    HELD = "held"


HELD_GAP_S: Final = 0.06
"""Nobody presses a key twice within this time; a terminal that repeats a held key does."""

SETTLE_S: Final = 0.12
"""A held key comes again within this time, even on a slow console (about 11 a second)."""

FIRST_REPEAT_S: Final = 1.0
"""A keyboard begins to repeat a held key within this time."""


class RepeatGuard:
    """Tells a key pressed anew from one held down: a terminal never says when it is released."""

    def __init__(self) -> None:
        self._key = ""
        self._at = float("-inf")
        self._held = False

    def judge(self, key: str, now: float) -> Verdict:
        """Note a key press at `now` (seconds, monotonic) and say what it may set off."""
        gap = now - self._at if key == self._key else float("inf")
        self._key, self._at = key, now
        if gap < HELD_GAP_S or (self._held and gap <= SETTLE_S):
            self._held = True
            return Verdict.HELD
        self._held = False
        return Verdict.WAIT if gap <= FIRST_REPEAT_S else Verdict.FIRE

    def hold(self) -> None:
        """Take the key as held from now on (it came again while it was waiting)."""
        self._held = True


_NUM_LOCK_OFF: Final = frozenset(
    {"insert", "end", "down", "pagedown", "left", "right", "home", "up", "pageup", "delete"}
)
_ARROWS: Final = frozenset({"up", "down", "pageup", "pagedown"})


@dataclass(slots=True)
class NumLockWatch:
    """Notices digits typed on a pad whose NumLock is off: they arrive as Home, End or arrows."""

    recent: deque[str]

    def __init__(self) -> None:
        self.recent = deque(maxlen=3)

    def press(self, key: str) -> bool:
        """Note a key; True when the last three can only come from such a pad."""
        if key not in _NUM_LOCK_OFF:
            self.recent.clear()
            return False
        self.recent.append(key)
        if len(self.recent) < 3:
            return False
        odd = [one for one in self.recent if one not in _ARROWS]
        if len(odd) < 2 or len(set(self.recent)) < 2:
            return False
        self.recent.clear()
        return True
