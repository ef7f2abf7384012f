"""How well goods sell here, brought into the search index: `reference.db` is this process's to write.

The till ranks what it found by its own sales; what is found first among a million is the index's
order, and that is set here, a few hours apart and never in the way of a sale.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

from pos.store.best_sellers import lines_sold
from pos.store.journal_files import JOURNAL_DB, read_journal
from pos.store.reference_writer import ReferenceWriter

FIRST_AFTER_MS: Final = 60_000
EVERY_MS: Final = 6 * 3600 * 1000
_AFTER_ANY_DAY: Final = "9999"


class Ranking:
    """Says when it is due, and does it."""

    def __init__(self, home: Path, now_ms: int) -> None:
        """The first time a minute after the start, when the till has painted its screens."""
        self._home = home
        self._due_ms = now_ms + FIRST_AFTER_MS

    def due(self, now_ms: int) -> bool:
        """Whether it is time; asked by the monotonic clock."""
        return now_ms >= self._due_ms

    def refresh(self, writer: ReferenceWriter, now_ms: int) -> int:
        """Order the index by the last business days' sales; returns how many goods moved."""
        self._due_ms = now_ms + EVERY_MS
        if not (self._home / JOURNAL_DB).is_file():
            return 0
        with closing(read_journal(self._home)) as journal:
            sold = lines_sold(journal, _AFTER_ANY_DAY)
        return writer.set_popularity(sold)
