"""An unknown code: sell it as a department at a typed price, search, or report it (rule 14)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.texts import named


class UnknownAction(StrEnum):
    """What else can be done with an unknown code."""

    SEARCH = "search"
    REPORT = "report"


class UnknownCodeScreen(ChooseScreen[Item | UnknownAction], inherit_bindings=False):
    """Answers with a department, an action, or None."""

    CSS_PATH = "unknown_code.tcss"

    def __init__(self, code: str, departments: Sequence[Item]) -> None:
        choices: list[Choice[Item | UnknownAction]] = [
            Choice(
                number,
                _("Sell as {department}").format(department=named(item.name, item.name_en)),
                item,
            )
            for number, item in enumerate(departments, start=1)
        ]
        count = len(choices)
        choices.append(Choice(count + 1, _("Search for the goods"), UnknownAction.SEARCH))
        choices.append(Choice(count + 2, _("Report it to head office"), UnknownAction.REPORT))
        super().__init__(_("Unknown code"), choices, lines=[code])
