"""The terminal written to at once: what a scan changed does not wait for another thread.

Textual hands all that it sends to a thread of its own. On a busy machine the hand-over alone may
take longer than reading, counting and painting a scan. While that thread waits with nothing left
to send, this one may write in its place, and the order stays what it was.

The terminal is opened once more, for itself alone, so that writing never waits here: what a
terminal does not take now (it is stopped, or its line is slow) goes Textual's way.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver

_FOLLOWING = range(0x80, 0xC0)
"""Bytes inside a character of several bytes."""


class TerminalNow:
    """One terminal; used on the event loop's thread alone."""

    def __init__(self) -> None:
        self._number: int | None = None
        """Descriptor; None is not tried yet, below 0 is none to be had."""

    def write(self, driver: Driver, text: str) -> None:
        """Write now if nothing else is on its way, else behind what is."""
        rest = self._at_once(driver, text)
        if rest:
            driver.write(rest)

    def close(self) -> None:
        """Give the terminal back; what is written from now on goes Textual's way."""
        number, self._number = self._number, -1
        if number is not None and number >= 0:
            os.close(number)

    def _at_once(self, driver: Driver, text: str) -> str:
        """Write what the terminal takes; returns what it does not."""
        if self._number is None:
            self._number = _opened(driver)
        number = self._number
        if number < 0 or not _silent(driver):
            return text
        data = text.encode("utf-8")
        try:
            sent = os.write(number, data)
        except OSError:  # it takes nothing now, or it has hung up: whoever reads it notices
            return text
        if sent < len(data):
            sent += _rest_of_character(number, data[sent : sent + 3])
        return data[sent:].decode("utf-8")


def _rest_of_character(number: int, data: bytes) -> int:
    """Wait for the terminal to take the rest of a character; half a hanzi cannot go another way."""
    rest = bytes(itertools.takewhile(_FOLLOWING.__contains__, data))
    if rest:
        os.set_blocking(number, True)
        with contextlib.suppress(OSError):  # hung up
            for at in range(len(rest)):
                os.write(number, rest[at : at + 1])
        os.set_blocking(number, False)
    return len(rest)


def _opened(driver: Driver) -> int:
    """A descriptor of the driver's terminal that nobody else has, or -1."""
    try:
        name = os.ttyname(driver._file.fileno())  # type: ignore[attr-defined]  # noqa: SLF001
        return os.open(name, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (AttributeError, OSError, ValueError):
        return -1


def _silent(driver: Driver) -> bool:
    """Whether Textual's thread has sent and flushed all, and waits for more.

    It waits only when its queue is empty, flushes before it waits, and only this thread wakes it.
    """
    try:
        return bool(driver._writer_thread._queue.not_empty._waiters)  # type: ignore[attr-defined]  # noqa: SLF001
    except AttributeError:
        return False
