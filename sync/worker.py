"""The uploader's process: `pos-sync run` goes round for ever, `pos-sync once` until all is sent.

It wakes by its interval and by a doorbell: the version counter of `journal.db`, looked at five
times a second while the line is good, so that a sale is on its way at once. It holds
`reference.lock` while it lives, ends on SIGTERM and when the process that started it is gone, and
may be killed at any moment: all that it knows is in the two files.
"""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any

import msgspec

from pos.store import item_inbox
from pos.store.errors import StoreError
from sync import rotation
from sync.exchange import Idle, Request
from sync.life import DOORBELL_S, Life
from sync.lone import take_lists
from sync.ranking import Ranking
from sync.uploader import Uploader

EXIT_DRAINED = 0
EXIT_BLOCKED = 1
EXIT_UNREACHABLE = 75
"""EX_TEMPFAIL: the network is down or head office is busy; trying again later is right."""

EXIT_REFUSED = 77
"""EX_NOPERM: head office refuses this till's key or program."""

_ATTEMPTS = 4
_KEY_AGAIN_MS = 5_000
_REFUSALS = ("credential", "upgrade", "clock")


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How `once` ended."""

    exit_code: int
    unsent: int
    last_error: str = ""


class Worker:
    """The loop around one uploader; `life` says how long."""

    def __init__(self, uploader: Uploader, log: Any, life: Life | None = None) -> None:
        self.uploader = uploader
        self.log = log
        self.life = life or Life()
        self.life.on_stop.append(uploader.client.abort)
        self._last_error = ""
        self._key_at_ms = 0
        self._ranking = Ranking(uploader.home, uploader.clock.monotonic_ms())

    # ------------------------------------------------------------------------------- for ever

    def run(self) -> None:
        """Exchange until stopped or orphaned."""
        self.log.info("uploader started", pid=os.getpid(), home=str(self.uploader.home))
        try:
            while self.life.goes_on():
                self._take_lists()
                self._change_key()
                self._rank()
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
            if not self.life.goes_on():
                return
            if self._rung() and not idle.failing:
                return
            self._take_lists()
            if self._change_key():
                return
            self._write_status()

    def _take_lists(self) -> None:
        """Refuse, with a result, what was left before the home was enrolled (R25)."""
        try:
            if item_inbox.waiting(self.uploader.home):
                take_lists(self.uploader.writer, self.log)
        except (StoreError, sqlite3.Error, OSError) as error:
            self.log.warning("list not taken", error=str(error))

    def _change_key(self) -> bool:
        """Change to another key when `pos-sync rotate-key` asked for it (R8)."""
        now = self.uploader.clock.monotonic_ms()
        if now < self._key_at_ms or not rotation.is_asked_for(self.uploader.home):
            return False
        try:
            why = self.uploader.change_key()
        except (StoreError, OSError) as error:
            why = str(error)
        if why:
            self._key_at_ms = now + _KEY_AGAIN_MS
            self.log.warning("key not changed", error=why)
        else:
            self.log.info("key changed")
        return not why

    def _rank(self) -> None:
        """Bring what sells here into the search index, now and then."""
        now = self.uploader.clock.monotonic_ms()
        if not self._ranking.due(now):
            return
        try:
            moved = self._ranking.refresh(self.uploader.writer, now)
        except (StoreError, sqlite3.Error) as error:
            self.log.warning("search not ranked", error=str(error))
        else:
            self.log.info("search ranked", moved=moved)

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
            if not self.life.stopping:
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
        while self.life.goes_on():
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
            self.life.doze(min(step.wait_ms, 5_000) / 1000)
        self._write_status(force=True)
        return Outcome(
            exit_code=exit_code,
            unsent=self.uploader.unsent().count,
            last_error=engine.status.last_error,
        )
