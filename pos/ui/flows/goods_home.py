"""The goods home as a dialogue of the sale screen, and as the first page of whoever does not sell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.ui.flow import Ask
from pos.ui.homes import Home

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def goods_home(app: TillApp, sale: SaleScreen) -> None:
    """From the sale screen to the goods and back; the open sale stays where it is."""
    from pos.ui.screens.goods_home import GoodsHomeScreen

    outcome = await Ask(GoodsHomeScreen(app.till, from_sale=True))
    sale.refresh_sale()
    if outcome is not None:
        sale.finish(outcome)


async def receive(app: TillApp, home: Home) -> None:
    """Receive goods; what it needs is loaded when somebody does."""
    from pos.ui.flows.goods_receive import goods_receive

    await goods_receive(app, home)


async def copies(app: TillApp, home: Home) -> None:
    """Dispatch notes and their copies."""
    from pos.ui.flows.goods_copies import goods_copies

    await goods_copies(app, home)


async def not_yet(app: TillApp, home: Home) -> None:
    """A task that this till does not have: it is said, never ignored."""
    del app
    home.error(_("This till does not have that yet"))
