"""What the screens and the line mode say of a clock in doubt (R20)."""

from __future__ import annotations

from datetime import UTC, datetime

from pos.i18n import gettext as _
from pos.services.clock_watch import Doubt
from pos.services.context import Till
from pos.ui.texts import waited


def off_text(off_ms: int) -> str:
    """How far the clock is off, and what is to be done about it."""
    text = (
        _("The clock is {time} ahead: set it; until then entries are marked")
        if off_ms > 0
        else _("The clock is {time} behind: set it; until then entries are marked")
    )
    return text.format(time=waited(abs(off_ms) // 1000))


def doubt_text(doubt: Doubt) -> str:
    """What is wrong, in one sentence."""
    off = waited(abs(doubt.clock_utc_ms - doubt.expected_utc_ms) // 1000)
    if doubt.cause == "head_office":
        return _("The clock of this till is {time} off head office's").format(time=off)
    if doubt.cause == "back":
        return _("The clock of this till went back by {time}").format(time=off)
    return _("The clock of this till jumped ahead by {time}").format(time=off)


def local_text(till: Till, utc_ms: int) -> str:
    """A time by the shop's clock: `2026-11-21 08:30:00`."""
    local = utc_ms // 1000 + till.clock.utc_offset_minutes() * 60
    return datetime.fromtimestamp(local, UTC).strftime("%Y-%m-%d %H:%M:%S")
