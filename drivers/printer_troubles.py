"""What goes wrong with any simulated printer, for receipts or labels, and what it answers (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class PrinterTroubles:
    """Troubles of the simulated printer; set them at any time, then call its ``run``."""

    paper: bool = True
    cover_open: bool = False
    offline: bool = False
    """Paused at its key."""
    cutter_jammed: bool = False
    silent: bool = False
    """Prints and never answers."""
    dead: bool = False
    """Takes bytes and does nothing at all, as with the power off."""
    nonsense: bool = False
    """Answers with bytes that mean nothing."""
    lines_left: int | None = None
    """Lines, or labels, until the roll ends by itself; None for a roll that is long enough."""
    raw: bytearray = field(default_factory=bytearray)
    """Everything received."""
    _output: bytearray = field(default_factory=bytearray)

    @property
    def ready(self) -> bool:
        """Whether it prints what it gets."""
        return self.paper and not (
            self.cover_open or self.offline or self.cutter_jammed or self.dead
        )

    def take_output(self) -> bytes:
        """Give the answers that have come up, once."""
        output = bytes(self._output)
        self._output.clear()
        return output

    def _use_paper(self) -> None:
        """One line, or label, of the roll is printed."""
        if self.lines_left is not None:
            self.lines_left -= 1
            if self.lines_left <= 0:
                self.paper, self.lines_left = False, None
