"""The panel of a demonstration: make the simulated devices fail, and train for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen

FAULTS: Final[tuple[tuple[str, str, str], ...]] = (
    (N_("Printer: out of paper"), "printer paper-out", "printer paper-in"),
    (N_("Printer: cover open"), "printer cover-open", "printer cover-close"),
    (N_("Printer: offline"), "printer offline", "printer online"),
    (N_("Printer: cutter jammed"), "printer cutter-jam", "printer recover"),
    (N_("Printer: does not answer"), "printer silent", "printer recover"),
    (N_("Printer: very slow"), "printer slow", "printer recover"),
    (N_("Printer: cable pulled"), "printer unplug", "printer replug"),
    (N_("Drawer: left open"), "drawer leave-open", "drawer close"),
    (N_("Scanner: garbage in the code"), "scanner garbage", "scanner recover"),
    (N_("Scanner: half of the code"), "scanner truncated", "scanner recover"),
    (N_("Scanner: reads everything twice"), "scanner double", "scanner recover"),
    (N_("Scanner: cable pulled"), "scanner unplug", "scanner replug"),
    (N_("Scale: never settles"), "scale settling", "scale recover"),
    (N_("Scale: does not answer"), "scale silent", "scale recover"),
    (N_("Scale: cable pulled"), "scale unplug", "scale replug"),
    (N_("Customer display: stuck"), "display stall", "display recover"),
    (N_("Customer display: cable pulled"), "display unplug", "display replug"),
)
"""Name, what switches the fault on, what puts it right."""

_PUT: Final = "put"
_ALL_WELL: Final = "well"


async def panel(app: TillApp, sale: SaleScreen) -> None:
    """Switch faults on and off until the cashier goes back."""
    simulation = app.till.simulation
    if simulation is None:
        sale.error(_("Only a demonstration has simulated devices"))
        return
    marked = 0
    while True:
        on = simulation.faults()
        choices = [
            Choice(1, _("Put goods on the scale"), _PUT),
            *(
                Choice(number, _(name), fault, _("● on") if fault in on else "○")
                for number, (name, fault, _mend) in enumerate(FAULTS, start=2)
            ),
            Choice(len(FAULTS) + 2, _("Everything works again"), _ALL_WELL),
        ]
        chosen = await Ask(ChooseScreen(_("Simulated devices"), choices, marked=marked))
        if chosen is None:
            sale.refresh_sale()
            return
        marked = next(n for n, choice in enumerate(choices) if choice.value == chosen)
        try:
            if chosen == _PUT:
                grams = await Ask(
                    EntryScreen(
                        _("Scale"), parsing.quantity, label=_("Weight in {unit}").format(unit="kg")
                    )
                )
                if grams is not None:
                    simulation.tell("scale", "put", str(grams))
            elif chosen == _ALL_WELL:
                simulation.tell("recover")
            else:
                mend = next(mend for _name, fault, mend in FAULTS if fault == chosen)
                simulation.tell(*(mend if chosen in on else chosen).split())
        except OSError as error:
            sale.error(_("The simulated devices do not answer"), str(error))
            return
