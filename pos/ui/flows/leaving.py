"""What ends or interrupts selling: menu, lock, change of cashier, closes, quit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.i18n import language as language_now
from pos.services import customer_display, operators
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.base import KeyPress
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def functions(app: TillApp, sale: SaleScreen) -> None:
    """`0` Enter: all functions by number."""
    from pos.ui.flows.registry import STORIES
    from pos.ui.screens.functions_menu import FunctionsMenu

    command = await Ask(FunctionsMenu(app.keymap))
    if command is None or command == "functions":
        return
    story = STORIES.get(command)
    if story is not None:
        await story(app, sale)
    else:
        sale.command(command, KeyPress("enter"))


async def lock(app: TillApp, sale: SaleScreen) -> None:
    """Lock; the sale stays, waiting scans are dropped loudly, and only the PIN goes on."""
    from pos.ui.flows.registry import Outcome
    from pos.ui.screens.lock import LockScreen

    operators.lock(app.till)
    app.router.clear()
    customer_display.clear(app.till)
    if await Ask(LockScreen(app.till)) == "sign_off":
        sale.finish(Outcome.SIGN_OFF)
    else:
        sale.refresh_sale()  # the customer reads on where it stopped


async def sign_off(app: TillApp, sale: SaleScreen) -> None:
    """Change of cashier: parked sales belong to the till, an open one must be parked first."""
    from pos.ui.flows.registry import Outcome

    if not _nothing_open(app, sale):
        return
    sale.finish(Outcome.SIGN_OFF)


async def quit_till(app: TillApp, sale: SaleScreen) -> None:
    """Leave the program; an open sale stays on disk."""
    from pos.ui.flows.registry import Outcome

    lines = [] if app.till.sale.empty else [_("The open sale stays and can be continued.")]
    leave = await Ask(
        yes_no(
            _("Quit"), [_("Leave the program?"), *lines], yes=_("Leave"), no=_("Stay"), marked=1
        )
    )
    if leave:
        sale.finish(Outcome.QUIT)


async def language(app: TillApp, sale: SaleScreen) -> None:
    """Chinese or English, live. The other one is marked: the key and Enter change it."""
    now = language_now()
    chosen = await Ask(
        ChooseScreen(
            _("Language"),
            [Choice(1, "中文", "zh_CN"), Choice(2, "English", "en")],
            marked=1 if now == "zh_CN" else 0,
        )
    )
    if chosen is not None:
        operators.choose_language(app.till, chosen)
        app.use_language(chosen)
        sale.refresh_sale()


async def theme(app: TillApp, sale: SaleScreen) -> None:
    """Dark, light or high contrast, until the program is left."""
    names = (("dark", _("Dark")), ("light", _("Light")), ("high-contrast", _("High contrast")))
    chosen = await Ask(
        ChooseScreen(
            _("Colours"),
            [Choice(number, words, name) for number, (name, words) in enumerate(names, start=1)],
        )
    )
    if chosen is not None:
        app.theme = f"guitai-{chosen}"
        app.repaint()
        sale.refresh_sale()


async def training(app: TillApp, sale: SaleScreen) -> None:
    """To practice and back, between sales; back again stands the sign-on, with real money."""
    from pos.services import training as practice
    from pos.ui.flows.closing import written
    from pos.ui.flows.registry import Outcome

    if not _nothing_open(app, sale):
        return
    if app.till.training:
        leave = await Ask(
            yes_no(
                _("Training"),
                [_("Go back to real sales? Sign on again there.")],
                yes=_("End the training"),
                no=_("Stay"),
            )
        )
        if leave:
            sale.finish(Outcome.TRAINING)
        return
    go_on = await Ask(
        yes_no(
            _("Training"),
            [
                _(
                    "Practice in a database of its own: nothing is sold, nothing reaches head office."
                ),
                _("The same command leads back."),
            ],
            yes=_("Begin the training"),
            no=_("Back"),
            marked=1,
        )
    )
    if not go_on:
        return
    result = await approved(app, lambda grant: practice.begin(app.till, grant))
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif isinstance(result, practice.Switched) and await written(sale, result.saved):
        app.drop_scans()
        sale.finish(Outcome.TRAINING)


async def sync_status(app: TillApp, _sale: SaleScreen) -> None:
    """What has not reached head office."""
    from pos.ui.screens.sync_status import SyncStatusScreen

    await Ask(SyncStatusScreen(app.till))


async def backups(app: TillApp, _sale: SaleScreen) -> None:
    """When the last backup was made in each place, and what keeps one from being made."""
    from pos.ui.screens.backups import BackupsScreen

    await Ask(BackupsScreen(app.till))


async def x_report(app: TillApp, sale: SaleScreen) -> None:
    """X: the shift's figures so far."""
    from pos.ui.flows import closing

    await closing.x_report(app, sale)


async def shift_close(app: TillApp, sale: SaleScreen) -> None:
    """交班: count, compare, split, hand over."""
    from pos.ui.flows import closing

    if _nothing_open(app, sale):
        await closing.shift_close(app, sale)


async def day_close(app: TillApp, sale: SaleScreen) -> None:
    """日结: the Z of this till and business day."""
    from pos.ui.flows import closing

    if _nothing_open(app, sale):
        await closing.day_close(app, sale)


def _nothing_open(app: TillApp, sale: SaleScreen) -> bool:
    if app.till.sale.empty:
        return True
    sale.error(_("A sale is open: finish, park or cancel it first"))
    return False
