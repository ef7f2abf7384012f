"""Who listens to a device: callbacks in the order in which they came, called one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Event = TypeVar("Event")


class Subscribers(Generic[Event]):
    """Callbacks for one device's events; used from one thread."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._callbacks: list[Callable[[Event], None]] = []

    def add(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback`` for each event from now on; returns how to stop, which may be late."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def tell(self, event: Event) -> None:
        """Call everybody who listened when the event came."""
        for callback in tuple(self._callbacks):
            callback(event)

    def clear(self) -> None:
        """Forget everybody."""
        self._callbacks.clear()
