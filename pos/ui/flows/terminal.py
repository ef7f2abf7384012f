"""Paying at the terminal, told step by step: pending on disk, asked, settled, or in doubt."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from drivers.ports import PaymentResult, PaymentState
from pos.domain.cart import Refusal
from pos.domain.tender import Tender, TenderState
from pos.i18n import gettext as _
from pos.services import checkout, payment_terminal, reversals
from pos.services.payment_terminal import TerminalCall
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.terminal_payment import Doubt, TerminalPaymentScreen
from pos.ui.terminal_words import why_declined
from pos.ui.texts import amount_text, named, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.base import TillScreen


def tender_name(app: TillApp, tender_type: str) -> str:
    """Name of a tender type in the language of the screen."""
    kind = app.till.tender_type(tender_type)
    return named(kind.name, kind.name_en) if kind is not None else tender_type


class AtTerminal:
    """The payments of one sale that are on their way; a second look continues the first call."""

    def __init__(self, app: TillApp, screen: TillScreen[Any]) -> None:
        self._app = app
        self._screen = screen
        self._calls: dict[str, TerminalCall] = {}

    async def settle(
        self, tender: Tender, saved: Future[Any] | None = None, code: str = ""
    ) -> None:
        """Wait for the terminal and book what it says; the sale's tenders are as they are then."""
        answer = await self._answer(tender, saved, code)
        till = self._app.till
        if answer is None or answer is Doubt.WAIT:
            return
        if answer is Doubt.UNCERTAIN:
            decided = await approved(
                self._app,
                lambda grant: checkout.decide(
                    till, tender.tender_no, TenderState.UNDECIDED, "", grant
                ),
            )
            if isinstance(decided, Refusal):
                self._screen.error(refusal_text(decided))
            return
        self._calls.pop(tender.reference, None)
        settled = payment_terminal.settle(till, tender.tender_no, answer)
        if isinstance(settled, Refusal):
            self._screen.error(refusal_text(settled))
        elif answer.state is PaymentState.DECLINED:
            self._screen.error(why_declined(answer))

    async def give_back(self, tender: Tender) -> None:
        """Pay a tender of this sale back that the terminal has charged, when the cashier says so."""
        from pos.ui.screens.choose import yes_no

        amount = amount_text(tender.amount_minor)
        wanted = await Ask(
            yes_no(
                tender_name(self._app, tender.tender_type),
                [_("The terminal has taken {amount} from the customer.").format(amount=amount)],
                yes=_("Pay it back at the terminal"),
                no=_("Leave it: it is paid"),
                marked=1,
            )
        )
        if not wanted:
            return
        begun = payment_terminal.give_back(self._app.till, tender.tender_no)
        if isinstance(begun, Refusal):
            self._screen.error(refusal_text(begun))
            return
        await self.settle(begun.tender, begun.saved)

    async def _answer(
        self, tender: Tender, saved: Future[Any] | None, code: str
    ) -> PaymentResult | Doubt | None:
        known = self._calls.get(tender.reference)
        if known is not None and saved is None:
            known.ask_again()
            call = known
        else:
            begun = payment_terminal.call(self._app.till, tender, saved, code)
            if isinstance(begun, Refusal):
                self._screen.error(refusal_text(begun))
                return None
            call = self._calls[tender.reference] = begun
        return await Ask(TerminalPaymentScreen(call, tender_name(self._app, tender.tender_type)))


async def refunds_of_void(
    app: TillApp, screen: TillScreen[Any], refunds: tuple[Tender, ...]
) -> dict[int, Tender] | None:
    """Pay each payment of a reversed sale back at the terminal; None when one did not go back."""
    done: dict[int, Tender] = {}
    for refund in refunds:
        call = payment_terminal.call(app.till, refund, reversals.begin_refund(app.till, refund))
        if isinstance(call, Refusal):
            screen.error(refusal_text(call))
            return None
        said = await Ask(TerminalPaymentScreen(call, tender_name(app, refund.tender_type)))
        if said is Doubt.WAIT:
            screen.error(_("Not reversed: the terminal has not paid back yet; try again"))
            return None
        answer = said if isinstance(said, PaymentResult) else None
        result: Tender | Refusal | None = await approved(
            app, partial(reversals.refunded, app.till, refund, answer)
        )
        if isinstance(result, Refusal):
            words = refusal_text(result) if answer is None else why_declined(answer)
            screen.error(words)
            return None
        if result is None:
            return None
        done[refund.tender_no] = result
    return done
