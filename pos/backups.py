"""The running till's backups: a process of its own at each Z and every few minutes (R32).

The till only decides *when*: after a close of the day has committed, and on the settings' interval
when the journal has grown since the last good round. *What* is due, and where, the process finds
itself (`pos backup --due`, `pos.store.backup_rounds`): it reads the files read-only at low priority,
so neither the screen nor the write worker waits for it. There is never more than one, and one that
failed is tried again, first soon and then at the interval. The last one may outlive the till: it
has its own session, does its one round and ends.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from pos.services.backup_facts import BackupRound
from pos.services.context import Till
from pos.services.shifts import DayIsClosed
from pos.store.backup_rounds import read_status

FIRST_S = 60.0
"""After the start, so that opening the till waits for nothing; makes good what was missed."""

_RETRY_S = 60.0
_GIVE_UP_S = 30 * 60.0
"""A round that takes longer hangs on its medium: it is ended, and that is a failure."""

_LOOK_S = 2.0
_ENDING_S = 10.0
_BUSY = 75
"""Exit code of a command that found the home's backups locked."""


class BackupKeeper:
    """Starts the rounds of one till from a thread of its own."""

    def __init__(
        self,
        till: Till,
        home: Path,
        *,
        first_s: float = FIRST_S,
        retry_s: float = _RETRY_S,
        give_up_s: float = _GIVE_UP_S,
        command: Sequence[str] = (),
    ) -> None:
        self._till = till
        self._home = home
        self._first_s = first_s
        self._retry_s = retry_s
        self._give_up_s = give_up_s
        self._command = [
            *(command or (sys.executable, "-m", "pos", "backup", "--due", "--home", str(home)))
        ]
        self._interval_s = till.settings.backup.journal_interval_minutes * 60.0
        self._wake = threading.Event()
        self._closed_a_day = False
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._good_head: tuple[str, int] | None = None
        self._was_there = False
        self._thread = threading.Thread(target=self._keep, name="backups", daemon=True)
        self._show(any(one.error for one in read_status(home)))

    def start(self) -> None:
        """Listen for closed days and begin to watch the interval."""
        self._till.on_event.append(self._heard)
        self._thread.start()

    def stop(self) -> None:
        """Start no further round; one that runs is waited for a little, then left to end alone."""
        self._stopping = True
        self._wake.set()
        self._thread.join(_ENDING_S)

    def _heard(self, event: object) -> None:
        if isinstance(event, DayIsClosed) and self._till.settings.backup.full_at_close:
            self._closed_a_day = True
            self._wake.set()

    def _keep(self) -> None:
        wait_s: float | None = self._first_s
        retry_s = self._retry_s
        while True:
            self._wait(wait_s)
            self._wake.clear()
            asked, self._closed_a_day = self._closed_a_day, False
            if self._stopping and not asked:
                return
            if not asked and self._nothing_new():
                wait_s = self._interval_s or None
                continue
            if self._round():
                wait_s, retry_s = self._interval_s or None, self._retry_s
            else:
                wait_s = retry_s
                retry_s = min(retry_s * 2, max(self._interval_s, self._retry_s))
            if self._stopping:
                return

    def _wait(self, wait_s: float | None) -> None:
        """Until something is asked, the time is over, or the stick that was away is there."""
        place = self._place()
        if wait_s is None or place is None or self._till.status.backup != "failed":
            self._wake.wait(wait_s)
            return
        until = time.monotonic() + wait_s
        while (left_s := until - time.monotonic()) > 0:
            if place.is_dir() != self._was_there or self._wake.wait(min(left_s, _LOOK_S)):
                return

    def _place(self) -> Path | None:
        directory = self._till.settings.backup.directory
        return Path(directory).expanduser() if directory else None

    def _nothing_new(self) -> bool:
        return self._good_head == self._head() and self._till.status.backup != "failed"

    def _head(self) -> tuple[str, int]:
        return self._till.journal.epoch_id, self._till.journal.head()[0]

    def _round(self) -> bool:
        """Run one to its end; whether every place has everything."""
        if self._process is not None and self._process.poll() is None:
            return self._ended(good=False)  # it hangs where no signal reaches it
        # Seen before the round: a stick that comes during it, or right after, counts as new.
        place = self._place()
        self._was_there = place is not None and place.is_dir()
        head = self._head()
        log = self._home / "logs" / "backup.out"
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("wb") as output:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError:
            return self._ended(good=False)
        began = time.monotonic()
        while self._process.poll() is None:
            left_s = self._give_up_s - (time.monotonic() - began)
            if self._stopping:
                return True  # it ends by itself
            if left_s <= 0:
                self._end(self._process)
                break
            try:
                self._process.wait(min(left_s, 0.5))
            except subprocess.TimeoutExpired:
                continue
        code = self._process.poll()
        if code == _BUSY:
            return False  # somebody makes one by hand: soon again, and nothing is wrong
        if code == 0:
            self._good_head = head
        return self._ended(good=code == 0)

    def _ended(self, *, good: bool) -> bool:
        first = not good and self._till.status.backup != "failed"
        self._show(not good)
        places = tuple(read_status(self._home))
        self._till.tell(BackupRound(failed=not good, first=first, places=places))
        return good

    def _show(self, failed: bool) -> None:  # noqa: FBT001 - a fact, not a switch
        self._till.status.backup = "failed" if failed else "ok"

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()


def keep_backups(till: Till, home: Path) -> BackupKeeper | None:
    """Start keeping the backups that the settings ask for; None when they ask for none."""
    settings = till.settings.backup
    if (
        till.training
        or till.authority
        or not (settings.full_at_close or settings.journal_interval_minutes)
    ):
        return None
    keeper = BackupKeeper(till, home)
    keeper.start()
    return keeper
