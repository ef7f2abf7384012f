"""Scanners that type: keys of a terminal that are a code, and the screens that must not keep them.

`drivers.scanner.wedge` tells codes from people; here a code becomes a scan like any other, routed
by the policy of the screen on top, and what its digits did to screens meanwhile is undone. Its
Enter reaches nobody.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import events

from drivers.events import ScanEvent
from drivers.scanner.framing import take_off_aim
from drivers.scanner.wedge import KeyFate, WedgeReader
from pos.config import Settings
from pos.domain.barcode import WeighedLayout, has_valid_check_digit
from pos.domain.barcode.payment import payment_scheme
from pos.i18n import gettext as _
from pos.ui.keys import FULL_WIDTH
from pos.ui.screens.base import TillScreen

if TYPE_CHECKING:
    from pos.ui.app import TillApp

SOURCE = "keyboard"
"""Source of the scans that come this way."""

_GTIN_LENGTHS = (8, 12, 13, 14, 18)
_PAYMENT_LENGTHS = tuple(range(16, 25))
_TYPED_STATE = ("typed", "amount_typed", "pin", "operator_id", "marked", "fresh", "at")
"""What digits change on screens."""


class Wedge:
    """Follows the keys of one till's terminal."""

    def __init__(self, app: TillApp, settings: Settings, layouts: Sequence[WeighedLayout]) -> None:
        self._app = app
        self._unchecked = [one for one in layouts if one.enabled and not one.check]
        self._reader = WedgeReader(
            prefix=settings.wedge.prefix,
            check_digit=settings.wedge.check_digit,
            is_code=self._is_code,
            lengths={
                *_GTIN_LENGTHS,
                *_PAYMENT_LENGTHS,
                *(len(one.pattern) for one in layouts if one.enabled),
            },
        )
        self._before: deque[tuple[float, TillScreen[Any], dict[str, Any]]] = deque(maxlen=32)

    def took(self, event: events.Key) -> bool:
        """Take one key; True when no screen is to get it."""
        character = event.character
        if character is not None:
            character = character.translate(FULL_WIDTH)
        self.expire(event.time)
        wedged = self._reader.key(event.key, character, event.time)
        if wedged.fate is KeyFate.SCANNED:
            self._undo(wedged.since_s)
            self._scanned(wedged.code)
            return True
        if wedged.fate is KeyFate.SWALLOWED:
            return True
        screen = self._app.screen
        if isinstance(screen, TillScreen) and character is not None and character.isdigit():
            self._before.append((event.time, screen, _typed_state(screen)))
        elif self._before:
            self._before.clear()
        return False

    def pasted(self, text: str) -> None:
        """The terminal says that a text was pasted: codes are scans, anything else is refused."""
        codes = self._reader.pasted(text.translate(FULL_WIDTH))
        for code in codes:
            self._scanned(code)
        screen = self._app.screen
        if not codes and isinstance(screen, TillScreen):
            screen.error(_("Pasted text is not taken: scan or type it"))

    def expire(self, now_s: float) -> None:
        """Say loudly that a code with prefix did not end."""
        cut = self._reader.expire(now_s)
        screen = self._app.screen
        if cut is not None and isinstance(screen, TillScreen):
            screen.error(_("A code was cut off: scan again"))

    def _scanned(self, code: bytes) -> None:
        self._before.clear()
        aim, data = take_off_aim(code)
        self._app.post_scan(ScanEvent(data, SOURCE, time.monotonic_ns(), aim))

    def _undo(self, since_s: float) -> None:
        """Give screens back what stood in them before the code's first digit."""
        given: set[int] = set()
        for at_s, screen, state in self._before:
            if at_s >= since_s and id(screen) not in given:
                given.add(id(screen))
                _give_back(screen, state)

    def _is_code(self, digits: str) -> bool:
        if len(digits) in _GTIN_LENGTHS and has_valid_check_digit(digits):
            return True
        if any(layout.matches(digits) for layout in self._unchecked):
            return True
        screen = self._app.screen
        takes = isinstance(screen, TillScreen) and screen.takes_payment_codes
        return takes and payment_scheme(digits) is not None


def _typed_state(screen: TillScreen[Any]) -> dict[str, Any]:
    """What has been typed into a screen, to be given back."""
    there = {name: getattr(screen, name, None) for name in _TYPED_STATE}
    state = {name: value for name, value in there.items() if not callable(value)}
    state = {name: value for name, value in state.items() if hasattr(screen, name)}
    fields = getattr(screen, "fields", None)
    if isinstance(fields, list):
        state["fields"] = [one if isinstance(one, str) else one.typed for one in fields]
    return state


def _give_back(screen: TillScreen[Any], state: dict[str, Any]) -> None:
    fields = state.pop("fields", None)
    for name, value in state.items():
        setattr(screen, name, value)
    if fields is not None:
        own = screen.fields  # type: ignore[attr-defined]
        for place, typed in enumerate(fields):
            if isinstance(own[place], str):
                own[place] = typed
            else:
                own[place].typed = typed
    screen.typed_given_back()
