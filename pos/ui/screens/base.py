"""The base of every screen: one door for keys, one policy for scans, one place for errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar, cast

from textual.app import ComposeResult
from textual.screen import ModalScreen, Screen

from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.ui.keys import PadState, Verdict, pad_action
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.text_grid import Line
from pos.ui.widgets.error_band import ErrorBand
from pos.ui.widgets.line_widget import Canvas
from pos.ui.widgets.pad_footer import Hint, PadFooter, pad_hints
from pos.ui.widgets.status_header import StatusHeader

if TYPE_CHECKING:
    from pos.ui.app import TillApp

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class KeyPress:
    """One key, under one name for all terminals."""

    key: str
    verdict: Verdict = Verdict.FIRE

    @property
    def text(self) -> str:
        """The typed character, or empty for a key that types nothing."""
        return self.key if len(self.key) == 1 else ""

    @property
    def digit(self) -> str:
        """The typed digit, or empty."""
        return self.key if len(self.key) == 1 and self.key in "0123456789" else ""


class TillScreen(Screen[Answer], Generic[Answer], inherit_bindings=False):
    """A screen that answers with an `Answer` when it is done.

    Its state lives in the screen, not in its widgets, so keys that arrive before the widgets are
    mounted are not lost. Keys come through `take_key` alone; nothing ever has the focus.
    """

    AUTO_FOCUS = ""
    ALLOW_SELECT = False
    BINDINGS = []
    VERTICAL_BREAKPOINTS = [(0, "-compact"), (30, "-roomy"), (43, "-tall")]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (98, "-wide"), (130, "-very-wide")]
    scan_policy: ScanPolicy = ScanPolicy.REFUSE_LOUDLY
    help_topic: ClassVar[str] = ""
    """The page of `pos.ui.help_pages` that says in words what this screen is for."""

    owns_scans: ClassVar[bool] = False
    """Whether scans that waited behind its dialogs are for this screen although it is itself part
    of a dialogue."""

    takes_payment_codes: ClassVar[bool] = False
    """Whether a customer's payment code may be scanned here."""

    def __init__(
        self,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's own name
        classes: str | None = None,
    ) -> None:
        super().__init__(name, id, classes)
        self.answer_to: Callable[[Answer], None] | None = None
        self.band = ErrorBand()
        self.footer = PadFooter()
        self.header = StatusHeader()

    @property
    def host(self) -> TillApp:
        """The till's application."""
        return cast("TillApp", self.app)

    # ------------------------------------------------------------ what a screen says of itself

    @property
    def pad_state(self) -> PadState:
        """What the pad means now."""
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        """Better words for pad actions on this screen."""
        return {}

    def hints(self) -> list[Hint]:
        """Other keys for the footer, most wanted first."""
        return []

    def help_lines(self) -> list[tuple[str, str]]:
        """Keys of this screen for F1: (key, sentence)."""
        return [*pad_hints(self.pad_state, self.renamed()), *self.hints()]

    # ------------------------------------------------------------ keys

    def take_key(self, press: KeyPress) -> None:
        """A key for this screen. Pad keys become actions; the rest goes to `other_key`."""
        if press.key == "f1":
            self.host.open_help(self)
            return
        self.band.pass_key()
        action = pad_action(self.pad_state, press.key)
        if action is not None:
            self.pad(action, press)
        else:
            self.other_key(press)
        if self.is_mounted:
            self.refresh_footer()

    def pad(self, action: str, press: KeyPress) -> None:
        """Do what a pad key means."""

    def other_key(self, press: KeyPress) -> None:
        """Digits, letters and the keys of full keyboards."""

    def typed_given_back(self) -> None:
        """Digits that turned out to be a scanner's were taken off again: paint it."""
        self.band.good()
        if self.is_mounted:
            self.redraw()

    def guarded(self, press: KeyPress, action: Callable[[], None]) -> None:
        """Do what voids, pays or confirms, but never because a key is held down."""
        if press.verdict is Verdict.FIRE:
            action()
        elif press.verdict is Verdict.WAIT:
            self.host.when_released(press.key, self, action)

    # ------------------------------------------------------------ scans

    def take_scan(self, scan: ScanEvent) -> None:
        """A scan for this screen; only called when the policy is TAKE."""

    # ------------------------------------------------------------ answers and words

    def finish(self, answer: Answer) -> None:
        """Close this screen with its answer."""
        self.host.close_screen(self, answer)

    def error(self, text: str, code: str = "") -> None:
        """Say loudly what went wrong: bell and band."""
        self.host.ring()
        self.band.show_error(text, code)

    def note(self, text: str, sign: str = "✓") -> None:
        """Say that something was done."""
        self.band.show_note(text, sign)

    def redraw(self) -> None:
        """Paint what changed."""
        for canvas in self.query(Canvas):
            canvas.redraw()
        self.refresh_footer()

    def refresh_footer(self) -> None:
        """The footer follows the state."""
        self.footer.show(
            pad_hints(self.pad_state, self.renamed()),
            self.hints(),
            ("F1", _("More")),
        )

    def on_mount(self) -> None:
        self.host.dress(self)
        self.refresh_footer()

    def on_screen_resume(self) -> None:
        self.host.refresh_header()
        self.redraw()


