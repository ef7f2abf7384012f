"""One writer thread and one reader thread for the database, so that the event loop never waits.

The writer owns ingest, enrolment and everything else that writes; reports run beside it on a
connection of their own. Work in flight is bounded: beyond it a till hears 503 and when to come
back (R22).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sync.head_office.database import HeadOffice
from sync.head_office.service import Service

_T = TypeVar("_T")

MAX_WAITING_JOBS = 64
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Of decoded batches: what waits for the writer is in memory already."""

QUIET_S = 1.0
"""Without a write for so long, the aggregates' deltas are folded."""

GOODS_S = 2.0
"""Without a quiet moment, a step of the work about goods is done this often all the same."""

_RANDOM = random.SystemRandom()
_LOG = logging.getLogger(__name__)


class BusyError(RuntimeError):
    """Too much work in flight; `retry_after_s` is spread, so that tills do not return together."""

    def __init__(self) -> None:
        """Choose when to come back."""
        super().__init__("head office has as much to do as it takes at once")
        self.retry_after_s = _RANDOM.randint(2, 10)


class Worker:
    """Runs calls on the writer or the reader; made and closed with the app."""

    def __init__(self, open_office: Callable[[], HeadOffice]) -> None:
        """`open_office` is called once in each thread, because connections belong to threads."""
        self._open = open_office
        self._writer = ThreadPoolExecutor(1, "hq-writer")
        self._reader = ThreadPoolExecutor(1, "hq-reader")
        self._write_service = self._writer.submit(self._make)
        self._read_service = self._reader.submit(self._make)
        self._jobs = 0
        self._bytes = 0
        self._fold_timer: asyncio.TimerHandle | None = None
        self._goods: asyncio.Task[None] | None = None
        self._goods_at_s = time.monotonic()

    @property
    def waiting(self) -> int:
        """Writing jobs accepted and not yet answered."""
        return self._jobs

    def started(self) -> HeadOffice:
        """The writer's head office, once it is open; raises what opening raised."""
        self._read_service.result()
        return self._write_service.result().office

    def check_room(self, size: int) -> None:
        """Raise BusyError when a job of `size` would have to wait for too many others."""
        if self._jobs >= MAX_WAITING_JOBS or self._bytes + size > MAX_WAITING_BYTES:
            raise BusyError

    async def write(self, call: Callable[[Service], _T], size: int = 0) -> _T:
        """Run on the writer; `size` is what the job holds in memory. Raises BusyError."""
        self.check_room(size)
        self._jobs += 1
        self._bytes += size
        try:
            job = self._writer.submit(lambda: call(self._write_service.result()))
            return await asyncio.shield(asyncio.wrap_future(job))
        finally:
            self._jobs -= 1
            self._bytes -= size
            if self._jobs == 0:
                self._fold_soon()
            if time.monotonic() - self._goods_at_s > GOODS_S:
                self._goods_at_s = time.monotonic()
                self._writer.submit(self._goods_step)

    def _fold_soon(self) -> None:
        if self._fold_timer is not None:
            self._fold_timer.cancel()
        loop = asyncio.get_running_loop()
        self._fold_timer = loop.call_later(QUIET_S, self._fold)

    def _fold(self) -> None:
        self._fold_timer = None
        if self._jobs == 0:
            self._writer.submit(self._write_service.result().ingest.fold)
            self._goods = asyncio.get_running_loop().create_task(self._do_goods())

    async def _do_goods(self) -> None:
        """Work through what is to be done about goods, a step at a time, while nobody waits."""
        more = True
        while more and self._jobs == 0:
            more = await asyncio.wrap_future(self._writer.submit(self._goods_step))
            self._goods_at_s = time.monotonic()

    def _goods_step(self) -> bool:
        try:
            return self._write_service.result().ingest.goods_jobs.step()
        except Exception as error:  # noqa: BLE001 - whatever it was
            # Nobody waits for it, and the next quiet moment tries it again.
            _LOG.exception("work about goods failed", exc_info=error)
            return False

    async def read(self, call: Callable[[Service], _T]) -> _T:
        """Run on the reader."""
        job = self._reader.submit(lambda: call(self._read_service.result()))
        return await asyncio.wrap_future(job)

    def close(self) -> None:
        """Finish what was accepted, then close both connections."""
        for timer in (self._fold_timer, self._goods):
            if timer is not None:
                timer.cancel()
        for executor, service in (
            (self._writer, self._write_service),
            (self._reader, self._read_service),
        ):
            executor.submit(_close, service)
            executor.shutdown(wait=True)

    def _make(self) -> Service:
        return Service(self._open())


def _close(service: Future[Service]) -> None:
    if service.exception() is None:
        service.result().office.close()
