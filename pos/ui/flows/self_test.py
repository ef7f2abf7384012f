"""Testing the counter's devices: one dialog, one journal entry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services import self_test
from pos.services.self_test import Verdict
from pos.ui.flow import Ask
from pos.ui.screens.self_test import SelfTestScreen

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def self_test_devices(app: TillApp, sale: SaleScreen) -> None:
    """Test what stands on the counter; nothing is tested while goods are on the sale."""
    if not app.till.sale.empty:
        sale.error(_("Finish or park this sale first"))
        return
    outcomes = await Ask(SelfTestScreen(app.till))
    self_test.record(app.till, outcomes)
    wrong = sum(one.verdict is Verdict.FAULT for one in outcomes)
    care = sum(one.verdict is Verdict.CARE for one in outcomes)
    sale.refresh_sale()
    if wrong or care:
        sale.note(
            _("Device test: {wrong} not working, {care} to look at").format(
                wrong=wrong, care=care
            ),
            sign="!",
        )
    else:
        sale.note(_("Device test: everything works"))
