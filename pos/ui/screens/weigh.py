"""The weight of goods: read from the scale by itself, or typed as the scale shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.events import WeightState
from pos.domain.item import Item
from pos.domain.quantity import format_quantity, quantity_of_weight
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.weighing import Weighing
from pos.ui import parsing
from pos.ui.screens.base import KeyPress
from pos.ui.screens.entry import EntryScreen
from pos.ui.text_grid import Line

_SAID: Final = {
    WeightState.UNSTABLE: N_("… settling"),
    WeightState.ZERO: N_("Put the goods on the scale"),
    WeightState.UNDER_ZERO: N_("! Below zero: clear the scale and press its zero key"),
    WeightState.OVERLOAD: N_("✗ Too heavy for this scale"),
    WeightState.FAULT: N_("✗ The scale reports a fault: type what it shows"),
    WeightState.SILENT: N_("✗ The scale does not answer: type what it shows"),
}


class WeighScreen(EntryScreen[int]):
    """Answers with thousandths of the item's unit, or None when it was given up."""

    CSS_PATH = "entry.tcss"

    def __init__(self, till: Till, item: Item, lines: Sequence[str]) -> None:
        """`lines` name the goods."""
        unit = item.unit or "kg"
        super().__init__(
            _("Weight"),
            parsing.quantity,
            label=_("Weight in {unit}").format(unit=unit),
            lines=lines,
        )
        self._unit = unit
        self._weighing = Weighing(till, item, self._heard)

    def on_mount(self) -> None:
        """Begin to weigh; what the scale said before does not count."""
        super().on_mount()
        self._weighing.start()

    def on_unmount(self) -> None:
        """Let the scale rest."""
        self._weighing.stop()

    def content(self, width: int) -> Sequence[Line]:
        rows = list(super().content(width))
        if self._weighing.possible:
            role, text = self._scale_text()
            rows[-2:-2] = [(), ((_("Scale: ") + text, role),)]
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose" and not self.typed and self._weighing.possible:
            self.guarded(press, self._take)
        else:
            super().pad(action, press)

    def _take(self) -> None:
        weight = self._weighing.weight()
        if weight is None:
            _role, said = self._scale_text()
            self.error(_("No weight to take: wait until it is stable, or type it"), said)
            return
        self._answer(weight)

    def _heard(self) -> None:
        if not self.is_current:
            return
        weight = self._weighing.weight()
        if weight is not None and not self.typed and self._weighing.settled:
            self._answer(weight)
        else:
            self.redraw()

    def _answer(self, weight: int) -> None:
        self._weighing.taken()
        self._weighing.stop()
        self.finish(weight)

    def _scale_text(self) -> tuple[str, str]:
        reading = self._weighing.reading
        if not self._weighing.connected:
            return "error", _("✗ not connected: type the weight")
        if reading is None:
            return "panel", _("… asking")
        if reading.state in _SAID:
            text = _(_SAID[reading.state])
            if reading.state is WeightState.UNSTABLE:
                text = f"{self._figure(reading.weight_mg)} {text}"
            return "panel", text
        figure = self._figure(reading.weight_mg)
        return "panel_strong", _("{weight} ✓ stable: Enter takes it").format(weight=figure)

    def _figure(self, weight_mg: int) -> str:
        return f"{format_quantity(quantity_of_weight(weight_mg, self._unit) or 0)} {self._unit}"
