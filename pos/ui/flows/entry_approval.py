"""An entry that a second person must sign for: goods near their date, sold before, below zero.

A rule of the shop may ask for an approval at any scan. It is asked for as a price's is; then the same
code is entered once more, and the line's own transaction spends what was signed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services import approvals, checkout
from pos.services.context import Grant, NeedsApproval
from pos.ui.flow import Ask

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def approve_entry(
    app: TillApp, sale: SaleScreen, again: Callable[[], object], code: str = ""
) -> None:
    """Sign, then the same entry once more; what it asks besides is asked then.

    The number typed before the scan holds for the second try, and for nothing else.
    """
    given: list[Grant] = []
    app.ring()
    result = await with_grants(app, given, again)
    app.till.sale.next_quantity_milli = None
    if isinstance(result, (checkout.BatchToSee, checkout.BatchNeeded, checkout.SerialNeeded)):
        from pos.ui.flows import goods_at_sale

        await goods_at_sale.ask(app, sale, result, given)
    elif result is None:
        sale.error(_("Not sold: nobody approved it"), code)
        sale.refresh_sale()
    else:
        sale.show_result(result, code)


async def with_grants(app: TillApp, given: list[Grant], action: Callable[[], object]) -> object:
    """The action's result, with every approval that it asks for; None when one was not given.

    What is signed is added to `given`, so that the entry's later questions are answered with it.
    """
    from pos.ui.screens.approval import ApprovalScreen

    while True:
        with approvals.offering(app.till, given):
            result = action()
        if not isinstance(result, NeedsApproval):
            return result
        grant = await Ask(ApprovalScreen(app.till, result))
        if grant is None:
            return None
        given.append(grant)
