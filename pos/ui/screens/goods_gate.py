"""The exit: each pass is scanned once; one that was used, or is nobody's, is said loudly (REG-10)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import gate
from pos.ui.flow import Saved
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, clean, fit
from pos.ui.texts import refusal_text


class GateScreen(PageScreen[None], inherit_bindings=False):
    """Answers None when the guard leaves it. A number may be typed, without its first letters."""

    CSS_PATH = "page.tcss"
    scan_policy = ScanPolicy.TAKE
    help_topic = "goods_dispatch"

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.last: list[str] = []
        self._show()

    def _show(self) -> None:
        self.inside = [one for one in gate.passes(self.till) if not one.closed]

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        return {
            "choose": _("OK"),
            "next": "",
            "cancel": _("Clear") if self.typed else _("Back"),
        }

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows: list[Line] = [
            ((" " + fit(_("Gate: scan each pass"), width - 2), "strong"),),
            ((" " + fit(f"▶ {self.typed}▏", width - 2), "panel_field"),),
            (),
        ]
        rows += [((" " + fit(line, width - 2), "text"),) for line in self.last[-5:]]
        rows += [(), ((" " + fit(_("Passes still inside:"), width - 2), "dim"),)]
        for one in self.inside[: max(0, height - len(rows))]:
            text = f"   {one.number}  {one.reference}  {clean(one.goods)}"
            rows.append(((fit(text, width - 1), "text"),))
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose" and self.typed:
            typed, self.typed = self.typed, ""
            self.guarded(press, lambda: self._close(typed))
        elif action == "cancel" and self.typed and press.key == "-":
            self.typed += "-"
        elif action == "cancel":
            if self.typed:
                self.typed = ""
            else:
                self.finish(None)
        self._paint()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.text and press.text.isalnum() and len(self.typed) < 32:
            self.band.good()
            self.typed += press.text.upper()
        self._paint()

    def take_scan(self, scan: ScanEvent) -> None:
        self.typed = ""
        self._close(scan.data.decode("ascii", "replace").strip())
        self._paint()

    def _close(self, number: str) -> None:
        if number[:1].isdigit():
            number = f"MZ{number}"
        result = gate.scan_out(self.till, number)
        if isinstance(result, Refusal):
            self.error(refusal_text(result), clean(number))
            return
        self.host.start(self._written(result, number))

    async def _written(self, saved: Future[None], number: str) -> None:
        try:
            await Saved(saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, the guard is told
            self.error(_("Not written to disk: {why}").format(why=clean(str(error))))
            return
        self.band.good()
        self._show()
        self.last.append("✓ " + _("{number} may leave").format(number=clean(number.upper())))
        self._paint()

    def _paint(self) -> None:
        if self.is_mounted:
            self.redraw()
