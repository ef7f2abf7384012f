"""The uploader of a till that stands alone: it takes the item lists that `pos import` leaves (R25).

There is nobody to exchange with, so it holds `reference.lock` only while it imports: enrolment and
`pos import` may begin at any moment. Once the home is enrolled it ends, and the exchange begins.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from pos.config.mnemonic import mnemonic
from pos.store import item_inbox
from pos.store.errors import FileLocked, StoreError
from pos.store.journal_files import REFERENCE_DB
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from sync.life import DOORBELL_S, Life

COMMAND = "pos-sync run"
_PAUSE_S = 5.0
"""After a disk that did not take a list."""


def stands_alone(home: Path) -> bool:
    """Whether no head office knows this home."""
    if not (home / REFERENCE_DB).exists():
        return True
    reader = ReferenceReader(home)
    try:
        return not reader.meta("workstation_uuid")
    finally:
        reader.close()


def take_lists(writer: ReferenceWriter, log: Any) -> None:
    """Import what waits in the inbox and log what became of it; refused on an enrolled till."""
    for path, outcome in item_inbox.take_all(writer, mnemonic):
        if isinstance(outcome, StoreError):
            log.warning("list refused", file=path.name, error=str(outcome))
        else:
            log.info(
                "list imported",
                file=path.name,
                rows=outcome.rows,
                bad_rows=outcome.bad_rows,
                version=outcome.version,
            )


class Lone:
    """The loop. `life.stop` may be called from a signal handler."""

    def __init__(self, home: Path, log: Any, life: Life) -> None:
        self.home = home
        self.log = log
        self.life = life
        self._seen: tuple[int, ...] = ()

    def run(self) -> bool:
        """Take lists until stopped (False) or until the home is enrolled (True)."""
        self.log.info("no head office yet", pid=os.getpid(), home=str(self.home))
        while self.life.goes_on():
            if self._changed() and not stands_alone(self.home):
                return True
            if item_inbox.waiting(self.home):
                self._take()
            self.life.doze(DOORBELL_S)
        return False

    def _take(self) -> None:
        try:
            with ReferenceWriter.open(self.home, app_version=__version__, command=COMMAND) as held:
                take_lists(held, self.log)
        except FileLocked:
            self.life.doze(DOORBELL_S)  # `pos import` or an enrolment is at work
        except (StoreError, sqlite3.Error, OSError) as error:
            self.log.warning("list not taken", error=str(error))
            self.life.doze(_PAUSE_S)

    def _changed(self) -> bool:
        """Whether `reference.db` was written since it was last looked into."""
        now: list[int] = []
        for name in (REFERENCE_DB, f"{REFERENCE_DB}-wal"):
            try:
                about = (self.home / name).stat()
            except OSError:
                continue
            now += [about.st_mtime_ns, about.st_size]
        changed = tuple(now) != self._seen
        self._seen = tuple(now)
        return changed


def wait_for_head_office(home: Path, log: Any, life: Life) -> bool:
    """True when the home is enrolled, at once or after a while; False when it was stopped."""
    return not stands_alone(home) or Lone(home, log, life).run()


__all__ = ["Lone", "stands_alone", "take_lists", "wait_for_head_office"]
