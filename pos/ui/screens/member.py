"""Who is buying: a number typed, or the scan of a card."""

from __future__ import annotations

from pos.ui.scan_router import ScanEvent
from pos.ui.screens.entry import EntryScreen


class MemberScreen(EntryScreen[str | ScanEvent], inherit_bindings=False):
    """Answers with what was typed, or with the scan of a card."""

    CSS_PATH = "entry.tcss"

    def take_scan(self, scan: ScanEvent) -> None:
        self.finish(scan)
