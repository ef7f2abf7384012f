"""What a dialogue may ask of the screen that it was called from: the sale screen or goods home."""

from __future__ import annotations

from typing import Protocol


class Home(Protocol):
    """The sale screen and the goods home alike: where words go and what is painted afterwards."""

    def error(self, text: str, code: str = "") -> None:
        """Say loudly what went wrong."""

    def note(self, text: str, sign: str = "✓") -> None:
        """Say that something was done."""

    def refresh_sale(self) -> None:
        """Show again what may have changed meanwhile."""
