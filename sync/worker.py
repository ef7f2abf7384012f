"""The uploader's process: `pos-sync run` goes round for ever, `pos-sync once` until all is sent.

It wakes by its interval and by a doorbell: the version counter of `journal.db`, looked at five
times a second while the line is good, so that a sale is on its way at once. It holds
`reference.lock` while it lives, ends on SIGTERM and when the process that started it is gone, and
may be killed at any moment: all that it knows is in the two files.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from pos.store.errors import StoreError
from sync.exchange import Idle, Request
from sync.uploader import Uploader

DOORBELL_S = 0.2
EXIT_DRAINED = 0
EXIT_BLOCKED = 1
EXIT_UNREACHABLE = 75
"""EX_TEMPFAIL: the network is down or head office is busy; trying again later is right."""

EXIT_REFUSED = 77
"""EX_NOPERM: head office refuses this till's key or program."""

_ATTEMPTS = 4
_WATCH_S = 0.5
_REFUSALS = ("credential", "upgrade", "clock")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How `once` ended."""

    exit_code: int
    unsent: int
    last_error: str = ""


class Worker:
    """The loop around one uploader. `stop` may be called from a signal handler."""

    def __init__(self, uploader: Uploader, log: Any, *, parent_pid: int = 0) -> None:
        """`parent_pid` is the process whose end is ours too; 0 for none."""
        self.uploader = uploader
        self.log = log
        # A flag and short sleeps, no Event: its lock may be held where a signal comes in.
        self._stopping = False
        self._lives = _parent_watch(parent_pid)
        self._last_error = ""
        if parent_pid:
            # Beside the loop, which may be waiting for an answer when the parent dies: the next
            # uploader of this home must not find the lock still held.
            threading.Thread(target=self._watch, name="parent-watch", daemon=True).start()

    def stop(self, *_: object) -> None:
        """End soon: what is being asked is broken off."""
        self._stopping = True
        self.uploader.client.abort()

    def handle_signals(self) -> None:
        """Let SIGTERM, SIGINT and SIGHUP end the loop cleanly."""

        def handler(_number: int, _frame: FrameType | None) -> None:
            self.stop()

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, handler)

    # ------------------------------------------------------------------------------- for ever

    def run(self) -> None:
        """Exchange until stopped or orphaned."""
        self.log.info("uploader started", pid=os.getpid(), home=str(self.uploader.home))
        try:
            while self._goes_on():
                step = self._step()
                if isinstance(step, Idle):
                    self._doze(step)
                self._write_status()
        finally:
            self.uploader.say_stopped()
            self.log.info("uploader stopped")

    def _doze(self, idle: Idle) -> None:
        """Wait, and wake for the doorbell unless the wait is a pause after a failure."""
        clock = self.uploader.clock
        until = clock.monotonic_ms() + idle.wait_ms
        while (left := until - clock.monotonic_ms()) > 0:
            time.sleep(min(DOORBELL_S, left / 1000))
            if not self._goes_on():
                return
            if self._rung() and not idle.failing:
                return
            self._write_status()

    def _watch(self) -> None:
        while self._lives():
            time.sleep(_WATCH_S)
        self.stop()

    def _goes_on(self) -> bool:
        return not self._stopping and self._lives()

    def _rung(self) -> bool:
        try:
            return self.uploader.outbox.changed()
        except (StoreError, sqlite3.Error):
            return False

    def _write_status(self, *, force: bool = False) -> None:
        try:
            self.uploader.write_status(force=force)
        except (StoreError, sqlite3.Error) as error:
            self.log.warning("status not written", error=str(error))

    # -------------------------------------------------------------------------------- one step

    def _step(self) -> Request | Idle:
        """Ask once, or say how long there is nothing to ask."""
        engine = self.uploader.engine
        try:
            step = engine.next()
            if isinstance(step, Idle):
                return step
            answer = self.uploader.client.carry(step, engine.status.server_offset_ms)
            if not self._stopping:
                engine.receive(step, answer)
        except (StoreError, sqlite3.Error) as error:
            engine.trouble(f"{type(error).__name__}: {error}")
            step = Idle(0, failing=True)
        self._tell(step)
        return step

    def _tell(self, step: Request | Idle) -> None:
        status = self.uploader.engine.status
        if status.last_error != self._last_error:
            self._last_error = status.last_error
            if status.last_error:
                self.log.warning("exchange in trouble", error=status.last_error)
            else:
                self.log.info("exchange is well")
        if isinstance(step, Request):
            self.log.debug("asked", kind=step.kind, bytes=len(step.body))

    # ------------------------------------------------------------------------- until all is sent

    def once(self) -> Outcome:
        """Push everything and pull everything; give up after a few failures in a row."""
        engine = self.uploader.engine
        exit_code = EXIT_UNREACHABLE
        while self._goes_on():
            step = self._step()
            if not isinstance(step, Idle):
                continue
            if not step.failing:
                exit_code = EXIT_BLOCKED if engine.push.blocked else EXIT_DRAINED
                break
            code = engine.status.last_error.partition(":")[0]
            if engine.failures >= _ATTEMPTS or code in _REFUSALS:
                exit_code = EXIT_REFUSED if code in _REFUSALS else EXIT_UNREACHABLE
                break
            pause_s = min(step.wait_ms, 5_000) / 1000
            while pause_s > 0 and self._goes_on():
                time.sleep(min(DOORBELL_S, pause_s))
                pause_s -= DOORBELL_S
        self._write_status(force=True)
        return Outcome(
            exit_code=exit_code,
            unsent=self.uploader.unsent().count,
            last_error=engine.status.last_error,
        )


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
