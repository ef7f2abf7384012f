"""Opening the business day: its date, chosen by people, and the cash in the drawer (开业)."""

from __future__ import annotations

from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.shifts import DayState, left_in_drawer
from pos.ui import parsing
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.texts import plain_amount


class OpenDayScreen(FieldsScreen, inherit_bindings=False):
    """Answers with `day` and `cash`, or None."""

    CSS_PATH = "open_day.tcss"

    def __init__(self, till: Till, state: DayState) -> None:
        lines = []
        if state.last_closed_day:
            lines.append(_("Last closed: {day}").format(day=state.last_closed_day))
        cash = plain_amount(till.settings.shift.opening_cash_minor)
        super().__init__(
            _("Open the business day"),
            [
                Field("day", _("Business day"), parsing.day, state.suggested_day, letters="-"),
                Field("cash", _("Opening cash"), parsing.amount, cash),
            ],
            lines,
        )


class OpenShiftScreen(FieldsScreen, inherit_bindings=False):
    """Opening a shift within the day: answers with `cash`, or None.

    What the shift before counted and left in the drawer stands there already.
    """

    CSS_PATH = "open_day.tcss"

    def __init__(self, till: Till) -> None:
        left = left_in_drawer(till)
        cash = plain_amount(till.settings.shift.opening_cash_minor if left is None else left)
        super().__init__(
            _("Open the shift"),
            [Field("cash", _("Opening cash"), parsing.amount, cash)],
            [_("Business day {day}").format(day=till.business_day)],
        )
