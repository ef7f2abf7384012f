"""Baseline, bar 11: a Textual application with a till's rows and nothing behind them."""

import os

os.environ.setdefault("TEXTUAL_FPS", "1000")

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget


class Rows(Widget):
    """A fixed grid of rows."""

    def __init__(self, name: str, height: int, text: str = "") -> None:
        super().__init__(id=name)
        self.styles.height = height
        self.styles.width = "100%"
        self.text = text

    def render_line(self, y: int) -> Strip:
        text = self.text if y == 0 else ""
        return Strip([Segment(text.ljust(self.size.width), Style.parse("white on black"))])


class SignOn(Screen[None]):
    """Header, body, band, footer."""

    def compose(self) -> ComposeResult:
        yield Rows("header", 1, "header")
        yield Rows("body", 30, "READY")
        yield Rows("band", 1)
        yield Rows("footer", 2, "Enter  Next  -  Quit")


class Bare(App[None]):
    """One screen."""

    ENABLE_COMMAND_PALETTE = False

    def on_mount(self) -> None:
        self.push_screen(SignOn())


if __name__ == "__main__":
    Bare().run()
