"""The whole day as one story: sign-on, business day, what a power cut left, selling, and again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.sign_on import DemoPerson, SignOnScreen
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def whole_day(app: TillApp) -> int:
    """Runs until the program is left; the answer is its exit code.

    What comes after sign-on is loaded after its screen stands, here or before (see `pos run`).
    """
    from pos.ui.flows import clock

    if app.till.authority:
        from pos.ui.flows.roll import roll_day

        return await roll_day(app)
    first = True
    while True:
        await clock.ask_once(app)
        if app.till.operator is None:
            answer = await Ask(SignOnScreen(app.till, demo_people(app)))
            if answer == "quit":
                return 0
        from pos.ui.flows.opening import ready_to_trade
        from pos.ui.flows.registry import SWITCH_TRAINING, Outcome
        from pos.ui.screens.sale import SaleScreen

        if not await ready_to_trade(app):
            sign_off(app)
            continue
        if keeps_goods(app):
            from pos.ui.screens.goods_home import GoodsHomeScreen

            outcome = await Ask(GoodsHomeScreen(app.till)) or Outcome.SIGN_OFF
        else:
            sale = SaleScreen(app.till)
            say_unbooked(app, sale)
            if first:
                await recover(app)
                first = False
            outcome = await Ask(sale)
        if outcome is Outcome.TRAINING:
            return SWITCH_TRAINING
        if outcome is Outcome.QUIT:
            if app.till.sale.empty:
                sign_off(app)
            return 0
        if outcome is not Outcome.DAY_CLOSED or app.till.operator is not None:
            sign_off(app)


def say_unbooked(app: TillApp, sale: SaleScreen) -> None:
    """What keeps this till from selling, and who may waive it, before somebody scans in vain."""
    if app.till.unbooked:
        from pos.ui.flows.goods_stock import who_may_waive

        words = _("Nothing is sold before the opening count is posted; may waive: {roles}")
        sale.band.show_error(words.format(roles=who_may_waive(app.till)))


def keeps_goods(app: TillApp) -> bool:
    """Whether whoever is signed on receives goods and does not sell: their home is the goods'."""
    operator = app.till.operator
    return (
        operator is not None
        and operator.role.may("stock.receive")
        and not operator.role.may("sale.sell")
    )


def demo_people(app: TillApp) -> list[DemoPerson]:
    """A demo shop's people with their PINs; nobody in a real one."""
    if not app.demo:
        return []
    from pos.services import operators

    people = []
    for person in operators.demo_operators(app.till):
        role = app.till.roles.get(person.role)
        people.append(
            DemoPerson(
                number=person.operator_id,
                names=(person.name, person.name_en),
                roles=(role.name_zh, role.name_en) if role is not None else ("", ""),
                pin=person.pin,
            )
        )
    return people


def sign_off(app: TillApp) -> None:
    """Nobody is signed on; the screen speaks the shop's language again."""
    from pos.services import customer_display, operators

    if app.till.operator is not None:
        operators.sign_off(app.till)
    customer_display.clear(app.till)
    app.use_language(app.till.settings.ui.language)


async def recover(app: TillApp) -> None:
    """What the last life of this till left behind (rule 6)."""
    from pos.services import checkout, printing
    from pos.ui.screens.reason import ReasonScreen
    from pos.ui.screens.recovery import RecoveryScreen, UnprintedScreen

    left = checkout.recover(app.till)
    if left.receipt_job_id and await Ask(UnprintedScreen(left)) == "print":
        result = printing.print_receipt(app.till, left.last_transaction_no)
        if isinstance(result, Refusal):
            # Perhaps it came out half: what is printed now is marked as a copy.
            printing.resolve_unknown(app.till, left.receipt_job_id, printed=False)
    if left.open_cart is None:
        return
    while True:
        answer = await Ask(RecoveryScreen(left))
        if answer == "resume":
            checkout.resume_recovered(app.till)
            return
        reasons = app.till.settings.reasons.void_sale
        reason = await Ask(ReasonScreen(_("Give up the whole sale?"), reasons))
        if reason is None:
            continue
        cancel = partial(checkout.cancel_recovered, app.till, reason)
        cancelled = await approved(app, cancel)
        if isinstance(cancelled, checkout.Cancelled):
            return
        if isinstance(cancelled, Refusal):
            from pos.ui.screens.choose import Choice, ChooseScreen

            await Ask(
                ChooseScreen(
                    _("Not possible"), [Choice(1, _("OK"), "ok")], lines=[refusal_text(cancelled)]
                )
            )
