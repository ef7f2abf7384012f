"""Trading on a roll's authority: the sale screen stands ready, and commands come as scans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services import roll_commands
from pos.ui.flow import Ask, Saved
from pos.ui.screens.sale import SaleScreen
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.scan_router import ScanEvent


async def roll_day(app: TillApp) -> int:
    """Nobody signs on and nothing is asked; the roll opens and closes its days itself."""
    await Ask(SaleScreen(app.till))
    return 0


def taken(app: TillApp, sale: SaleScreen, scan: ScanEvent) -> bool:
    """Whether the scan was the roll's own; it is done then, or being written."""
    step = roll_commands.take(app.till, scan.data)
    if step is None:
        return False
    app.start(_show(sale, step))
    return True


async def _show(sale: SaleScreen, step: roll_commands.RollStep) -> None:
    if step.refusal is not None:
        sale.error(refusal_text(step.refusal))
        return
    if step.saved is not None:
        try:
            await Saved(step.saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, it is shown
            sale.error(_("The sale is not saved: {why}").format(why=clean(str(error))))
            return
    if step.completion is not None:
        sale.sale_finished(step.completion)
    else:
        sale.refresh_sale()
    if step.mark and not sale.band.is_error:
        sale.note(step.mark)
