"""The till's application: the screen on top, where keys and scans go, the header."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual import events
from textual.app import App
from textual.css.query import NoMatches
from textual.timer import Timer

from drivers.ports import Feedback
from pos.config import Keymap, load_keymap
from pos.i18n import gettext as _
from pos.i18n import language, set_language
from pos.services.context import Till
from pos.ui import palette
from pos.ui.command_codes import RereadGuard, is_command
from pos.ui.direct_paint import DirectPaint
from pos.ui.flow import Flow, Saved, Story
from pos.ui.header_facts import header_state
from pos.ui.keys import SETTLE_S, NumLockWatch, RepeatGuard, Verdict, canonical
from pos.ui.messages import StatusChanged, TillEvent
from pos.ui.scan_router import Route, ScanEvent, ScanPolicy, ScanRouter, shown_code
from pos.ui.screens.base import KeyPress, TillScreen
from pos.ui.terminal import terminal_gone
from pos.ui.widgets.line_widget import LineWidget

if TYPE_CHECKING:
    from pos.ui.wedge import Wedge

Result = TypeVar("Result")

_SCREEN_FIRST_S = 0.001
"""What a scan's line waits for the terminal before the disk has it, of the 20 ms it may."""


class TillApp(App[int], inherit_bindings=False):
    """The full-screen till over one `Till`.

    Bootstrap hands scans in with `post_scan` on the running loop and calls `run`. Everything that
    the cashier does is told by `pos.ui.flows.day`, step by step.
    """

    BINDINGS: ClassVar[list[Any]] = []
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS_PATH = "till.tcss"

    def __init__(
        self,
        till: Till,
        *,
        demo: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
        refresh_status: Callable[[Till], object] | None = None,
        on_ready: Callable[[TillApp], None] | None = None,
    ) -> None:
        super().__init__()
        self.till = till
        self.demo = demo
        self.keymap: Keymap = load_keymap(till.settings.ui.keymap, till.settings.ui.keys)
        self.router = ScanRouter()
        self._monotonic = monotonic
        self._refresh_status = refresh_status
        self._on_ready = on_ready
        self._guard = RepeatGuard()
        self._num_lock = NumLockWatch()
        self._pending: tuple[str, TillScreen[Any], Callable[[], None], Timer] | None = None
        self._flows: list[Flow] = []
        self.direct = DirectPaint()
        self.wedge = _wedge_of(self, till)
        self.on_feedback: Callable[[str, Feedback], None] | None = None
        """Tells the scanner that read a code what became of it."""

        self.command_reads = RereadGuard()
        self._rings = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="till-slow")
        self._header_of: TillScreen[Any] | None = None
        self.last_key_at = monotonic()
        for theme in palette.themes():
            self.register_theme(theme)
        self.theme = f"guitai-{till.settings.ui.theme}"

    # ------------------------------------------------------------ life

    def on_mount(self) -> None:
        from pos.ui.flows.day import whole_day

        self.use_language(self.till.settings.ui.language)
        self.till.on_event.append(self._from_service)
        self._watch_terminal()
        self.set_interval(1.0, self._tick)
        self.start(whole_day(self), done=self.exit)
        if self._on_ready is not None:
            self._on_ready(self)

    def on_unmount(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.direct.terminal.close()

    def _watch_terminal(self) -> None:
        """A terminal that hangs up ends the program; the open sale is on disk."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGHUP, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self.exit, 0)

    def _tick(self) -> None:
        if not self.is_headless and terminal_gone():
            self.exit(0)
            return
        if self._refresh_status is not None:
            self._refresh_status(self.till)
        self.refresh_header()
        if self.wedge is not None:
            self.wedge.expire(time.monotonic())
        screen = self.screen
        idle = self._monotonic() - self.last_key_at
        if isinstance(screen, TillScreen):
            screen_idle = getattr(screen, "idle", None)
            if screen_idle is not None:
                screen_idle(idle)

    def _from_service(self, event: object) -> None:
        self.post_message(TillEvent(event))

    def on_till_event(self, message: TillEvent) -> None:
        """A service, perhaps on another thread, told us something."""
        from pos.ui import news

        said = news.words(message.event)
        if said is not None and isinstance(self.screen, TillScreen):
            text, fault = said
            if fault:
                self.screen.error(text)
            else:
                self.screen.note(text, sign="!")
        self.refresh_header()

    def on_status_changed(self, _message: StatusChanged) -> None:
        """A device came or went."""
        self.refresh_header()

    # ------------------------------------------------------------ stories and screens

    def start(self, story: Story[Any], done: Callable[[Any], None] | None = None) -> None:
        """Run a dialogue; one at a time above the whole day's."""

        def ended(answer: Any) -> None:
            self._flows.remove(flow)
            if done is not None:
                done(answer)
            self.drain_scans()

        flow = Flow(self, story, ended)
        self._flows.append(flow)
        flow.start()

    @property
    def busy(self) -> bool:
        """Whether a dialogue beside the day's own is going on."""
        return len(self._flows) > 1

    def open_screen(self, screen: TillScreen[Any], answer_to: Callable[[Any], None]) -> None:
        """Push a screen; its answer goes to `answer_to` in the same call that gives it."""
        screen.answer_to = answer_to
        self.push_screen(screen)

    def close_screen(self, screen: TillScreen[Any], answer: Any) -> None:
        """Pop the screen on top and go on with its answer; an older screen's answer is dropped."""
        if self.screen is not screen:
            return
        answer_to, screen.answer_to = screen.answer_to, None
        self.pop_screen()
        if answer_to is not None:
            answer_to(answer)
        self.drain_scans()

    def run_inside(self, step: Callable[[], None]) -> None:
        """Run a step that was set off from outside Textual's own tasks."""
        self.call_next(step)

    # ------------------------------------------------------------ keys

    async def on_event(self, event: events.Event) -> None:
        """Keys go to the screen on top at once, in the order in which they were typed."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self.wedge is None or not self.wedge.took(event):
                self.press(canonical(event.key, event.character))
            return
        if isinstance(event, events.Paste) and not event.is_forwarded and self.wedge is not None:
            self.wedge.pasted(event.text)
            return
        await super().on_event(event)

    def press(self, key: str) -> None:
        """One key for the screen on top."""
        screen = self.screen
        if not isinstance(screen, TillScreen):
            return
        now = self.last_key_at = self._monotonic()
        verdict = self._guard.judge(key, now)
        if self._pending is not None:
            waiting_key, _screen, action, timer = self._pending
            self._pending = None
            timer.stop()
            if waiting_key == key:
                self._guard.hold()
                return
            action()
            screen = self.screen
            if not isinstance(screen, TillScreen):
                return
        if self._num_lock.press(key):
            screen.error(_("Is NumLock off? Press NumLock and type again"))
            return
        screen.take_key(KeyPress(key, verdict))

    def when_released(self, key: str, screen: TillScreen[Any], action: Callable[[], None]) -> None:
        """Do `action` in a moment, unless the key comes again: then it is held down."""

        def fire() -> None:
            self._pending = None
            if self.is_running and self.screen is screen:
                action()

        self._pending = (key, screen, fire, self.set_timer(SETTLE_S, fire))

    # ------------------------------------------------------------ scans

    def post_scan(self, scan: ScanEvent) -> None:
        """A scanner read a code. Call on the running loop; never blocks, never loses silently."""
        self._settle_pending()
        screen = self.screen
        policy = screen.scan_policy if isinstance(screen, TillScreen) else ScanPolicy.REFUSE_LOUDLY
        if policy is ScanPolicy.TAKE and self.busy and self._flow_waits():
            policy = ScanPolicy.FORWARD
        if policy is ScanPolicy.FORWARD and is_command(scan):
            policy = ScanPolicy.REFUSE_LOUDLY  # a key press on paper answers nothing later
        route = self.router.route(scan, policy)
        if not isinstance(screen, TillScreen):
            self.ring()
        elif route is Route.TAKEN:
            if not self.direct.collecting:
                self.direct.begin(screen)
                self.till.journal.hold_back()
                asyncio.get_running_loop().call_soon(self._scans_taken)
                self.till.reference.begin_moment()
            self._give(screen, scan)
        elif route is Route.QUEUED:
            screen.redraw()
        else:
            screen.error(_("Not scanned: this screen takes no codes"), shown_code(scan))
            self._feed_back(scan, Feedback.BUSY)

    def _give(self, screen: TillScreen[Any], scan: ScanEvent) -> None:
        """Hand a scan to its screen, and let the scanner show what became of it."""
        rings = self._rings
        screen.take_scan(scan)
        good = self._rings == rings
        self._feed_back(scan, Feedback.GOOD if good else Feedback.NOT_ON_FILE)

    def _feed_back(self, scan: ScanEvent, kind: Feedback) -> None:
        if self.on_feedback is not None:
            self.on_feedback(scan.source, kind)

    def _scans_taken(self) -> None:
        """All that was read together is taken: show it, then let the disk have it."""
        try:
            self.direct.end(self)
        finally:
            # The thread that writes to the terminal goes first: two that run Python take turns.
            asyncio.get_running_loop().call_later(_SCREEN_FIRST_S, self.till.journal.go_on)
            self.till.reference.end_moment()

    def drain_scans(self) -> None:
        """Hand waiting scans to the sale as soon as no dialogue stands before it.

        A screen that counts goods is itself part of a dialogue: what waited behind its own
        dialogs is for it.
        """
        while self.router.waiting:
            screen = self.screen
            if not isinstance(screen, TillScreen) or screen.scan_policy is not ScanPolicy.TAKE:
                return
            if self.busy and (not screen.owns_scans or self._flow_waits()):
                return
            scan = self.router.next()
            if scan is not None:
                self._give(screen, scan)

    def drop_scans(self) -> None:
        """Forget waiting scans (lock, end of the sale) and say so loudly."""
        dropped = self.router.clear()
        if dropped and isinstance(self.screen, TillScreen):
            codes = " ".join(shown_code(scan) for scan in dropped)
            self.screen.error(_("Not scanned, scan again:"), codes)

    def _flow_waits(self) -> bool:
        return any(flow.waiting_for_disk for flow in self._flows)

    def _settle_pending(self) -> None:
        if self._pending is not None:
            _key, _screen, action, timer = self._pending
            timer.stop()
            action()

    # ------------------------------------------------------------ what everybody needs

    def ring(self) -> None:
        """The bell, when sound is on."""
        self._rings += 1
        if self.till.settings.ui.sound == "bell":
            self.bell()

    def use_language(self, wanted: str) -> None:
        """Switch the language live; every widget paints its words again."""
        if wanted and wanted != language():
            set_language(wanted)
        self.repaint()

    def repaint(self) -> None:
        """Paint every word of every screen again: language or theme has changed."""
        for screen in self.screen_stack:
            if isinstance(screen, TillScreen) and screen.is_mounted:
                screen.redraw()
                for widget in screen.query(LineWidget):
                    widget.redraw()
        self.refresh_header()

    def off_loop(self, work: Callable[[], Result]) -> Saved[Result]:
        """Await it: slow work (a PIN's check) on a thread, while the screen goes on."""
        return Saved(self._thread.submit(work))

    def refresh_header(self) -> None:
        """Show the facts of the moment; equal facts paint nothing."""
        for screen in reversed(self.screen_stack):
            if isinstance(screen, TillScreen):
                try:
                    screen.header.show(header_state(self.till))
                except NoMatches:
                    continue
                if screen.header.is_mounted:
                    return

    def dress(self, screen: TillScreen[Any]) -> None:
        """Mark a screen for its layout step and for training mode."""
        screen.set_class(self.till.training, "training")
        screen.footer.training = self.till.training
        screen.header.show(header_state(self.till))

    def open_help(self, screen: TillScreen[Any]) -> None:
        """F1: all keys of this screen."""
        from pos.ui.screens.help import HelpScreen

        if not isinstance(screen, HelpScreen):
            self.open_screen(HelpScreen(screen), lambda _answer: None)

    def settle(self, verdict: Verdict) -> None:
        """For tests: nothing waits for a key to be released."""
        del verdict
        self._settle_pending()


def _wedge_of(app: TillApp, till: Till) -> Wedge | None:
    """What reads scanners that type, where the shop has any."""
    if not till.settings.wedge.enabled:
        return None
    from pos.ui.wedge import Wedge

    return Wedge(app, till.settings, till.layouts)


__all__ = ["TillApp"]
