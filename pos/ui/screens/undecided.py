"""待核: the payments of closed sales that wait for a decision, oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from pos.domain.tender import TenderType
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.undecided import UndecidedTender
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean, fit
from pos.ui.texts import amount_text, named

_NAME_CELLS = 14


def tender_name(one: UndecidedTender, kinds: Mapping[str, TenderType]) -> str:
    """The tender's name from the settings; its own code when the shop does not have it now."""
    kind = kinds.get(one.tender_type)
    return clean(one.tender_type) if kind is None else named(kind.name, kind.name_en)


def sold_at(one: UndecidedTender) -> str:
    """`11-22 09:05`: when the sale was made; its business day when that is not known."""
    return f"{one.at[5:10]} {one.at[11:16]}" if one.at else one.business_day[5:]


class UndecidedScreen(ChooseScreen[UndecidedTender], inherit_bindings=False):
    """Answers with a payment, or None."""

    CSS_PATH = "undecided.tcss"
    width_wanted: ClassVar[int] = 72

    def __init__(
        self, waiting: Sequence[UndecidedTender], kinds: Mapping[str, TenderType]
    ) -> None:
        lines = []
        if waiting:
            total = amount_text(sum(one.amount_minor for one in waiting))
            lines.append(
                ngettext(
                    "{count} payment, {amount}: look at the account, then choose",
                    "{count} payments, {amount}: look at the account, then choose one",
                    len(waiting),
                ).format(count=len(waiting), amount=total)
            )
        choices = [
            Choice(
                number,
                " ".join(
                    (
                        f"{sold_at(one):<11}",
                        clean(one.transaction_no),
                        fit(tender_name(one, kinds), _NAME_CELLS),
                        clean(one.operator_id),
                    )
                ).rstrip(),
                one,
                detail=amount_text(one.amount_minor),
            )
            for number, one in enumerate(waiting, start=1)
        ]
        super().__init__(_("Payments to be verified"), choices, lines=lines)
