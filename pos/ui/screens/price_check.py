"""Price check: name, spec and price large; nothing is sold, the look is journaled."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.services import checkout
from pos.services.context import Till
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, clean, fit
from pos.ui.texts import named, price_text, unknown_text
from pos.ui.widgets.digits import big_digits


class PriceCheckScreen(PageScreen[None], inherit_bindings=False):
    """Answers None when the cashier is done looking."""

    CSS_PATH = "price_check.tcss"
    scan_policy = ScanPolicy.TAKE

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.item: Item | None = None

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {
            "choose": _("Find code"),
            "next": "",
            "cancel": _("Clear") if self.typed else _("Back"),
        }

    def take_scan(self, scan: ScanEvent) -> None:
        self._look(scan.data.decode("ascii", "replace"), shown_code(scan), scan.symbology_id)

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose" and self.typed:
            typed, self.typed = self.typed, ""
            self._look(typed, typed, None)
        elif action in ("choose", "cancel") and not self.typed:
            self.guarded(press, lambda: self.finish(None))
        elif action == "cancel":
            self.typed = ""
        elif action == "type":
            self.typed += press.text
        self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.text:
            self.typed += press.text
        self.redraw()

    def _look(self, code: str, shown: str, symbology_id: str | None) -> None:
        result = checkout.price_check(self.till, code, symbology_id)
        if isinstance(result, checkout.UnknownCode):
            self.item = None
            self.error(unknown_text(result), clean(shown))
        else:
            self.item = result.item
            self.band.good()
        self.redraw()

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows: list[Line] = [
            ((" " + _("What does it cost?"), "strong"),),
            ((" " + _("Scan or type a code. Nothing is sold."), "dim"),),
            (),
            ((" ▶ ", "blue"), (f"{self.typed}▏", "entry")),
            (),
        ]
        item = self.item
        if item is None:
            return rows
        rows.append(((" " + fit(named(item.name, item.name_en), width - 2), "strong"),))
        detail = " ".join(
            part for part in (item.spec, item.model, item.unit, item.item_code) if part
        )
        rows += [((" " + fit(detail, width - 2), "dim"),), ()]
        if item.held:
            rows.append(
                (
                    (
                        " ✗ "
                        + fit(
                            _("Held by head office: {why}").format(why=item.hold_reason), width - 4
                        ),
                        "orange",
                    ),
                )
            )
        if item.unit_price_e4 is None:
            rows.append(((" ✗ " + _("No retail price"), "orange"),))
        else:
            rows += [
                ((" " + text, "strong"),)
                for text in big_digits(price_text(item.unit_price_e4), 5 if height > 20 else 3)
            ]
        return rows
