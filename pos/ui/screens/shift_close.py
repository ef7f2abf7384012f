"""交班: the blind count, by total or note by note; the till says what it expects only afterwards."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.tender import CASH
from pos.i18n import gettext as _
from pos.services import shifts
from pos.services.context import Till
from pos.ui import parsing
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.texts import amount_text, named, plain_amount

HANDED_UP = "handed_up"
RECEIVER = "receiver"
REASON = "reason"


class CountScreen(FieldsScreen, inherit_bindings=False):
    """Answers with what was counted by field, or None. Scans are refused: this is money."""

    CSS_PATH = "shift_close.tcss"

    def __init__(self, till: Till, title: str, lines: Sequence[str] = ()) -> None:
        fields: list[Field] = []
        by_note = till.settings.shift.count_by == "denomination"
        if by_note:
            fields += [
                Field(
                    f"face:{face}",
                    _("Pieces of {value}").format(value=plain_amount(face)),
                    parsing.count,
                    optional=True,
                )
                for face in till.settings.shift.denominations_minor
            ]
        for kind in sorted(till.tender_types, key=lambda one: one.number):
            if kind.id == CASH and by_note:
                continue
            label = named(kind.name, kind.name_en)
            fields.append(
                Field(
                    f"tender:{kind.id}",
                    label
                    if kind.id == CASH
                    else _("{tender} (may be empty)").format(tender=label),
                    parsing.amount,
                    optional=kind.id != CASH,
                )
            )
        fields.append(Field(HANDED_UP, _("Of the cash, handed up"), parsing.amount, optional=True))
        shown = [*lines]
        if not till.settings.shift.blind_count:
            totals = shifts.shift_totals(till)
            if totals is not None:
                text = _("Cash expected {amount}")
                shown.append(text.format(amount=amount_text(totals.expected_minor(CASH))))
        super().__init__(title, fields, shown)
