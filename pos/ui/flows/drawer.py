"""The drawer and the printer beside sales: no-sale, paid in and out, reprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.texts import amount_text, refusal_text

if TYPE_CHECKING:
    from pos.config import Reason
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def no_sale(app: TillApp, sale: SaleScreen) -> None:
    """Open the drawer without a sale: right and reason."""
    from pos.services import cash

    reason = await Ask(ReasonScreen(_("Open the drawer: why?"), app.till.settings.reasons.no_sale))
    if reason is None:
        return
    result = await approved(app, lambda grant: cash.no_sale(app.till, reason, grant))
    _say(sale, result, _("The drawer is opened"))


async def paid_in(app: TillApp, sale: SaleScreen) -> None:
    """Put money into the drawer."""
    from pos.services import cash

    typed = await _amount_and_reason(_("Paid in"), app.till.settings.reasons.paid_in)
    if typed is None:
        return
    amount, reason = typed
    result = await approved(
        app, lambda grant: cash.paid_in(app.till, amount, reason, grant), amount_text(amount)
    )
    _say(sale, result, _("Paid in {amount}").format(amount=amount_text(amount)))


async def paid_out(app: TillApp, sale: SaleScreen) -> None:
    """Take money from the drawer."""
    from pos.services import cash

    typed = await _amount_and_reason(_("Paid out"), app.till.settings.reasons.paid_out)
    if typed is None:
        return
    amount, reason = typed
    result = await approved(
        app, lambda grant: cash.paid_out(app.till, amount, reason, grant), amount_text(amount)
    )
    _say(sale, result, _("Paid out {amount}").format(amount=amount_text(amount)))


async def _amount_and_reason(title: str, reasons: tuple[Reason, ...]) -> tuple[int, str] | None:
    amount = await Ask(EntryScreen(title, parsing.amount, label=_("Amount")))
    if amount is None:
        return None
    reason = await Ask(ReasonScreen(title, reasons, [amount_text(amount)]))
    return None if reason is None else (amount, reason)


async def reprint(app: TillApp, sale: SaleScreen) -> None:
    """Print the last receipt again, marked and counted."""
    from pos.services import printing

    result = await approved(app, lambda grant: printing.reprint_last(app.till, grant))
    number = app.till.last_transaction_no
    _say(sale, result, _("Printing {number} again").format(number=number))


def _say(sale: SaleScreen, result: object, done: str) -> None:
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif result is not None:
        sale.note(done)


async def receipt_toggle(app: TillApp, sale: SaleScreen) -> None:
    """Receipts always, asked for or off, until the program is left."""
    now = app.till.receipt_printing or app.till.settings.receipt.printing
    modes = (
        ("always", _("Always print")),
        ("ask", _("Ask after payment")),
        ("off", _("Print none")),
    )
    chosen = await Ask(
        ChooseScreen(
            _("Receipt"),
            [Choice(number, words, mode) for number, (mode, words) in enumerate(modes, start=1)],
            marked=[mode for mode, _words in modes].index(now),
        )
    )
    if chosen is not None:
        app.till.receipt_printing = chosen
        sale.note(_("Receipts: {mode}").format(mode=dict(modes)[chosen]))
