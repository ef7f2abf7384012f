"""Who goes and who comes sign the pieces of a handover, each with number and PIN (CSH-03)."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.cart import Refusal
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.operators import Credentials
from pos.ui.screens.goods_sign import NumberAndPinScreen
from pos.ui.text_grid import Line, clean, lines_of


class DailySignScreen(NumberAndPinScreen[str], inherit_bindings=False):
    """Answers with the number of who signed, or None when nobody did."""

    help_topic = "goods_daily_sign"

    def __init__(
        self,
        till: Till,
        title: str,
        lines: Sequence[str],
        number: str = "",
        *,
        not_by: Sequence[str] = (),
    ) -> None:
        """`lines` say what is signed for; `not_by` are those who may not sign here."""
        super().__init__(till, number)
        self.title_text = title
        self.lines = tuple(lines)
        self.not_by = not_by

    def told(self, width: int) -> list[Line]:
        return [row for line in self.lines for row in lines_of(clean(line), width, "panel")]

    def signed(self, credentials: Credentials) -> str | Refusal:
        person = credentials.person
        if person.operator_id in self.not_by:
            text = N_("who hands over cannot take over as well")
            return Refusal("same_person", text, {"name": person.name})
        return person.operator_id

    def words(self, refusal: Refusal) -> str:
        if refusal.code == "same_person":
            name = clean(str(refusal.values.get("name", "")))
            return _("{name} hands over: somebody else must sign for taking over").format(
                name=name
            )
        return super().words(refusal)
