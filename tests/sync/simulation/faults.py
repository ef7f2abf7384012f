"""Crashes inside a transaction, on either end: the process is gone between two of its writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any


class SimulatedKill(BaseException):
    """kill -9 at this point. No `except Exception` of the product may survive it."""


class Fuse:
    """Kills at the n-th transaction from now: before its commit, or right after it."""

    def __init__(self) -> None:
        self._left = 0
        self._after = False

    def light(self, transactions: int, *, after_commit: bool) -> None:
        """Arm it."""
        self._left, self._after = transactions, after_commit

    def put_out(self) -> None:
        """Disarm it."""
        self._left = 0

    def guard(
        self, transaction: Callable[[], AbstractContextManager[Any]]
    ) -> Callable[[], AbstractContextManager[Any]]:
        """The same transaction, with the fuse in it."""

        @contextmanager
        def guarded() -> Iterator[Any]:
            burning = self._left > 0
            self._left -= burning
            now = burning and self._left == 0
            with transaction() as value:
                yield value
                if now and not self._after:
                    raise SimulatedKill
            if now:
                raise SimulatedKill

        return guarded
