"""Price cards at the till: the list after a price change, cards for single goods, barcodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.print_queue import say
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.texts import named, refusal_text

if TYPE_CHECKING:
    from pos.receipt.price_card import CardKind
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen

_AHEAD_DAYS = 1
"""Cards of tomorrow's prices are changed the evening before (PRC-03)."""


async def labels(app: TillApp, sale: SaleScreen) -> None:
    """Price cards and labels."""
    from pos.services import labels as service

    while True:
        due = service.due_cards(app.till, ahead_days=_AHEAD_DAYS)
        count = len(due)
        choices = [
            Choice(1, _("Print every card of the list"), "all"),
            Choice(2, _("Look through the list"), "list"),
            Choice(3, _("Price card of one item"), "card"),
            Choice(4, _("Shelf label of one item"), "shelf"),
            Choice(5, _("Barcode for goods without one"), "barcode"),
            Choice(6, _("Burst label with a big price"), "burst"),
            Choice(7, _("Scan the shelf: tick cards off"), "check"),
            Choice(8, _("Goods whose card lacks a mark"), "lacking"),
        ]
        line = ngettext("{count} card to change", "{count} cards to change", count)
        action = await Ask(
            ChooseScreen(
                _("Price cards and labels"),
                choices,
                lines=[line.format(count=count)],
                marked=0 if due else 2,
            )
        )
        if action is None:
            sale.refresh_sale()
            return
        if action == "all":
            _all(app, sale, due)
        elif action == "list":
            await _list(app, sale)
        elif action == "check":
            await _check(app)
        elif action == "lacking":
            await _lacking(app)
        else:
            await _one(app, sale, action)  # type: ignore[arg-type]  # the kinds of label


def _all(app: TillApp, sale: SaleScreen, due: Sequence[object]) -> None:
    """Print what can be printed; what lacks a mark stays on the list and is told."""
    from pos.services.labels import DueCard

    cards = [one for one in due if isinstance(one, DueCard)]
    whole = [one.item for one in cards if not one.missing]
    lacking = len(cards) - len(whole)
    if lacking and not whole:
        sale.error(_("Nothing printed: every card lacks a mark; see the list"))
        return
    _print(app, sale, whole, "card")
    if lacking:
        text = ngettext(
            "{count} card lacks a mark and was not printed",
            "{count} cards lack a mark and were not printed",
            lacking,
        )
        sale.error(text.format(count=lacking))


async def _list(app: TillApp, sale: SaleScreen) -> None:
    """The 待换牌 list: each card is printed, or ticked when it was changed by hand."""
    from pos.domain.money import format_unit_price
    from pos.receipt.price_card import MARK_WORDS
    from pos.services import labels as service

    while True:
        due = service.due_cards(app.till, ahead_days=_AHEAD_DAYS)
        choices = []
        for number, one in enumerate(due, start=1):
            price = one.item.unit_price_e4
            new = "" if price is None else format_unit_price(price)
            sign = "! " if one.missing else ""
            detail = f"{sign}{format_unit_price(one.shown_e4)} → {new}"
            choices.append(Choice(number, named(one.item.name, one.item.name_en), one, detail))
        card = await Ask(ChooseScreen(_("Cards to change"), choices))
        if card is None:
            return
        actions = [Choice(1, _("Print this card"), "print"), Choice(2, _("Done by hand"), "done")]
        lines = [named(card.item.name, card.item.name_en)]
        if card.missing:
            marks = ", ".join(_(MARK_WORDS[mark]) for mark in card.missing)
            lines.append(_("lacks {marks}").format(marks=marks))
        action = await Ask(ChooseScreen(_("Cards to change"), actions, lines=lines))
        if action == "print":
            _print(app, sale, [card.item], "card")
        elif action == "done":
            service.tick(app.till, [card.item])
            sale.note(_("Noted"))


async def _check(app: TillApp) -> None:
    """Walk along the shelves with the scanner (PRC-03)."""
    from pos.services import labels as service
    from pos.ui.screens.shelf_check import ShelfCheckScreen

    def print_card(item: Item) -> str:
        return _trouble(service.print_labels(app.till, [item]))

    await Ask(ShelfCheckScreen(app.till, print_card))


async def _lacking(app: TillApp) -> None:
    """Goods in stock whose card could not be printed, with what they lack (CAT-05)."""
    from pos.receipt.price_card import MARK_WORDS
    from pos.services.goods import shelf_check
    from pos.ui.screens.page import ReadScreen

    found = await app.off_loop(lambda: shelf_check.incomplete(app.till))
    lines = [
        _("{name} lacks {marks}").format(
            name=f"{item.item_code} {named(item.name, item.name_en)}",
            marks=", ".join(_(MARK_WORDS[mark]) for mark in marks),
        )
        for item, marks in found
    ]
    nothing = _("Every item in stock has what its card must show.")
    await Ask(ReadScreen(_("Goods whose card lacks a mark"), lines or [nothing]))


async def _one(app: TillApp, sale: SaleScreen, kind: CardKind) -> None:
    from pos.services import labels as service
    from pos.ui.screens.item_search import ItemSearchScreen

    found = await Ask(ItemSearchScreen(app.till, sells=False))
    if found is None:
        return
    if isinstance(found, Item):
        item: Item | None = found
    else:
        item = service.item_of_code(app.till, found.data, found.symbology_id)
    if item is None:
        sale.error(_("Nobody knows this code"))
        return
    copies = await Ask(
        EntryScreen(
            _("How many?"),
            parsing.count,
            label=_("Number of labels"),
            lines=[named(item.name, item.name_en)],
        )
    )
    if copies:
        _print(app, sale, [item], kind, copies)


def _print(
    app: TillApp, sale: SaleScreen, items: Sequence[Item], kind: CardKind, copies: int = 1
) -> None:
    from pos.services import labels as service

    result = service.print_labels(app.till, items, kind, copies)
    if isinstance(result, service.CardIncomplete):
        sale.error(_trouble(result))
        return
    say(sale, result, _("Sent to the printer"))


def _trouble(result: object) -> str:
    """Why labels were not printed, in words; empty when they were."""
    from pos.receipt.price_card import MARK_WORDS
    from pos.services import labels as service

    if isinstance(result, service.CardIncomplete):
        name, marks = next(iter(result.missing.items()))
        words = ", ".join(_(MARK_WORDS[mark]) for mark in marks)
        return _("{name} lacks {marks}").format(name=name, marks=words)
    return refusal_text(result) if isinstance(result, Refusal) else ""
