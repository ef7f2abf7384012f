"""The parked sales, oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.checkout import ParkedSale
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean, cut
from pos.ui.texts import amount_text, line_name, waited


class ParkedScreen(ChooseScreen[str], inherit_bindings=False):
    """Answers with the sale's uuid, or None."""

    CSS_PATH = "parked.tcss"

    width_wanted: ClassVar[int] = 72

    def __init__(self, sales: Sequence[ParkedSale], now: str) -> None:
        """`now` is local time as ISO text, for the age of each."""
        choices = [
            Choice(
                number,
                " ".join(
                    part
                    for part in (
                        _("{moment} ({age})").format(
                            moment=sale.begun_at[11:16], age=_age(sale.begun_at, now)
                        ),
                        clean(sale.label),
                        _goods(sale),
                        clean(sale.operator_id),
                    )
                    if part
                ),
                sale.sale_uuid,
                detail=amount_text(sale.total_minor),
            )
            for number, sale in enumerate(sales, start=1)
        ]
        super().__init__(_("Parked sales"), choices)


_NAME_CELLS = 26


def _goods(sale: ParkedSale) -> str:
    """The first goods and how many lines more: `可口可乐 +2 行`."""
    if sale.first is None:
        return ""
    name = cut(line_name(sale.first), _NAME_CELLS)
    more = sale.lines - 1
    if not more:
        return name
    return f"{name} " + ngettext("+{count} line", "+{count} lines", more).format(count=more)


def _age(begun_at: str, now: str) -> str:
    try:
        seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(begun_at)).total_seconds()
    except (ValueError, TypeError):
        return "?"
    return waited(max(0, int(seconds)))
