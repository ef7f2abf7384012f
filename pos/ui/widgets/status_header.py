"""The header: business day, operator, line to head office, unsent, devices, clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos.i18n import gettext as _
from pos.ui.text_grid import Line, Span, cells, fit
from pos.ui.texts import waited
from pos.ui.widgets.line_widget import LineWidget


@dataclass(frozen=True, slots=True)
class HeaderState:
    """Everything the header shows; two equal states paint nothing."""

    business_day: str = ""
    operator: str = ""
    place: str = ""
    """Store and workstation, for wide screens."""

    online: bool = False
    alone: bool = False
    """A shop without head office: there is nothing to send."""

    unsent: int = 0
    oldest_unsent_s: int = 0
    scanner: str = "absent"
    printer: str = "absent"
    drawer: str = "unknown"
    scale: str = "absent"
    display: str = "absent"
    undecided: bool = False
    print_jobs_waiting: int = 0
    training: bool = False
    reminder: bool = False
    """It is late and the day is not closed."""

    clock: str = ""
    clock_off: bool = False
    backup_failed: bool = False


_GOOD = {"connected", "ok", "closed", "ready"}
_CARE = {"near_end"}
_NONE = {"absent", ""}


def device_sign(state: str) -> tuple[str, str]:
    """Sign and colour of a device state: ✓ ready, ! look at it, ✗ does not work, – none."""
    if state in _GOOD:
        return "✓", "header_blue"
    if state in _CARE:
        return "!", "header_orange"
    if state in _NONE:
        return "–", "header"
    if state == "unknown":
        return "?", "header"
    return "✗", "header_orange"


class StatusHeader(LineWidget):
    """One row."""

    base_role = "header"

    def __init__(self, *, id: str | None = "header") -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self.state = HeaderState()

    def show(self, state: HeaderState) -> None:
        """Show a state; an equal one costs nothing."""
        if state != self.state:
            self.state = state
            self.redraw()

    def paint(self, width: int, height: int) -> Sequence[Line]:
        """The row; at 80 cells the words are the short ones."""
        state = self.state
        wide = width >= 98
        base = "training" if state.training else "header"
        spans: list[Span] = [(" ", base)]
        if state.training:
            spans.append((_("TRAINING") + " ", "training"))
        if width >= 130 and state.place:
            spans.append((fit(state.place, min(24, cells(state.place))) + "  ", base))
        day = state.business_day if wide else state.business_day[5:]
        spans.append((day or _("no day open"), "training" if state.training else "header_strong"))
        if state.operator:
            spans.append(("  " + fit(state.operator, min(10, cells(state.operator))), base))
        right = self._right(state, base)
        used = sum(cells(text) for text, _role in [*spans, *right])
        spans.append((" " * max(0, width - used), base))
        return [(*spans, *right)]

    def _right(self, state: HeaderState, base: str) -> list[Span]:
        def role(name: str) -> str:
            return "training" if state.training else name

        spans: list[Span] = []
        reminders = (_("! close day"), state.reminder), (_("! backup"), state.backup_failed)
        spans += [(f"{words}  ", role("header_orange")) for words, shown in reminders if shown]
        if not state.alone:
            if state.online:
                spans.append((_("● online") + "  ", role("header_blue")))
            else:
                spans.append((_("○ offline") + "  ", role("header_orange")))
        if state.unsent and not state.alone:
            age = f"({waited(state.oldest_unsent_s)})" if state.oldest_unsent_s else ""
            text = _("unsent {count}").format(count=state.unsent)
            spans.append((f"{text}{age}  ", role("header_strong")))
        if state.undecided:
            spans.append((_("! payment") + "  ", role("header_orange")))
        for name, value in (
            (_("Scn"), state.scanner),
            (_("Prn"), state.printer),
            (_("Drw"), state.drawer),
        ):
            sign, colour = device_sign(value)
            text = f"{name}{sign} "
            if value == "open":  # it works; it only stands open
                text, colour = _("{name} open").format(name=name) + " ", "header_orange"
            spans.append((text, role(colour)))
        for name, value in ((_("Scale"), state.scale), (_("Display"), state.display)):
            if value == "disconnected":  # the header has room for their trouble only
                sign, colour = device_sign(value)
                spans.append((f"{name}{sign} ", role(colour)))
        if state.print_jobs_waiting:
            text = _("! {count} to print").format(count=state.print_jobs_waiting)
            spans.append((f" {text} ", role("header_orange")))
        sign, colour = ("!", role("header_orange")) if state.clock_off else ("", base)
        spans.append((f" {sign}{state.clock} ", colour))
        return spans
