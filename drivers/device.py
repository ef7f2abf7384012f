"""What every device on the event loop shares: the steps of its life, and who listens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from drivers.errors import Closed, NotClaimed
from drivers.events import ConnectionState

Event = TypeVar("Event")


class LoopDevice(Generic[Event]):
    """Open, claim, enable and back, and subscribers; a device begins in `_begin`, ends in `_end`.

    ``Event`` is all that the device may say, its coming and going among it (`_status`).
    """

    def __init__(self, source: str) -> None:
        """Closed, not claimed, nobody listening."""
        self.source = source
        self._callbacks: list[Callable[[Event], None]] = []
        self._opened = False
        self._claimed = False
        self._enabled = False
        self._announced: ConnectionState | None = None

    # -- life -------------------------------------------------------------------------------------

    def open(self) -> None:
        """Prepare; touches no device."""
        self._opened = True

    def claim(self) -> None:
        """Take the device; when it is absent, ``enable`` goes on trying."""
        if not self._opened:
            raise Closed(self.source)
        self._claimed = True

    def enable(self) -> None:
        """Start delivering; says CONNECTED or DISCONNECTED at once."""
        if not self._claimed:
            raise NotClaimed(self.source)
        if self._enabled:
            return
        self._enabled = True
        self._begin()

    def disable(self) -> None:
        """Stop delivering; what was begun is discarded."""
        if not self._enabled:
            return
        self._enabled = False
        self._end()
        self._announced = None

    def release(self) -> None:
        """Give the device up."""
        self.disable()
        self._claimed = False

    def close(self) -> None:
        """Release and forget the subscribers."""
        self.release()
        self._opened = False
        self._callbacks.clear()

    def _begin(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _status(self, state: ConnectionState, detail: str) -> Event:
        raise NotImplementedError

    # -- listeners --------------------------------------------------------------------------------

    def subscribe(self, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call ``callback`` for each event, in the thread that the device lives in."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def _announce(self, state: ConnectionState, detail: str = "") -> None:
        """Say that the device came or went, once for each change."""
        if state is not self._announced:
            self._announced = state
            self._emit(self._status(state, detail))

    def _emit(self, event: Event) -> None:
        for callback in tuple(self._callbacks):
            callback(event)
