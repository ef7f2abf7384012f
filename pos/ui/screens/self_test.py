"""The counter's devices tested part by part: what each says of itself, and what a person sees."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar, Final

from drivers.events import OutputComplete, WeightState
from pos.domain.item import Item
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services import self_test
from pos.services.cash import DrawerOpened
from pos.services.context import Till
from pos.services.self_test import MENDING, Outcome, Part, Verdict
from pos.services.weighing import Weighing
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.screens.print_queue import REASON_WORDS
from pos.ui.text_grid import Line, cells, lines_of

LOOK_EVERY_S: Final = 0.2
DRAWER_ANSWERS_MS: Final = 5_000

NAMES: Final[dict[Part, str]] = {
    Part.PRINTER: N_("Printer"),
    Part.SCANNER: N_("Scanner"),
    Part.DRAWER: N_("Drawer"),
    Part.DISPLAY: N_("Customer display"),
    Part.SCALE: N_("Scale"),
}
_SIGNS: Final = {
    Verdict.OK: ("✓", "panel_blue"),
    Verdict.CARE: ("!", "panel_orange"),
    Verdict.FAULT: ("✗", "panel_orange"),
    Verdict.ABSENT: ("–", "panel"),
}


class SelfTestScreen(DialogScreen[list[Outcome]], inherit_bindings=False):
    """Answers with one outcome for each part, in order."""

    CSS_PATH = "choose.tcss"
    width_wanted: ClassVar[int] = 76
    scan_policy = ScanPolicy.TAKE

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.title_text = _("Device test")
        self.till = till
        self.outcomes: list[Outcome] = []
        self._events: deque[object] = deque(maxlen=200)
        self._job_id = ""
        self._asking = False
        """A person is asked about what the part just did."""

        self._seen: set[str] = set()
        self._kicked_ms: int | None = None
        self._weighing = Weighing(till, Item(item_code="", name="", unit="kg"), self._weighed)

    # ------------------------------------------------------------ life

    @property
    def part(self) -> Part | None:
        """The part being tested; None when all are through."""
        parts = list(Part)
        return parts[len(self.outcomes)] if len(self.outcomes) < len(parts) else None

    def on_mount(self) -> None:
        super().on_mount()
        self.till.on_event.append(self._events.append)
        self.set_interval(LOOK_EVERY_S, self._look)
        self._begin()

    def on_unmount(self) -> None:
        if self._events.append in self.till.on_event:
            self.till.on_event.remove(self._events.append)
        self._weighing.stop()

    def _begin(self) -> None:
        """Set the next part going; what this till does not have is passed over."""
        self._asking = False
        while (part := self.part) is not None and not self_test.present(self.till, part):
            self.outcomes.append(self_test.absent(part))
        if part is Part.PRINTER:
            self._job_id = self_test.print_page(self.till)
        elif part is Part.DRAWER:
            self.host.start(self._open_drawer())
        elif part is Part.DISPLAY:
            self_test.show_figures(self.till)
            self._asking = True
        elif part is Part.SCALE:
            self._weighing.start()
        self.redraw()

    async def _open_drawer(self) -> None:
        """Opening it without a sale is a right here as everywhere."""
        from pos.ui.flows.approval import approved

        done = await approved(self.host, lambda grant: self_test.open_drawer(self.till, grant))
        if isinstance(done, DrawerOpened):
            self._kicked_ms = self.till.clock.monotonic_ms()
        elif self.part is Part.DRAWER:
            self._settle(self_test.drawer_stayed_shut())

    def _settle(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self._begin()

    def _look(self) -> None:
        """What devices have said since the last look."""
        while self._events:
            event = self._events.popleft()
            if (
                isinstance(event, OutputComplete)
                and event.job_id == self._job_id
                and self.part is Part.PRINTER
                and not self._asking
            ):
                failed = self_test.printed(event)
                if failed is not None:
                    self._settle(failed)
                else:
                    self._asking = True
                    self.redraw()
        if self.part is Part.DRAWER and self._kicked_ms is not None and not self._asking:
            if self.till.status.drawer == "open":
                self._settle(Outcome(Part.DRAWER, Verdict.OK))
            elif self.till.clock.monotonic_ms() - self._kicked_ms >= DRAWER_ANSWERS_MS:
                self._asking = True
                self.redraw()

    def _weighed(self) -> None:
        reading = self._weighing.reading
        if self.part is Part.SCALE and reading is not None and reading.state is WeightState.ZERO:
            self._weighing.stop()
            self._settle(Outcome(Part.SCALE, Verdict.OK))
        else:
            self.redraw()

    # ------------------------------------------------------------ hands

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        if self.part is None:
            return {"choose": _("Done"), "next": "", "cancel": ""}
        if self._asking:
            return {"choose": _("Yes"), "next": "", "cancel": _("No")}
        return {"choose": _("Go on"), "next": "", "cancel": _("Leave out")}

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, lambda: self._answer(yes=True))
        elif action == "cancel":
            self._answer(yes=False)

    def take_scan(self, scan: ScanEvent) -> None:
        if self.part is not Part.SCANNER:
            self.error(_("Not scanned: it is not the scanner's turn"), shown_code(scan))
            return
        code = scan.data.decode("ascii", "replace")
        if code not in {data for _symbology, data in self_test.TEST_CODES}:
            self.error(_("That is none of the three codes on the test page"), shown_code(scan))
            return
        self.band.good()
        self._seen.add(code)
        if len(self._seen) == len(self_test.TEST_CODES):
            self._settle(self_test.codes_seen(self._seen))
        self.redraw()

    def _answer(self, *, yes: bool) -> None:
        part = self.part
        if part is None:
            self.finish(self.outcomes)
        elif part is Part.SCANNER:
            self._settle(
                self_test.codes_seen(self._seen) if yes or self._seen else self_test.skipped(part)
            )
        elif self._asking:
            self._settle(self._judged(part, yes=yes))
        elif part is Part.SCALE:
            self._weighing.stop()
            self._settle(self._scale_said() if yes else self_test.skipped(part))
        elif not yes:
            self._settle(self_test.skipped(part))

    def _judged(self, part: Part, *, yes: bool) -> Outcome:
        if part is Part.DRAWER and yes:
            unknown = self.till.status.drawer == "unknown"
            return Outcome(part, Verdict.CARE, "no_pin" if unknown else "polarity")
        if yes:
            return Outcome(part, Verdict.OK)
        wrong = {Part.PRINTER: "looks_wrong", Part.DRAWER: "not_opened"}
        return Outcome(part, Verdict.FAULT, wrong.get(part, "not_seen"))

    def _scale_said(self) -> Outcome:
        reading = self._weighing.reading
        if reading is None or reading.state is WeightState.SILENT:
            return Outcome(Part.SCALE, Verdict.FAULT, "silent")
        return Outcome(Part.SCALE, Verdict.CARE, "not_empty")

    # ------------------------------------------------------------ painting

    def content(self, width: int) -> Sequence[Line]:
        rows: list[Line] = []
        for number, part in enumerate(Part):
            if number < len(self.outcomes):
                outcome = self.outcomes[number]
                sign, role = _SIGNS[outcome.verdict]
                said = said_of(outcome)
            elif part is self.part:
                sign, role, said = "▶", "panel_strong", self._doing()
            else:
                sign, role, said = "·", "panel", ""
            name = _(NAMES[part])
            head = f"{sign} {name}" + " " * max(1, 16 - cells(name))
            text = lines_of(said, width - cells(head), role) or [()]
            rows.append(((head, role), *text[0]))
            rows += [((" " * cells(head), role), *line) for line in text[1:]]
        return rows

    def _doing(self) -> str:
        match self.part:
            case Part.PRINTER if self._asking:
                return _(
                    "Look at the slip: does the ruler reach both edges, are the characters and the"
                    " QR code clean, was it cut?"
                )
            case Part.PRINTER:
                return _("Printing the test page …")
            case Part.SCANNER:
                return _("Scan the three codes on the test page: {count} of {all}").format(
                    count=len(self._seen), all=len(self_test.TEST_CODES)
                )
            case Part.DRAWER if self._asking:
                return _("The printer cannot tell: did the drawer open?")
            case Part.DRAWER:
                return _("Opening the drawer …")
            case Part.DISPLAY:
                return _("Does the customer read 88888.88?")
            case Part.SCALE:
                return _("Clear the scale: it must show zero")
            case _:
                return ""


def said_of(outcome: Outcome) -> str:
    """An outcome in words: how to mend it, where something is to be mended."""
    if outcome.verdict is Verdict.OK:
        return _("works")
    if outcome.verdict is Verdict.ABSENT:
        return _("this till has none")
    if outcome.code in MENDING:
        return _(MENDING[outcome.code])
    return _(REASON_WORDS.get(outcome.code, outcome.code))
