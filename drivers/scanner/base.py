"""What every scanner shares beside the life of a device."""

from __future__ import annotations

from drivers.device import LoopDevice
from drivers.events import ConnectionState, ScannerEvent, ScannerStatus
from drivers.ports import Feedback


class ScannerBase(LoopDevice[ScannerEvent]):
    """A Scanner whose model has no lamps and sounds of its own, unless it says otherwise."""

    def feedback(self, kind: Feedback) -> None:
        """Nothing to show it with."""
        del kind

    def _status(self, state: ConnectionState, detail: str) -> ScannerStatus:
        return ScannerStatus(self.source, state, detail)
