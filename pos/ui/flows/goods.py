"""How goods come onto the sale when a scan alone does not say enough."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pos.domain.cart import EntryMethod, Refusal
from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.services import catalogue, checkout
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.unknown_code import UnknownAction, UnknownCodeScreen
from pos.ui.screens.weigh import WeighScreen
from pos.ui.texts import named

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


def item_lines(item: Item) -> list[str]:
    """Name, spec and model of an item, to compare with the goods in hand."""
    name = named(item.name, item.name_en)
    detail = " ".join(part for part in (item.spec, item.model) if part)
    return [name, detail] if detail else [name]


async def weigh(app: TillApp, sale: SaleScreen, item: Item, barcode: str) -> None:
    """Goods sold by weight: the scale says it, or what it shows is typed."""
    weight = await Ask(WeighScreen(app.till, item, item_lines(item)))
    if weight is None:
        sale.error(_("Not sold: no weight typed"), named(item.name, item.name_en))
        return
    again = partial(
        checkout.add_item,
        app.till,
        item.item_code,
        weight,
        entry_method=EntryMethod.WEIGHED,
        barcode=barcode,
    )
    sale.show_result(again(), again=again)


async def open_price(app: TillApp, sale: SaleScreen, item: Item, barcode: str) -> None:
    """An open department: type the price."""
    price = await Ask(
        EntryScreen(_("Price"), parsing.price, label=_("Unit price"), lines=item_lines(item))
    )
    if price is None:
        sale.error(_("Not sold: no price typed"), named(item.name, item.name_en))
        return
    result = await approved(
        app,
        lambda grant: checkout.add_item(
            app.till, item.item_code, unit_price_e4=price, barcode=barcode, approval=grant
        ),
    )
    sale.show_result(result)


async def unknown_code(app: TillApp, sale: SaleScreen, code: str) -> None:
    """Nobody knows the code: sell it as a department, search, or report it (rule 14)."""
    departments = catalogue.departments(app.till)
    action = await Ask(UnknownCodeScreen(code, departments))
    if action is None:
        return
    if isinstance(action, Item):
        price = await Ask(
            EntryScreen(
                _("Price"),
                parsing.price,
                label=_("Unit price"),
                lines=[code, named(action.name, action.name_en)],
            )
        )
        if price is None:
            return
        department = action.item_code
        result = await approved(
            app,
            lambda grant: checkout.sell_unknown_as_department(
                app.till, code, department, price, approval=grant
            ),
        )
        sale.show_result(result)
    elif action is UnknownAction.SEARCH:
        await search(app, sale, "")
    else:
        catalogue.report_unknown(app.till, code)
        sale.forget_unknown()
        sale.note(_("{code} is on the list for head office").format(code=code))


async def search(app: TillApp, sale: SaleScreen, text: str) -> None:
    """Find goods by name, initials or a part of the code, and sell what is chosen."""
    from pos.ui.screens.item_search import ItemSearchScreen

    found = await Ask(ItemSearchScreen(app.till, text))
    if found is None:
        return
    if not isinstance(found, Item):
        sale.take_scan(found)
        return
    await sell(app, sale, found)


async def sell(
    app: TillApp, sale: SaleScreen, item: Item, method: EntryMethod = EntryMethod.KEYED
) -> None:
    """Sell a chosen item, asking for what it still needs."""
    again = partial(checkout.add_item, app.till, item.item_code, entry_method=method)
    result = again()
    if isinstance(result, checkout.WeightNeeded):
        await weigh(app, sale, result.item, "")
    elif isinstance(result, checkout.PriceNeeded):
        await open_price(app, sale, result.item, "")
    else:
        sale.show_result(result, again=again)


async def quick_keys(app: TillApp, sale: SaleScreen) -> None:
    """Goods without codes: bags, eggs."""
    choices = [
        Choice(number, named(item.name, item.name_en), item)
        for number, item in enumerate(quick_items(app), start=1)
    ]
    item = await Ask(ChooseScreen(_("Goods without codes"), choices))
    if item is not None:
        await sell(app, sale, item, EntryMethod.QUICK)


def quick_items(app: TillApp) -> list[Item]:
    """Items on quick keys, in their order; a key whose goods are gone is left out."""
    till = app.till
    found = [catalogue.find_item(till, key.item_code) for key in till.reference.quick_keys()]
    return [item for item in found if item is not None]


async def open_item(app: TillApp, sale: SaleScreen) -> None:
    """Sell as a department at a typed price."""
    departments = catalogue.departments(app.till)
    choices = [
        Choice(number, named(item.name, item.name_en), item)
        for number, item in enumerate(departments, start=1)
    ]
    item = await Ask(ChooseScreen(_("Department"), choices))
    if item is not None:
        await open_price(app, sale, item, "")


async def repeat_last(app: TillApp, sale: SaleScreen) -> None:
    """The last item once more."""
    last = app.till.sale.cart.last
    if last is None:
        sale.show_result(Refusal("no_lines", "nothing has been entered yet"))
    elif last.barcode:
        again = partial(checkout.scan, app.till, last.barcode, keyed=True)
        sale.show_result(again(), last.barcode, again)
    else:
        add = partial(checkout.add_item, app.till, last.item_code)
        sale.show_result(add(), again=add)


async def price_check(app: TillApp, _sale: SaleScreen) -> None:
    """What does it cost? Nothing is sold."""
    from pos.ui.screens.price_check import PriceCheckScreen

    await Ask(PriceCheckScreen(app.till))
