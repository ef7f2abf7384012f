"""X, hand-over (交班) and close of the day (日结), told from count to slip."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pos.domain.cart import Refusal
from pos.domain.tender import CASH
from pos.i18n import gettext as _
from pos.services import printing, reporting, shifts
from pos.services.goods import day_proof
from pos.services.shifts.reading import open_items
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.screens.day_close import DayCloseScreen, ForgottenCloseScreen, stock_lines
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.shift_close import HANDED_UP, CountScreen
from pos.ui.screens.x_report import SlipScreen
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.base import TillScreen
    from pos.ui.screens.sale import SaleScreen


class Counted(NamedTuple):
    """A count as the services take it."""

    counted: dict[str, int | None]
    denominations: dict[int, int] | None
    handed_up_minor: int | None


async def x_report(app: TillApp, sale: SaleScreen) -> None:
    """X: the shift's figures so far, on the screen and on paper."""
    result = await approved(app, lambda grant: shifts.x_report(app.till, grant))
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif isinstance(result, shifts.XReading):
        text = slip_text(app, result)
        await Ask(SlipScreen(_("X: the shift's figures so far"), text))


async def count_drawer(app: TillApp, title: str, lines: list[str] | None = None) -> Counted | None:
    """The blind count: by total or note by note, the other tenders, and what is handed up."""
    values = await Ask(CountScreen(app.till, title, lines or []))
    if values is None:
        return None
    counted = {
        name.removeprefix("tender:"): cast("int | None", value)
        for name, value in values.items()
        if name.startswith("tender:")
    }
    pieces = {
        int(name.removeprefix("face:")): cast("int", value)
        for name, value in values.items()
        if name.startswith("face:") and value is not None
    }
    by_note = any(name.startswith("face:") for name in values)
    if by_note and not pieces:
        counted[CASH] = 0
    return Counted(counted, pieces or None, cast("int | None", values[HANDED_UP]))


async def shift_close(app: TillApp, sale: SaleScreen) -> None:
    """交班: count, compare, split, receiver, slip; then the next cashier signs on."""
    from pos.ui.flows.registry import Outcome

    if not app.till.shift_no:
        sale.error(_("No shift is open"))
        return
    count = await count_drawer(app, _("Hand the shift over: count the drawer"))
    if count is None:
        return
    receiver = await Ask(
        EntryScreen(
            _("Hand over"),
            parsing.words,
            label=_("Received by (number, may be empty)"),
            letters=True,
            empty="",
        )
    )
    if receiver is None:
        return
    refusal = shifts.check_receiver(app.till, receiver)
    if refusal is not None:
        sale.error(refusal_text(refusal))
        return
    pieces = None
    if app.till.settings.stock.daily_total:
        from pos.ui.flows.goods_daily import daily_totals

        pieces = await daily_totals(app, receiver)
        receiver = pieces.receiver_id if pieces is not None else receiver
    result = await approved(
        app,
        lambda grant: shifts.close_shift(
            app.till,
            count.counted,
            denominations=count.denominations,
            handed_up_minor=count.handed_up_minor,
            receiver_id=receiver,
            approval=grant,
            pieces=pieces,
        ),
    )
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif isinstance(result, shifts.ShiftClosed) and await written(sale, result.saved):
        app.drop_scans()
        await Ask(SlipScreen(_("The shift is handed over"), slip_text(app, result)))
        sale.finish(Outcome.SHIFT_CLOSED)


async def day_close(app: TillApp, sale: SaleScreen) -> None:
    """日结: open items, count, Z."""
    from pos.ui.flows.registry import Outcome

    if not app.till.business_day:
        sale.error(_("No business day is open: open one first"))
        return
    items = open_items(app.till)
    screen = DayCloseScreen(app.till.business_day, items, shift_open=bool(app.till.shift_no))
    tell_of_stock(app, screen)
    choice = await Ask(screen)
    if choice is not None and await close_day(app, sale, counted=choice == "count", forced=False):
        sale.finish(Outcome.DAY_CLOSED)


def tell_of_stock(app: TillApp, screen: DayCloseScreen | ForgottenCloseScreen) -> None:
    """Say on the screen where the books of goods do not add up, once it is known (STK-17).

    A large shop's books take a second: keys that are typed meanwhile are the screen's already.
    """
    till, loop = app.till, asyncio.get_running_loop()

    def read() -> None:
        found = day_proof.reconcile_now(till)
        if not found.adds_up:
            lines = stock_lines(till, found, closing=True)
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(app.run_inside, lambda: screen.say_stock(lines))

    app.off_loop(read)


async def close_day(app: TillApp, screen: TillScreen[Any], *, counted: bool, forced: bool) -> bool:
    """Count when asked to, write the Z and show it; whether the day is closed."""
    from pos.services.goods import counting

    counting.flush(app.till)  # what was scanned of a count goes up with this day
    count = Counted({}, None, None)
    if counted and app.till.shift_no:
        title = _("Close business day {day}").format(day=app.till.business_day)
        typed = await count_drawer(app, title)
        if typed is None:
            return False
        count = typed
    pieces = None
    if till_counts_pieces(app, forced=forced):
        from pos.ui.flows.goods_daily import last_totals

        pieces = await last_totals(app, counted=counted)
    result = await approved(
        app,
        lambda grant: shifts.close_day(
            app.till,
            count.counted,
            denominations=count.denominations,
            handed_up_minor=count.handed_up_minor,
            approval=grant,
            forced=forced,
            pieces=pieces,
        ),
    )
    if isinstance(result, Refusal):
        screen.error(refusal_text(result))
    if not isinstance(result, shifts.DayClosed) or not await written(screen, result.saved):
        return False
    await Ask(SlipScreen(_("The business day is closed"), slip_text(app, result)))
    return True


def till_counts_pieces(app: TillApp, *, forced: bool) -> bool:
    """Whether pieces are asked for: a shift ends now. A day made good later has no pieces any more."""
    return bool(app.till.settings.stock.daily_total and app.till.shift_no and not forced)


def slip_text(
    app: TillApp, slip: shifts.XReading | shifts.ShiftClosed | shifts.DayClosed
) -> list[str]:
    """The slip, line for line as it is printed."""
    columns = reporting.facts_of(app.till).columns
    return printing.preview_text(slip.document, columns, app.till.settings).splitlines()


async def written(screen: TillScreen[Any], saved: Any) -> bool:
    """Wait for the disk; say loudly when it refused."""
    try:
        await Saved(saved)
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the cashier is told
        screen.error(_("Not written to disk: {why}").format(why=clean(str(error))))
        return False
    return True
