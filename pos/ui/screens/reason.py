"""The reason dialog: the shop's own numbered reasons for what needs one."""

from __future__ import annotations

from collections.abc import Sequence

from pos.config import Reason
from pos.i18n import gettext as _
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.texts import named


class ReasonScreen(ChooseScreen[str], inherit_bindings=False):
    """Answers with the reason's id, or None."""

    CSS_PATH = "reason.tcss"

    def __init__(self, title: str, reasons: Sequence[Reason], lines: Sequence[str] = ()) -> None:
        choices = [
            Choice(number, named(reason.name, reason.name_en), reason.id)
            for number, reason in enumerate(reasons, start=1)
        ]
        super().__init__(title, choices or [Choice(1, _("Other"), "other")], lines=lines)
