"""How long a process of the uploader lives: until it is told to stop or its parent is gone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType

DOORBELL_S = 0.2
_WATCH_S = 0.5


class Life:
    """A flag and short sleeps, no Event: its lock may be held where a signal comes in."""

    def __init__(self, parent_pid: int = 0) -> None:
        """`parent_pid` is the process whose end is ours too; 0 for none."""
        self._stopping = False
        self._lives = _parent_watch(parent_pid)
        self.on_stop: list[Callable[[], None]] = []
        """What breaks off work in progress; called from signal handlers and other threads."""

        if parent_pid:
            # Beside the loop, which may be waiting for an answer when the parent dies: the next
            # uploader of this home must not find the lock still held.
            threading.Thread(target=self._watch, name="parent-watch", daemon=True).start()

    @property
    def stopping(self) -> bool:
        """Whether the end was asked for."""
        return self._stopping

    def stop(self, *_: object) -> None:
        """End soon: what is being done is broken off."""
        self._stopping = True
        for break_off in list(self.on_stop):
            break_off()

    def goes_on(self) -> bool:
        """Whether there is no reason to end."""
        return not self._stopping and self._lives()

    def doze(self, seconds: float) -> None:
        """Sleep, and wake soon after the end was asked for."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self.goes_on():
            time.sleep(min(DOORBELL_S, left))

    def handle_signals(self) -> None:
        """Let SIGTERM, SIGINT and SIGHUP end the loop cleanly."""

        def handler(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, handler)

    def _watch(self) -> None:
        while self._lives():
            time.sleep(_WATCH_S)
        self.stop()


def _parent_watch(parent_pid: int) -> Callable[[], bool]:
    """A function that says whether the process that we belong to still lives."""
    if parent_pid <= 0:
        return lambda: True
    if os.getppid() == parent_pid:
        return lambda: os.getppid() == parent_pid  # a dead parent's children are adopted

    def alive() -> bool:
        try:
            os.kill(parent_pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    return alive
