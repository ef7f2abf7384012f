"""Which sale? Scan the receipt or the goods, or type the receipt's number (rule 15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, lines_of
from pos.ui.widgets.pad_footer import Hint


@dataclass(frozen=True, slots=True)
class Lookup:
    """What was scanned or typed; `without_receipt` asks for a return that no receipt proves."""

    code: str = ""
    symbology_id: str | None = None
    without_receipt: bool = False


class ReturnLookupScreen(PageScreen[Lookup | None], inherit_bindings=False):
    """Answers with what to look for, or None."""

    CSS_PATH = "return_lookup.tcss"
    scan_policy = ScanPolicy.TAKE

    def __init__(self, title: str, *, without_receipt: bool) -> None:
        super().__init__()
        self.title_text = title
        self.typed = ""
        self.offers_without = without_receipt

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {
            "choose": _("Find"),
            "next": "",
            "cancel": _("Clear") if self.typed else _("Back"),
        }

    def hints(self) -> list[Hint]:
        return [("*", _("Without a receipt"))] if self.offers_without else []

    def take_scan(self, scan: ScanEvent) -> None:
        self.finish(Lookup(scan.data.decode("ascii", "replace"), scan.symbology_id))

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose" and self.typed:
            self.guarded(press, lambda: self.finish(Lookup(self.typed)))
        elif action == "cancel":
            if self.typed:
                self.typed = ""
            else:
                self.finish(None)
        elif press.key == "*" and self.offers_without:
            self.finish(Lookup(without_receipt=True))
        if self.is_mounted:
            self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.text and press.text.isalnum() and len(self.typed) < 40:
            self.band.good()
            self.typed += press.text
        self.redraw()

    def body(self, width: int, height: int) -> Sequence[Line]:
        words = (
            _("Scan the receipt's barcode."),
            _("Or scan the goods: their sales of the last days are listed."),
            _("Or type the number: 42 is the day's receipt 42."),
        )
        rows: list[Line] = [((" " + self.title_text, "strong"),), ()]
        for one in words:
            rows += [((" " + text, "text"),) for ((text, _role),) in lines_of(one, width - 2, "")]
        return [*rows, (), ((" ▶ ", "blue"), (f"{self.typed}▏", "entry"))]