class PageScreen(TillScreen[Answer], Generic[Answer]):
    """A full page: header, body painted by the screen, band, footer."""

    def compose(self) -> ComposeResult:
        yield self.header
        yield Canvas(self.body, id="body")
        yield self.band
        yield self.footer

    def body(self, width: int, height: int) -> Sequence[Line]:
        """Rows of the page."""
        return []


class DialogScreen(
    ModalScreen[Answer], TillScreen[Answer], Generic[Answer], inherit_bindings=False
):
    """A framed dialog over the screen below; the sale stays visible around it."""

    scan_policy = ScanPolicy.FORWARD
    width_wanted: ClassVar[int] = 64
    title_text: str = ""
    _frame: tuple[int, int] = (0, 0)

    def compose(self) -> ComposeResult:
        yield Canvas(self.framed, role="panel", id="dialog")

    def on_mount(self) -> None:
        self.host.dress(self)
        self.resize()

    def on_resize(self) -> None:
        self.resize()

    def content(self, width: int) -> Sequence[Line]:
        """Rows inside the frame."""
        return []

    def redraw(self) -> None:
        """Paint, and grow or shrink the frame with its content."""
        if self.is_mounted:
            self.resize()
            super().redraw()

    def refresh_footer(self) -> None:
        """A dialog says its keys inside its own frame."""

    def resize(self) -> None:
        """Give the frame the size of its content."""
        canvas = self.query_one("#dialog", Canvas)
        width = min(self.width_wanted, self.host.size.width - 2)
        height = min(len(self._rows(width - 4)) + 2, self.host.size.height)
        if (width, height) != self._frame:
            self._frame = (width, height)
            canvas.styles.width = width
            canvas.styles.height = height

    def error(self, text: str, code: str = "") -> None:
        """Bell and words inside the frame."""
        super().error(text, code)
        self.redraw()

    def note(self, text: str, sign: str = "✓") -> None:
        """Words inside the frame."""
        super().note(text, sign)
        self.redraw()

    def take_key(self, press: KeyPress) -> None:
        """As on every screen, and paint afterwards."""
        super().take_key(press)
        if self.is_mounted and self.host.screen is self:
            self.redraw()

    def _rows(self, width: int) -> list[Line]:
        from pos.ui.text_grid import lines_of

        rows = list(self.content(width))
        if self.band.text:
            role = "error" if self.band.is_error else "panel_blue"
            rows += [(), *lines_of(self.band.text, width, role)]
        waiting = len(self.host.router.waiting)
        if waiting and self.scan_policy is ScanPolicy.FORWARD:
            operator = self.host.till.operator
            if operator is not None and operator.role.may("sale.sell"):
                text = ngettext(
                    "{count} scan waits for the sale", "{count} scans wait for the sale", waiting
                )
            else:
                text = ngettext("{count} scan waits", "{count} scans wait", waiting)
            text = text.format(count=waiting)
            rows += [(), (("▲ " + text, "panel_orange"),)]
        hint = self._hint_row(width)
        return [*rows, (), hint] if hint else rows

    def _hint_row(self, width: int) -> Line:
        from pos.ui.text_grid import cells

        spans: list[tuple[str, str]] = []
        room = width
        for key, word in [*pad_hints(self.pad_state, self.renamed()), *self.hints()]:
            size = cells(key) + cells(word) + 4
            if size > room:
                break
            spans += [(f" {key} ", "key"), (f" {word} ", "panel_dim")]
            room -= size
        return tuple(spans)

    def framed(self, width: int, height: int) -> Sequence[Line]:
        """Content inside a frame with its title."""
        from pos.ui.text_grid import cells, cut, fill

        inner = width - 4
        title = cut(self.title_text, width - 6)
        bar = "─" * max(0, width - 5 - cells(title))
        rows: list[Line] = [((f"╭─ {title} {bar}╮"[:], "frame"),)]
        body = self._rows(inner)
        room = height - 2
        if len(body) > room:
            body = [*body[: room - 1], body[-1]]
        rows += [(("│ ", "frame"), *fill(line, inner, "panel"), (" │", "frame")) for line in body]
        rows.append((("╰" + "─" * (width - 2) + "╯", "frame"),))
        return rows
