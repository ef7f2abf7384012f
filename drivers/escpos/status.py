"""What a printer says of itself: the status value (the streaming decoder stands below it)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """A printer's state; a field is None while the printer has not said anything about it.

    No answer is never taken for good news: ``online`` stays None (P4).
    """

    online: bool | None = None
    cover_open: bool | None = None
    paper_end: bool | None = None
    paper_near_end: bool | None = None
    """A warning only; it never blocks printing."""
    feed_button: bool | None = None
    waiting_for_recovery: bool | None = None
    error_recoverable: bool | None = None
    cutter_error: bool | None = None
    unrecoverable: bool | None = None
    auto_recoverable: bool | None = None
    """The head is hot or the like; it goes away by itself."""
    drawer_pin_high: bool | None = None
    """Level of drawer connector pin 3; which level means open depends on the drawer (P6)."""

    @property
    def known(self) -> bool:
        """Whether the printer has answered at all."""
        return self.online is not None

    @property
    def ready(self) -> bool:
        """Whether a job sent now can be expected to come out."""
        return self.online is True and not (
            self.cover_open or self.paper_end or self.cutter_error or self.unrecoverable
        )
