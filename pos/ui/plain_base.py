"""The ground of the line mode: questions, values, reasons, approvals, answers in words."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import approvals, checkout
from pos.services.context import Grant, NeedsApproval, Till
from pos.ui import parsing
from pos.ui.plain_words import line_words, sale_words
from pos.ui.texts import advice_text, amount_text, labelled, named, pin_refusal_text, refusal_text

if TYPE_CHECKING:
    from pos.config import Reason
    from pos.domain.sale import Transaction


_ONLY_FULL = checkout.ReceiptFound | checkout.PaymentCodeSeen | checkout.CommandFound


class Prompt:
    """Await it: the next line typed; in the sale a scan answers too."""

    def __init__(self, words: str, *, scans: bool, hidden: bool = False) -> None:
        self.words = words
        self.scans = scans
        self.hidden = hidden

    def __await__(self) -> Generator[Prompt, Any, Any]:
        return (yield self)


class PlainBase:
    """What every question and answer of the line mode needs."""

    def __init__(self, till: Till, write: Callable[[str], object]) -> None:
        self.till = till
        self._write = write
        self.refresh_status: Callable[[Till], object] | None = None
        """Brings the facts up to date between two lines, as the screen's tick does."""

        self.backup_told = False
        self.done: Transaction | None = None
        """The sale just closed, until the customer's display shows another."""

    def say(self, text: str) -> None:
        """Write one line."""
        self._write(text + "\n")

    async def ask(self, words: str, *, hidden: bool = False) -> str:
        """Ask for one line; a hidden one is not shown while it is typed."""
        answer: str = await Prompt(labelled(words, "").rstrip(), scans=False, hidden=hidden)
        return answer

    async def value(self, words: str, parse: Callable[[str], int]) -> int | None:
        """Ask for a number until it is one; None for an empty line."""
        while True:
            text = await self.ask(words)
            if not text:
                return None
            try:
                return parse(text)
            except parsing.TypedError as error:
                self.say(f"✗ {error}")

    async def reason(self, reasons: tuple[Reason, ...]) -> str:
        """One of the shop's reasons, the first when nothing is chosen."""
        listed = "  ".join(
            f"{number} {named(one.name, one.name_en)}"
            for number, one in enumerate(reasons, start=1)
        )
        answer = await self.ask(f"{_('Reason')} {listed}")
        if answer.isdigit() and 1 <= int(answer) <= len(reasons):
            return reasons[int(answer) - 1].id
        return reasons[0].id if reasons else "other"

    async def change(self, action: Callable[[Grant | None], object]) -> None:
        """Do an action, with an approval where one is needed, and show what came of it."""
        self.show(await self.approved(action))

    async def approved(self, action: Callable[[Grant | None], Any]) -> Any:
        """The action's result, after an approval where one is needed; None = given up."""
        result = action(None)
        while isinstance(result, NeedsApproval):
            self.say(_("Another person signs for this one action."))
            number = await self.ask(_("Approver's number"))
            if not number:
                return None
            pin = await self.ask(_("PIN"), hidden=True)
            grant = approvals.grant(
                self.till,
                result.right,
                number,
                pin,
                detail=result.detail,
                limit_name=result.limit_name,
                limit_value=result.limit_value,
            )
            if isinstance(grant, Refusal):
                self.say("✗ " + pin_refusal_text(grant))
                continue
            result = action(grant)
        return result

    async def entry(self, action: Callable[[], object], given: list[Grant]) -> object:
        """An entry's result, with whatever approvals it asks for; None = given up, and it is said.

        What is signed is added to `given`: the entry's next question is answered with it too.
        """

        def act(grant: Grant | None) -> object:
            if grant is not None:
                given.append(grant)
            with approvals.offering(self.till, given):
                return action()

        result: object = await self.approved(act)
        if result is None:
            self.till.sale.next_quantity_milli = None
            self.say("✗ " + _("Not sold: nobody approved it"))
        return result

    def show(self, result: object, code: str = "") -> None:
        """Say what a service answered."""
        if isinstance(result, Refusal):
            self._write("\a")
            self.say(f"✗ {code} {refusal_text(result)}".replace("  ", " "))
        elif isinstance(result, checkout.LineAdded):
            self.say(line_words(result.line))
            if result.advice:
                self.say("! " + advice_text(result.advice))
            self.say(f"{_('Total')} {amount_text(self.till.sale.cart.total_minor)}")
        elif isinstance(result, _ONLY_FULL):
            self.say("✗ " + _("Use the full screen for this"))
        elif result is not None:
            self.show_sale()

    def show_sale(self) -> None:
        """Say the whole sale."""
        for words in sale_words(self.till):
            self.say(words)
