"""Where a scan goes: by the policy of the screen on top, never by focus, never lost silently."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum

from drivers.events import ScanEvent
from pos.domain.barcode.payment import mask_payment_codes

__all__ = ["Route", "ScanEvent", "ScanPolicy", "ScanRouter", "shown_code"]


class ScanPolicy(StrEnum):
    """What a screen does with a scan."""

    TAKE = "take"
    """It is for this screen."""

    FORWARD = "forward"
    """It is for the sale: it waits until the dialog is done."""

    REFUSE_LOUDLY = "refuse_loudly"
    """It is for nobody: bell and band say so, and nothing is queued."""


class Route(StrEnum):
    """What became of a scan."""

    TAKEN = "taken"
    QUEUED = "queued"
    REFUSED = "refused"


@dataclass(slots=True)
class ScanRouter:
    """The scans that wait for the sale while a dialog is open."""

    waiting: deque[ScanEvent] = field(default_factory=deque)
    limit: int = 200
    """More scans than anybody makes during one dialog; beyond it a scan is refused loudly."""

    def route(self, scan: ScanEvent, policy: ScanPolicy) -> Route:
        """Decide, and queue the scan when it is to wait."""
        if policy is ScanPolicy.TAKE:
            return Route.TAKEN
        if policy is ScanPolicy.FORWARD and len(self.waiting) < self.limit:
            self.waiting.append(scan)
            return Route.QUEUED
        return Route.REFUSED

    def next(self) -> ScanEvent | None:
        """The scan that waits longest, taken out of the queue, or None."""
        return self.waiting.popleft() if self.waiting else None

    def clear(self) -> tuple[ScanEvent, ...]:
        """Forget what waits (lock, end of the sale); the caller says loudly what was dropped."""
        dropped = tuple(self.waiting)
        self.waiting.clear()
        return dropped


def shown_code(scan: ScanEvent) -> str:
    """The code as a person may read it: printable, at most 32 characters, no payment code (B3)."""
    text = mask_payment_codes(scan.data.decode("ascii", "replace"))
    return "".join(one if one.isprintable() else "·" for one in text)[:32]
