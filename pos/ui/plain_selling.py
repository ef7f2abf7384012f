"""Selling and paying in the line mode."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any

from drivers.ports import PaymentState
from pos.domain.cart import EntryMethod, Refusal
from pos.domain.item import Item
from pos.domain.tender import CASH, Tender, TenderState
from pos.i18n import gettext as _
from pos.services import (
    catalogue,
    checkout,
    payment_terminal,
    printing,
    reporting,
    shifts,
)
from pos.services.context import Grant
from pos.ui import parsing
from pos.ui.plain_base import Prompt
from pos.ui.plain_goods import PlainGoods
from pos.ui.plain_quiet import ask_clock, quiet_moment
from pos.ui.plain_words import HELP
from pos.ui.scan_router import ScanEvent, shown_code
from pos.ui.terminal_words import why_declined
from pos.ui.texts import amount_text, named, price_text, unknown_text


class PlainSelling(PlainGoods):
    """The sale as lines of text."""

    async def sell(self) -> str:
        """Sell until the cashier leaves; `quit` ends the program."""
        while True:
            await quiet_moment(self)
            entry = await Prompt(">", scans=True)
            if isinstance(entry, ScanEvent):
                code, number = entry.data, entry.symbology_id
                scan = partial(checkout.scan, self.till, code, number, at_ns=entry.at_monotonic_ns)
                await self._entered(scan, shown_code(entry))
                continue
            word, _space, rest = entry.partition(" ")
            if word in ("quit", "q", "off") and self.till.sale.empty:
                return "quit" if word != "off" else "off"
            if word in ("hand", "close") and await self.close(word):
                return "off"
            await self._command(word, rest, entry)

    async def _command(self, word: str, rest: str, entry: str) -> None:
        commands: dict[str, Callable[[str], Coroutine[Any, Any, None]]] = {
            "": self._list,
            "help": self._help,
            "?": self._help,
            "pay": self._pay,
            "void": self._void,
            "undo": self._undo,
            "cancel": self._cancel,
            "park": self._park,
            "recall": self._recall,
            "price": self._price,
            "find": self._find,
            "again": self._again,
            "x": self._x,
            "clock": self._clock,
            "+": self._more,
            "-": self._less,
        }
        if word in commands:
            await commands[word](rest)
        elif entry.startswith("*"):
            await self._quantity(entry[1:])
        else:
            await self._typed(entry)

    @property
    def _last_no(self) -> int:
        last = self.till.sale.cart.last
        return last.line_no if last is not None else 0

    async def _list(self, _rest: str) -> None:
        self.show_sale()

    async def _help(self, _rest: str) -> None:
        for key, words in HELP.items():
            self.say(f"{key:<10} {_(words)}")

    async def _clock(self, _rest: str) -> None:
        await ask_clock(self)

    async def _void(self, rest: str) -> None:
        wanted = int(rest) if rest.isdigit() else self._last_no
        reason = await self.reason(self.till.settings.reasons.void_line)
        await self.change(lambda grant: checkout.void_line(self.till, wanted, reason, grant))

    async def _undo(self, _rest: str) -> None:
        await self.change(lambda grant: checkout.undo(self.till, grant))

    async def _cancel(self, _rest: str) -> None:
        reason = await self.reason(self.till.settings.reasons.void_sale)
        await self.change(lambda grant: checkout.cancel_sale(self.till, reason, grant))

    async def _park(self, rest: str) -> None:
        self.show(checkout.park(self.till, rest))

    async def _again(self, _rest: str) -> None:
        await self.change(lambda grant: printing.reprint_last(self.till, grant))

    async def _more(self, _rest: str) -> None:
        self.show(checkout.increment(self.till, self._last_no))

    async def _less(self, _rest: str) -> None:
        result = await self.approved(
            lambda grant: checkout.decrement(self.till, self._last_no, grant)
        )
        if isinstance(result, checkout.AskVoid):
            await self._void("")
        else:
            self.show(result)

    async def _find(self, rest: str) -> None:
        for hit in catalogue.search(self.till, rest):
            price = hit.item.unit_price_e4
            shown = "–" if price is None else price_text(price)
            self.say(f"{hit.item.item_code} {named(hit.item.name, hit.item.name_en)} {shown}")

    async def _x(self, _rest: str) -> None:
        self.slip(await self.approved(lambda grant: shifts.x_report(self.till, grant)))

    async def _typed(self, entry: str) -> None:
        times, star, code = entry.partition("*")
        if star and code:
            try:
                checkout.set_next_quantity(self.till, parsing.quantity(times))
            except parsing.TypedError as error:
                self.say(f"✗ {error}")
                return
        else:
            code = entry
        await self._entered(partial(checkout.scan, self.till, code, keyed=True), code)

    async def _entered(self, action: Callable[[], object], code: str) -> None:
        given: list[Grant] = []
        result = await self.entry(action, given)
        if result is None:
            return
        if isinstance(result, checkout.WeightNeeded):
            weight = await self.value(_("Weight"), parsing.quantity)
            if weight:
                method = EntryMethod.WEIGHED
                item = result.item.item_code
                add = partial(checkout.add_item, self.till, item, weight, entry_method=method)
                self.show(await self.entry(add, given))
        elif isinstance(result, checkout.PriceNeeded):
            await self._open_price(result.item, result.barcode)
        elif isinstance(result, checkout.UnknownCode):
            self._write("\a")
            self.say(f"✗ {result.shown} {unknown_text(result)}")
            for number, one in enumerate(catalogue.departments(self.till), start=1):
                self.say(f"  {number} {named(one.name, one.name_en)}")
            choice = await self.ask(_("Department (empty leaves it)"))
            listed = catalogue.departments(self.till)
            if choice.isdigit() and 1 <= int(choice) <= len(listed):
                await self._open_price(listed[int(choice) - 1], result.shown)
        elif isinstance(
            result, (checkout.BatchToSee, checkout.BatchNeeded, checkout.SerialNeeded)
        ):
            await self.tracked(result, given)
        else:
            self.show(result, code)

    async def _open_price(self, item: Item, code: str) -> None:
        price = await self.value(_("Unit price"), parsing.price)
        if price:
            sell = checkout.sell_unknown_as_department
            self.show(
                await self.approved(
                    lambda grant: sell(self.till, code, item.item_code, price, approval=grant)
                )
            )

    async def _quantity(self, text: str) -> None:
        try:
            wanted = parsing.quantity(text)
        except parsing.TypedError as error:
            self.say(f"✗ {error}")
            return
        await self.change(
            lambda grant: checkout.change_quantity(self.till, self._last_no, wanted, grant)
        )

    async def _price(self, text: str) -> None:
        try:
            price = parsing.price(text)
        except parsing.TypedError as error:
            self.say(f"✗ {error}")
            return
        reason = await self.reason(self.till.settings.reasons.price_override)
        await self.change(
            lambda grant: checkout.override_price(self.till, self._last_no, price, reason, grant)
        )

    async def _recall(self, _rest: str) -> None:
        waiting = checkout.parked(self.till)
        for number, one in enumerate(waiting, start=1):
            self.say(f"{number} {one.begun_at[11:16]} {one.label} {amount_text(one.total_minor)}")
        choice = await self.ask(_("Number"))
        if choice.isdigit() and 1 <= int(choice) <= len(waiting):
            self.show(checkout.recall(self.till, waiting[int(choice) - 1].sale_uuid))

    # ------------------------------------------------------------ paying

    async def _pay(self, text: str) -> None:
        if not (await self.settled() and await self.large_goods()):
            return
        started = checkout.start_payment(self.till)
        if isinstance(started, Refusal):
            self.show(started)
            return
        while True:
            payment = self.till.sale.payment
            if payment is None:
                return
            if payment.remaining_minor == 0 and not payment.pending:
                break
            if payment.pending:
                await self._pending(payment.pending[-1])
                if payment.pending == (self.till.sale.payment or payment).pending:
                    return
                continue
            if not text:
                self.say(
                    _("Remaining {amount}").format(amount=amount_text(payment.remaining_minor))
                )
                text = await self.ask(_("Cash, or amount * tender number; - goes back"))
            if text == "-":
                if payment.tenders:
                    self.show(checkout.remove_last_tender(self.till))
                else:
                    checkout.back(self.till)
                    return
            else:
                await self._tender(text)
            text = ""
        done = checkout.complete(self.till)
        if isinstance(done, Refusal):
            self.show(done)
            return
        done.saved.result()
        self.done = done.transaction
        self.say(f"✓ {done.transaction.transaction_no}")
        self.say(f"{_('Change')} {amount_text(done.change_minor)}")

    async def _tender(self, text: str) -> None:
        typed, _star, number = text.replace(" ", "").partition("*")
        kinds = {str(kind.number): kind.id for kind in self.till.tender_types}
        kind = kinds.get(number, "") if number else CASH
        try:
            amount = parsing.amount(typed) if typed else None
        except parsing.TypedError as error:
            self.say(f"✗ {error}")
            return
        result: checkout.TenderAdded | Refusal | None = await self.approved(
            lambda grant: checkout.tender(self.till, kind, amount, approval=grant)
        )
        if isinstance(result, Refusal):
            self.show(result)
        elif result is not None and result.tender.state is TenderState.PENDING:
            await self._pending(result.tender, result.saved)

    async def _pending(self, tender: Tender, saved: Future[Any] | None = None) -> None:
        if not payment_terminal.is_terminal(self.till, tender.tender_type):
            await self._decide(tender.tender_no)
            return
        call = payment_terminal.call(self.till, tender, saved)
        if isinstance(call, Refusal):
            self.show(call)
            return
        self.say("… " + _("The customer pays at the terminal …"))
        while True:
            answer = call.result.result()
            if answer.state in (PaymentState.APPROVED, PaymentState.DECLINED):
                settled = payment_terminal.settle(self.till, tender.tender_no, answer)
                self.show(settled if isinstance(settled, Refusal) else None)
                if answer.state is PaymentState.DECLINED:
                    self.say("✗ " + why_declined(answer))
                return
            words = f"1 {_('Ask the terminal again')}  2 {_('Uncertain')}"
            if await self.ask(words) == "2":
                await self.change(
                    lambda grant: checkout.decide(
                        self.till, tender.tender_no, TenderState.UNDECIDED, "", grant
                    )
                )
                return
            call.ask_again()

    async def _decide(self, tender_no: int) -> None:
        states = (TenderState.RECEIVED, TenderState.FAILED, TenderState.UNDECIDED)
        words = f"1 {_('Received')}  2 {_('Not received')}  3 {_('Uncertain')}"
        answer = await self.ask(words)
        if answer in ("1", "2", "3"):
            state = states[int(answer) - 1]
            self.show(
                await self.approved(
                    lambda grant: checkout.decide(self.till, tender_no, state, "", grant)
                )
            )

    # ------------------------------------------------------------ closes

    async def close(self, word: str) -> bool:
        """Hand the shift over (`hand`) or close the day; whether it is closed."""
        counted = await self.value(_("Cash counted (empty: not counted)"), parsing.amount)
        handed = await self.value(_("Of the cash, handed up"), parsing.amount)
        close: Any = shifts.close_shift if word == "hand" else shifts.close_day
        result = await self.approved(
            lambda grant: close(self.till, {CASH: counted}, handed_up_minor=handed, approval=grant)
        )
        if result is None or isinstance(result, Refusal):
            self.show(result)
            return False
        result.saved.result()
        self.slip(result)
        return True

    def slip(self, result: Any) -> None:
        document = getattr(result, "document", None)
        if document is None:
            self.show(result)
            return
        columns = reporting.facts_of(self.till).columns
        self._write(printing.preview_text(document, columns, self.till.settings))
