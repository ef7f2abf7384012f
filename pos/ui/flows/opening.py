"""From sign-on to trading: a forgotten close made good, the business day, the shift's float."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import shifts
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.flows.closing import close_day, tell_of_stock, written
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.day_close import ForgottenCloseScreen
from pos.ui.screens.open_day import OpenDayScreen, OpenShiftScreen
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.services.context import Till
    from pos.ui.app import TillApp


async def ready_to_trade(app: TillApp) -> bool:
    """Open what must be open; False when the operator gave up and signs off."""
    till = app.till
    if not await forgotten_close(app):
        return False
    if not till.business_day and may(till, "day.open") and not await open_day(app):
        return False
    if till.business_day and not till.shift_no and may(till, "shift.open"):
        return await open_shift(app)
    return True


def may(till: Till, right: str) -> bool:
    """Whether the operator's role holds a right; those who do not sell open nothing."""
    return till.operator is not None and till.operator.role.may(right)


async def forgotten_close(app: TillApp) -> bool:
    """A day that is older than today: close it now, or go on with it."""
    while True:
        left = shifts.forgotten_close(app.till)
        if left is None:
            return True
        screen = ForgottenCloseScreen(left)
        tell_of_stock(app, screen)
        choice = await Ask(screen)
        if choice is None:
            return False
        if choice == "go_on":
            return True
        counter = ForgottenCloseScreen(left)
        if await close_day(app, counter, counted=choice == "count", forced=True):
            return True
        if counter.band.text:
            await say(counter.band.text)


async def open_day(app: TillApp) -> bool:
    """The date and the opening cash."""
    while True:
        screen = OpenDayScreen(app.till, shifts.day_state(app.till))
        values = await Ask(screen)
        if values is None:
            return False
        day, cash = cast("str", values["day"]), cast("int", values["cash"])
        if await _opened(app, day, cash):
            return True


async def _opened(app: TillApp, day: str, cash: int) -> bool:
    result = await approved(app, lambda grant: shifts.open_day(app.till, day, cash, grant))
    if isinstance(result, Refusal):
        await say(refusal_text(result))
    if not isinstance(result, shifts.DayOpened):
        return False
    page = OpenShiftScreen(app.till)
    if not await written(page, result.saved):
        await say(page.band.text)
        return False
    return True


async def open_shift(app: TillApp) -> bool:
    """The next cashier's opening cash."""
    while True:
        page = OpenShiftScreen(app.till)
        values = await Ask(page)
        if values is None:
            return False
        cash = cast("int", values["cash"])
        result = shifts.open_shift(app.till, cash)
        if isinstance(result, shifts.ShiftOpened):
            if await written(page, result.saved):
                return True
            await say(page.band.text)
        elif isinstance(result, Refusal):
            await say(refusal_text(result))
        else:
            await say(_("You have no right to do this"))


async def say(text: str) -> None:
    """Say something where no page stands behind."""
    await Ask(ChooseScreen(_("Not possible"), [Choice(1, _("OK"), "ok")], lines=[text]))
