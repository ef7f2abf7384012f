"""What every scanner shares: the steps of its life, and who listens to it."""

from __future__ import annotations

from drivers.errors import Closed, NotClaimed
from drivers.events import ConnectionState, ScannerEvent, ScannerStatus
from drivers.ports import Feedback, ScannerCallback, Unsubscribe


class ScannerBase:
    """Life cycle and subscribers of a Scanner; a device begins in `_begin`, ends in `_end`."""

    def __init__(self, source: str) -> None:
        """Closed, not claimed, nobody listening."""
        self.source = source
        self._callbacks: list[ScannerCallback] = []
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
        """Stop delivering; a begun code is discarded."""
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

    # -- listeners --------------------------------------------------------------------------------

    def subscribe(self, callback: ScannerCallback) -> Unsubscribe:
        """Call ``callback`` for each event, in the thread that the device lives in."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def feedback(self, kind: Feedback) -> None:
        """A scanner without lamps or sounds of its own does nothing."""
        del kind

    def _announce(self, state: ConnectionState, detail: str = "") -> None:
        """Say that the device came or went, once for each change."""
        if state is self._announced:
            return
        self._announced = state
        self._emit(ScannerStatus(self.source, state, detail))

    def _emit(self, event: ScannerEvent) -> None:
        for callback in tuple(self._callbacks):
            callback(event)
