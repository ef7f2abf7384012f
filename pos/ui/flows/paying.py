"""Paying: from the subtotal to the committed sale, or back to the goods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import checkout
from pos.ui.flow import Ask
from pos.ui.flows import goods_at_sale, goods_tasks
from pos.ui.texts import refusal_text

_LONG_RECEIPT_LINES = 15
"""The sensor warns with a metre or two to go; a receipt of so many lines is half a metre."""

if TYPE_CHECKING:
    from pos.services.context import Till
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def pay(app: TillApp, sale: SaleScreen) -> None:
    """Take the money; the sale shows the change, or what a scan at payment meant."""
    from pos.ui.screens.payment import Paid, PaymentScreen

    if sale.unknown is not None:
        sale.error(
            _("An unknown code is not dealt with: Enter chooses, - leaves it"), sale.unknown.shown
        )
        return
    while True:
        if not await goods_at_sale.settle(app, sale):
            sale.refresh_sale()
            return
        if not await goods_tasks.at_tender(app, sale):
            sale.refresh_sale()
            return
        started = checkout.start_payment(app.till)
        if isinstance(started, Refusal):
            sale.show_result(started)
            return
        screen = PaymentScreen(app.till)
        if paper_may_not_last(app.till):
            app.ring()
            screen.note(
                _("The paper is nearly out and this receipt is long: have a roll ready"), "!"
            )
        answer = await Ask(screen)
        if isinstance(answer, Paid) or not goods_to_settle(answer.result):
            break
    if isinstance(answer, Paid):
        sale.sale_finished(answer.completion)
        if answer.completion.ask_receipt:
            await ask_receipt(app, sale, answer.completion.transaction.transaction_no)
    elif answer.result is not None:
        sale.show_result(answer.result, answer.code)
    else:
        sale.refresh_sale()


def goods_to_settle(result: object) -> bool:
    """Whether payment was refused for goods that must be put right first: a hold came meanwhile."""
    return isinstance(result, Refusal) and result.code.startswith("gap_")


def paper_may_not_last(till: Till) -> bool:
    """Whether the printer warned of its roll's end before a receipt that may need all of it."""
    return till.status.printer == "near_end" and len(till.sale.cart.lines) >= _LONG_RECEIPT_LINES


async def ask_receipt(app: TillApp, sale: SaleScreen, transaction_no: str) -> None:
    """The setting says `ask`: print when the customer wants it."""
    from pos.services import printing
    from pos.ui.screens.choose import yes_no

    wanted = await Ask(
        yes_no(
            _("Receipt"),
            [_("Does the customer want a receipt?")],
            yes=_("Print"),
            no=_("No receipt"),
        )
    )
    settle = printing.print_receipt if wanted else printing.decline_receipt
    result = settle(app.till, transaction_no)
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
