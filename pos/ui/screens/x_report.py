"""A slip on the screen: X, Z, hand-over, exactly as it is printed."""

from __future__ import annotations

from pos.ui.screens.page import ReadScreen


class SlipScreen(ReadScreen, inherit_bindings=False):
    """A page to read."""

    CSS_PATH = "x_report.tcss"
