"""The lock screen: only the PIN opens it; the sale stays; scans are refused, not queued."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.context import Till
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, clean, fit, pad
from pos.ui.texts import pin_refusal_text


class LockScreen(PageScreen[str], inherit_bindings=False):
    """Answers `unlocked`, or `sign_off` when another cashier takes over between customers."""

    CSS_PATH = "lock.tcss"

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.pin = ""
        self.checking = False

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        other = "" if self.till.sale.cart.lines else _("Another cashier")
        return {"choose": _("Unlock"), "next": other, "cancel": _("Clear")}

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._unlock)
        elif action == "cancel":
            self.pin = ""
        elif action == "next" and not self.till.sale.cart.lines:
            self.guarded(press, lambda: self.finish("sign_off"))
        if self.is_mounted:
            self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.pin = self.pin[:-1]
        elif press.digit and len(self.pin) < 32:
            self.band.good()
            self.pin += press.digit
        self.redraw()

    def _unlock(self) -> None:
        if self.pin and not self.checking:
            self.host.start(self._check())

    async def _check(self) -> None:
        from pos.services import operators

        pin, self.pin = self.pin, ""
        self.checking = True
        self.redraw()
        checked = await self.host.off_loop(
            lambda: operators.check_credentials(self.till, self.till.operator_id, pin)
        )
        self.checking = False
        result = (
            checked
            if isinstance(checked, Refusal)
            else operators.finish_unlock(self.till, checked)
        )
        if isinstance(result, Refusal):
            self.error(pin_refusal_text(result))
            self.redraw()
            return
        self.finish("unlocked")

    def body(self, width: int, height: int) -> Sequence[Line]:
        who = clean(self.till.operator.name) if self.till.operator is not None else ""
        title = _("Locked")
        lines = len(self.till.sale.cart.lines)
        words = ngettext("A sale of {count} line waits", "A sale of {count} lines waits", lines)
        note = words.format(count=lines) if lines else ""
        left = max(0, (width - 34) // 2)
        return [
            *([()] * max(1, height // 4)),
            ((pad(title, width - cells(title), "center"), "orange"),),
            ((pad(who, width - cells(who), "center"), "strong"),),
            (),
            (
                (" " * left + fit(_("PIN"), 10), "text"),
                (fit(f" {'●' * len(self.pin)}▏", 22), "panel_field"),
            ),
            (),
            ((pad(note, width - cells(note), "center"), "dim"),),
        ]
