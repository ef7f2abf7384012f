"""Doors to the tasks of goods that leave: each is loaded when it is first opened, not at start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services.goods.rules import class_rule_for

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home
    from pos.ui.screens.sale import SaleScreen


async def transfer(app: TillApp, home: Home) -> None:
    """Goods to and from other shops."""
    if not _may(app, home, "stock.receive"):
        return
    from pos.ui.flows.goods_transfer import goods_transfer

    await goods_transfer(app, home)


async def send_back(app: TillApp, home: Home) -> None:
    """Goods back to a supplier."""
    if not _may(app, home, "stock.receive"):
        return
    from pos.ui.flows.goods_return import goods_return

    await goods_return(app, home)


async def scrap(app: TillApp, home: Home) -> None:
    """Goods written off and set apart."""
    if not _may(app, home, "stock.receive"):
        return
    from pos.ui.flows.goods_scrap import goods_scrap

    await goods_scrap(app, home)


async def loans(app: TillApp, home: Home) -> None:
    """Goods lent."""
    if not _may(app, home, "stock.receive", "loan.consent", "loan.approve"):
        return
    from pos.ui.flows.goods_loans import goods_loans

    await goods_loans(app, home)


async def dispatch(app: TillApp, home: Home) -> None:
    """Goods sold and not taken."""
    if not _may(app, home, "dispatch.register"):
        return
    from pos.ui.flows.goods_dispatch import goods_dispatch

    await goods_dispatch(app, home)


def _may(app: TillApp, home: Home, *any_of: str) -> bool:
    """Whether who is signed on has one of these rights; else it is said."""
    operator = app.till.operator
    if operator is not None and any(operator.role.may(right) for right in any_of):
        return True
    home.error(_("You have no right to do this"))
    return False


async def at_tender(app: TillApp, sale: SaleScreen) -> bool:
    """Ask once who takes the large goods of a sale; False goes back to the goods (REG-01)."""
    till = app.till
    if till.sale.dispatch_asked or not till.settings.dispatch.ask or till.authority:
        return True
    classes = {line.item_class for line in till.sale.cart.lines if line.item_class}
    rules = [class_rule_for(till, name) for name in classes]
    if not any(rule is not None and rule.large for rule in rules):
        return True
    from pos.ui.flows import goods_dispatch

    return await goods_dispatch.at_tender(app, sale)


async def count(app: TillApp, home: Home) -> None:
    """Goods counted."""
    from pos.ui.flows.goods_count import goods_count

    await goods_count(app, home)
