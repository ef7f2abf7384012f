"""One question about date and time, at the start or between sales; selling goes on (R20)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services import clock_watch
from pos.ui.clock_words import off_text
from pos.ui.flow import Ask

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def ask_once(app: TillApp) -> clock_watch.Confirmed | clock_watch.StillWrong | None:
    """Ask when there is something to ask; None when there is not, or it was put off."""
    doubt = clock_watch.question(app.till)
    if doubt is None:
        return None
    from pos.ui.screens.clock import ClockScreen  # the first screen does not wait for it

    return await Ask(ClockScreen(app.till, doubt))


async def between_sales(app: TillApp, sale: SaleScreen) -> None:
    """The question over the sale screen."""
    _say(sale, await ask_once(app))


async def confirm(app: TillApp, sale: SaleScreen) -> None:
    """The function: answer a question that was put off, or say that the clock is wrong."""
    from pos.ui.screens.clock import ClockScreen

    _say(sale, await Ask(ClockScreen(app.till, clock_watch.open_doubt(app.till))))


def _say(sale: SaleScreen, result: clock_watch.Confirmed | clock_watch.StillWrong | None) -> None:
    if isinstance(result, clock_watch.Confirmed):
        sale.note(_("Date and time are confirmed"))
    elif isinstance(result, clock_watch.StillWrong):
        sale.note(off_text(result.off_ms), sign="!")
