"""Sign-on: operator's number and PIN; a demo shop shows its people here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.i18n import language
from pos.services import operators
from pos.services.context import Till
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, clean, fit, pad
from pos.ui.texts import named, other_language, pin_refusal_text
from pos.ui.widgets.pad_footer import Hint


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One person of a demo shop: names and role as (Chinese, English)."""

    number: str
    names: tuple[str, str]
    roles: tuple[str, str]
    pin: str


class SignOnScreen(PageScreen[str], inherit_bindings=False):
    """Answers `signed_on` or `quit`. Scans are refused: a badge is not a PIN."""

    CSS_PATH = "sign_on.tcss"

    def __init__(self, till: Till, people: Sequence[DemoPerson] = ()) -> None:
        """`people` are those of a demo shop, shown with their PINs."""
        super().__init__()
        self.till = till
        self.people = tuple(people)
        self.operator_id = ""
        self.pin = ""
        self.at_pin = False
        self.checking = False
        self.staffed = bool(operators.operators(till))

    @property
    def pad_state(self) -> PadState:
        return PadState.SIGN_ON

    def renamed(self) -> dict[str, str]:
        typed = self.pin if self.at_pin else self.operator_id
        cancel = _("Clear") if typed else _("Back") if self.at_pin else _("Quit")
        return {
            "choose": _("Sign on") if self.at_pin else _("Next"),
            "language": other_language(),
            "cancel": cancel,
        }

    def hints(self) -> list[Hint]:
        return []

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._go_on)
        elif action == "cancel":
            # Esc clears and goes back; the till is left with the key the footer names.
            if press.key != "escape" or self.at_pin or self.operator_id:
                self._cancel()
        elif self.checking:
            pass
        elif action == "language":
            self.host.use_language("en" if language() == "zh_CN" else "zh_CN")
        elif action == "forgotten_pin":
            from pos.ui.flows.people import forgotten_pin

            self.host.start(forgotten_pin(self.host, self))
        self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if self.checking:
            return
        if press.key == "backspace":
            if self.at_pin:
                self.pin = self.pin[:-1]
            else:
                self.operator_id = self.operator_id[:-1]
        elif self.at_pin and press.digit and len(self.pin) < 32:
            self.band.good()
            self.pin += press.digit
        elif not self.at_pin and press.text and len(self.operator_id) < 32:
            self.band.good()
            self.operator_id += press.text
        self.redraw()

    def _cancel(self) -> None:
        if self.at_pin and self.pin:
            self.pin = ""
        elif self.at_pin:
            self.at_pin = False
        elif self.operator_id:
            self.operator_id = ""
        else:
            self.host.start(_ask_quit(self))

    def _go_on(self) -> None:
        if not self.at_pin:
            self.at_pin = bool(self.operator_id)
        elif self.pin and not self.checking:
            self.host.start(self._check())

    async def _check(self) -> None:
        pin, self.pin = self.pin, ""
        self.checking = True
        self.redraw()
        operator_id = self.operator_id
        checked = await self.host.off_loop(
            lambda: operators.check_credentials(self.till, operator_id, pin)
        )
        self.checking = False
        result = (
            checked
            if isinstance(checked, Refusal)
            else operators.finish_sign_on(self.till, checked)
        )
        if isinstance(result, Refusal):
            self.error(pin_refusal_text(result))
            self.redraw()
            return
        self.host.repaint()
        self.finish("signed_on")

    def body(self, width: int, height: int) -> Sequence[Line]:
        store = self.till.settings.store
        station = self.till.settings.workstation
        name = named(store.name, store.name_en)
        place = clean(station.label or station.workstation_id)
        labels = (_("Operator's number"), _("PIN"))
        size = max(cells(one) for one in labels) + 2
        left = max(0, (width - size - 24) // 2)
        rows: list[Line] = [
            (),
            ((pad(name, width - cells(name), "center"), "strong"),),
            ((pad(place, width - cells(place), "center"), "dim"),),
            (),
        ]
        for label, value, active in (
            (labels[0], clean(self.operator_id), not self.at_pin),
            (labels[1], "●" * len(self.pin), self.at_pin),
        ):
            field = fit(f" {value}{'▏' if active else ''}", 22)
            role = "panel_field" if active else "panel"
            rows += [((" " * left + fit(label, size), "text"), (field, role)), ()]
        if not self.people and not self.staffed:
            text = _("Nobody works here yet: leave this and run  pos init")
            rows.append(((" " * left + text, "orange"),))
        if self.checking:
            rows.append(((" " * left + "… " + _("One moment"), "blue"),))
        if self.people:
            rows.append(((" " * left + _("People of this demo shop:"), "orange"),))
            room = height - len(rows)
            for one in self.people[:room]:
                parts = (one.number, named(*one.names), named(*one.roles), f"PIN {one.pin}")
                rows.append(((" " * left + fit("  ".join(parts), width - left), "text"),))
        return rows


async def _ask_quit(screen: SignOnScreen) -> None:
    from pos.ui.flow import Ask
    from pos.ui.screens.choose import yes_no

    leave = await Ask(
        yes_no(_("Quit"), [_("Leave the program?")], yes=_("Leave"), no=_("Stay"), marked=1)
    )
    if leave:
        screen.finish("quit")
