"""The cash drawer by its sense pin: who opened it, and that nobody leaves it open.

Every opening is in the journal with its reason: a sale's own transaction names the tender that
opens the drawer, a no-sale and a cash movement are entries with a reason, and what the pin tells of
an opening that nobody at this till asked for (the key, a forced drawer) is journaled here. A
drawer that stands open longer than `drawer.warn_open_s` is journaled and shown, once an opening.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

import msgspec

from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import DrawerNoted
from pos.services.context import Till

EXPECTED_MS = 10_000
"""The pin is asked every two seconds: an opening that was asked for is seen within this time."""


class DrawerOpenedItself(msgspec.Struct, frozen=True):
    """The drawer is open and nobody at this till asked for it."""


class DrawerLeftOpen(msgspec.Struct, frozen=True):
    """The drawer has been standing open for too long."""

    open_s: int


class _Watch(msgspec.Struct, kw_only=True):
    was: str = "unknown"
    asked_ms: int | None = None
    opened_ms: int = 0
    warned: bool = False


_WATCHES: WeakKeyDictionary[Till, _Watch] = WeakKeyDictionary()


def open_drawer(till: Till) -> None:
    """Kick the drawer, now or never (P6), for a reason that is already in the journal."""
    _watch_of(till).asked_ms = till.clock.monotonic_ms()
    till.printer.open_drawer()


def watch(till: Till) -> None:
    """Once a second: take note of how the drawer stands."""
    seen = _watch_of(till)
    now, state = till.clock.monotonic_ms(), till.status.drawer
    if state == "open":
        if seen.was == "closed":
            seen.opened_ms, seen.warned = now, False
            asked = seen.asked_ms is not None and now - seen.asked_ms <= EXPECTED_MS
            seen.asked_ms = None
            if not asked:
                till.append(EntryKind.DRAWER_NOTED, DrawerNoted(what="unexpected"))
                till.tell(DrawerOpenedItself())
        elif seen.was != "open":  # open when it was first heard of: nobody knows since when
            seen.opened_ms, seen.warned = now, False
        limit_s = till.settings.drawer.warn_open_s
        open_s = (now - seen.opened_ms) // 1000
        if limit_s and open_s >= limit_s and not seen.warned:
            seen.warned = True
            till.append(EntryKind.DRAWER_NOTED, DrawerNoted(what="left_open", open_s=open_s))
            till.tell(DrawerLeftOpen(open_s))
    elif state == "closed" and seen.was == "open" and seen.warned:
        open_s = (now - seen.opened_ms) // 1000
        till.append(EntryKind.DRAWER_NOTED, DrawerNoted(what="closed_late", open_s=open_s))
    if state in ("open", "closed"):  # silence in between is no movement
        seen.was = state


def _watch_of(till: Till) -> _Watch:
    return _WATCHES.setdefault(till, _Watch())
