"""Stock: look an item up, what is odd, where a serial number is, how the books stand (STK-15..18)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.ui.flow import Ask, Saved
from pos.ui.homes import Home
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import listed, named, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.services.context import Till
    from pos.services.goods.books import Books
    from pos.ui.app import TillApp


async def goods_stock(app: TillApp, home: Home) -> None:
    """Everything about what is in the shop."""
    from pos.services.goods import books
    from pos.ui.flows import goods_report

    while True:
        found = books.books(app.till)
        choices = [
            Choice(1, _("Look an item up, or scan it now"), "item"),
            Choice(2, _("What is odd: below zero, without price, expired"), "odd"),
            Choice(3, _("Where a serial number or trace code is"), "unit"),
            Choice(4, _("The books: opening count, today's reconciliation"), "books"),
            Choice(5, _("Stock report of a day or month"), "report"),
            Choice(6, _("What was earned in a day or month"), "earned"),
        ]
        menu: ChooseScreen[str] = ChooseScreen(
            _("Stock"), choices, lines=books_lines(app.till, found), scan_policy=ScanPolicy.TAKE
        )
        action = await Ask(menu)
        if action is None and menu.scanned is None:
            home.refresh_sale()
            return
        if action is None:
            await _scanned(app, home, menu.scanned)
        elif action == "item":
            await _look_up(app, home)
        elif action == "odd":
            await _odd(app)
        elif action == "unit":
            await _unit(app, home)
        elif action == "report":
            await goods_report.stock_pages(app, home)
        elif action == "earned":
            await goods_report.earned_pages(app, home)
        else:
            await _books(app, home)


def overdue_lines(app: TillApp) -> list[str]:
    """For the goods home: the books that are not open yet, and their clock (STK-02)."""
    from pos.services.goods import books

    return books_lines(app.till, books.books(app.till)) if app.till.unbooked else []


def who_may_waive(till: Till) -> str:
    """Names of the roles that may let the shop sell without an opening count."""
    from pos.services.goods import books

    roles = [role for role in till.roles.values() if role.may(books.RIGHT)]
    return listed(named(role.name_zh, role.name_en) for role in roles)


def books_lines(till: Till, found: Books) -> list[str]:
    """The books in words, where there is something to say: what is missing and who may waive it."""
    if found.state == "unbooked":
        lines = [
            _("Nothing is sold yet: the opening count is not posted"),
            _("Missing: 3 Count stock, opening count, signed by two people"),
            _("Or without it: 2 Stock, the books; may waive: {roles}").format(
                roles=who_may_waive(till)
            ),
        ]
        if found.due_day and found.days_left >= 0:
            lines.append(
                ngettext(
                    "First goods came on {first}: {days} day left to open the books",
                    "First goods came on {first}: {days} days left to open the books",
                    found.days_left,
                ).format(first=found.first_day, days=found.days_left)
            )
        elif found.due_day:
            lines.append(
                _("First goods came on {first}: the books should be open since {due}").format(
                    first=found.first_day, due=found.due_day
                )
            )
        return lines
    return []


async def _scanned(app: TillApp, home: Home, scan: ScanEvent | None) -> None:
    from pos.services.goods.scanning import Scanned, read

    if scan is None:
        return
    found = read(app.till, scan)
    if isinstance(found, Scanned):
        await _show(app, found.item)
    else:
        home.error(refusal_text(found), clean(shown_code(scan)))


async def _look_up(app: TillApp, home: Home) -> None:
    from pos.ui.screens.item_search import ItemSearchScreen

    found = await Ask(ItemSearchScreen(app.till, sells=False))
    if isinstance(found, Item):
        await _show(app, found)
    elif found is not None:
        await _scanned(app, home, found)


async def _show(app: TillApp, item: Item) -> None:
    from pos.ui.screens.goods_stock import HistoryScreen, StockScreen

    while True:
        screen = StockScreen(app.till, item)
        action = await Ask(screen)
        item = screen.item
        if action == "history":
            await Ask(HistoryScreen(app.till, item))
        elif action == "batch":
            choices = [
                Choice(
                    number,
                    one.batch or _("without a batch"),
                    one.batch,
                    f"{one.expiry} {quantity_text(one.quantity_milli)}",
                )
                for number, one in enumerate(screen.batches, start=1)
            ]
            batch = await Ask(ChooseScreen(_("History of which batch?"), choices))
            if batch is not None:
                await Ask(HistoryScreen(app.till, item, batch=batch))
        else:
            return


async def _odd(app: TillApp) -> None:
    from pos.services import catalogue
    from pos.services.goods.stock_exceptions import Oddity, exceptions

    words = {
        Oddity.EXPIRED: _("expired"),
        Oddity.NEGATIVE: _("below zero"),
        Oddity.NO_PRICE: _("no price"),
    }
    marked = 0
    while True:
        found = exceptions(app.till)
        choices = [
            Choice(
                number,
                named(odd.name, odd.name_en) or odd.item_code,
                number - 1,
                f"{words[odd.oddity]} {odd.expiry} {quantity_text(odd.quantity_milli)}",
            )
            for number, odd in enumerate(found, start=1)
        ]
        index = await Ask(
            ChooseScreen(_("What is odd"), choices, marked=min(marked, max(len(choices) - 1, 0)))
        )
        if index is None:
            return
        marked = index
        item = catalogue.find_item(app.till, found[index].item_code)
        if item is not None:
            await _show(app, item)


async def _unit(app: TillApp, home: Home) -> None:
    from pos.services import catalogue
    from pos.services.goods import stock
    from pos.ui.screens.goods_stock import HistoryScreen, UnitScreen

    text = await Ask(UnitScreen(app.till))
    if not text:
        return
    code, unit = stock.unit_named(app.till, text)
    item = catalogue.find_item(app.till, code) if code else None
    if item is None or unit is None:
        home.error(_("No till of this shop knows this number"), clean(text))
        return
    await Ask(HistoryScreen(app.till, item, unit=unit))


async def _books(app: TillApp, home: Home) -> None:
    from pos.services.goods import books, day_proof
    from pos.ui.screens.day_close import stock_lines

    found = books.books(app.till)
    now = await app.off_loop(lambda: day_proof.reconcile_now(app.till))
    lines = books_lines(app.till, found) or [
        _("Opened by document {number}").format(number=found.document_no)
        if found.state == "booked"
        else _("The opening count is waived: {why}").format(why=found.document_no)
        if found.document_no
        else _("The opening count is waived in the settings")
    ]
    lines.append(
        _("Since the last close: {opening} + {into} - {out} = {closing}").format(
            opening=quantity_text(now.opening_milli),
            into=quantity_text(now.in_milli),
            out=quantity_text(now.out_milli),
            closing=quantity_text(now.closing_milli),
        )
    )
    lines += stock_lines(app.till, now)
    choices = [Choice(1, _("Back"), value=False)]
    if found.state == "unbooked":
        choices.append(Choice(2, _("Sell without an opening count…"), value=True))
    if await Ask(ChooseScreen(_("The books"), choices, lines=lines)):
        await _waive(app, home)


async def _waive(app: TillApp, home: Home) -> None:
    from pos.domain.cart import Refusal
    from pos.services.goods import books
    from pos.ui.flows.approval import approved
    from pos.ui.screens.entry import EntryScreen

    reason = await Ask(
        EntryScreen(
            _("Why without an opening count?"),
            str.strip,
            label=_("Reason"),
            letters=True,
            lines=[_("Another till has counted, or the figures come later. It is journaled.")],
        )
    )
    if not reason:
        return
    result: Future[None] | Refusal | None = await approved(
        app, lambda grant: books.waive(app.till, reason, grant)
    )
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
    if result is None or isinstance(result, Refusal):
        return
    await Saved(result)
    home.note(_("Noted: goods may be sold"))
