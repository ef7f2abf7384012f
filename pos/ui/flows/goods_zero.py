"""`0 Enter` on a list of goods that is being counted: it asks, and sets nothing by itself.

On every home `0 Enter` opens the functions; a receiver who types it here out of habit must not lose
what was counted. That none is here is said by answering the question, which begins on no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos.i18n import gettext as _
from pos.ui.flow import Ask
from pos.ui.screens.choose import yes_no
from pos.ui.texts import quantity_text
from pos.ui.widgets.goods_list import GoodsRow

if TYPE_CHECKING:
    from pos.ui.screens.goods_scan import GoodsScanScreen


async def ask_zero(screen: GoodsScanScreen[Any], row: GoodsRow) -> None:
    """Whether none of the marked goods is here; only a chosen yes sets the row to 0."""
    counted = f"{quantity_text(row.quantity_milli)} {row.unit}".rstrip()
    none_here = await Ask(
        yes_no(
            _("Set the quantity to 0?"),
            [row.name, _("So far: {quantity}").format(quantity=counted)],
            yes=_("There is none: set it to 0"),
            no=_("No, nothing changes"),
            marked=1,
        )
    )
    if none_here:
        screen.apply_quantity(row.number, 0, "0")
    else:
        screen.refresh_rows()
