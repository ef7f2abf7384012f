"""The parked sales, oldest first."""

from __future__ import annotations

from collections.abc import Sequence

from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.checkout import ParkedSale
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text


class ParkedScreen(ChooseScreen[str], inherit_bindings=False):
    """Answers with the sale's uuid, or None."""

    CSS_PATH = "parked.tcss"

    def __init__(self, sales: Sequence[ParkedSale]) -> None:
        choices = [
            Choice(
                number,
                " ".join(
                    part
                    for part in (
                        sale.begun_at[11:16],
                        clean(sale.operator_id),
                        clean(sale.label),
                        ngettext("{count} line", "{count} lines", sale.lines).format(
                            count=sale.lines
                        ),
                    )
                    if part
                ),
                sale.sale_uuid,
                detail=amount_text(sale.total_minor),
            )
            for number, sale in enumerate(sales, start=1)
        ]
        super().__init__(_("Parked sales"), choices)
