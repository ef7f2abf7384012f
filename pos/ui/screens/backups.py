"""When the last backup was made in each place, what went wrong, and how to mend it (R32)."""

from __future__ import annotations

import time

from pos.i18n import gettext as _
from pos.services.backup_facts import PlaceStatus, backup_places
from pos.services.context import Till
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean, lines_of
from pos.ui.texts import waited

_NARROWEST = 74
"""Cells that a sentence may fill, with its place's indent, on the narrowest screen."""


class BackupsScreen(ReadScreen, inherit_bindings=False):
    """A page to read."""

    CSS_PATH = "backups.tcss"

    def __init__(self, till: Till) -> None:
        now_ms = till.clock.utc_ms()
        lines: list[str] = []
        for place in backup_places(till):
            lines += [*_lines_of(place, now_ms), ""]
        if not lines:
            lines = [_("No backup has been made yet: the first comes within a minute."), ""]
        if not till.settings.backup.directory:
            lines.append(_("All backups lie on this till's own disk."))
        lines.append(_("Backups are made by themselves; selling never waits for them."))
        super().__init__(_("Backups"), lines, scan_policy=ScanPolicy.FORWARD)


def _lines_of(place: PlaceStatus, now_ms: int) -> list[str]:
    def when(utc_ms: int) -> str:
        if not utc_ms:
            return "–"
        at = time.strftime("%Y-%m-%d %H:%M", time.localtime(utc_ms / 1000))
        return _("{moment} ({age})").format(moment=at, age=waited(max(0, now_ms - utc_ms) // 1000))

    sign = "✗" if place.error else "✓"
    rows = [
        f"{sign} {place.path}",
        "  " + _("Last full backup: {when}").format(when=when(place.last_full_ms)),
        "  " + _("Last new entries: {when}").format(when=when(place.last_increment_ms)),
    ]
    if place.error:
        for words in (place.error, place.hint):
            told = lines_of(clean(_(words).format_map(place.values)), _NARROWEST, "")
            rows += ["  " + text for ((text, _role),) in told]
    return rows
