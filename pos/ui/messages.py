"""What the screens tell each other and what devices tell them, as small values."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class StatusChanged(Message):
    """The header's facts may have changed; a burst of these is one."""

    def can_replace(self, message: Message) -> bool:
        """A newer one makes an older one needless."""
        return isinstance(message, StatusChanged)


@dataclass
class TillEvent(Message):
    """Something that a service told the till's listeners, brought onto the screen's loop."""

    event: object
