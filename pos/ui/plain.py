"""`pos run --plain`: the till as lines of text, over the same services.

For screen readers, for consoles that show no Chinese, and for rescue. One line in, one answer out;
no colours, no cursor. `help` lists what can be typed. Weights are typed as the scale shows them: a
question cannot change under the eyes, or the voice, of the one who answers it.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import termios
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.i18n import ngettext, set_language
from pos.services import checkout, customer_display, operators, shifts
from pos.services.context import NeedsApproval, Till
from pos.ui import parsing
from pos.ui.plain_base import Prompt
from pos.ui.plain_quiet import quiet_moment
from pos.ui.plain_selling import PlainSelling
from pos.ui.scan_router import ScanEvent, shown_code
from pos.ui.texts import amount_text, named, pin_refusal_text


class PlainTill(PlainSelling):
    """Feed it lines with `line` and scans with `post_scan`; it writes answers with `write`."""

    def __init__(self, till: Till, write: Callable[[str], object], *, demo: bool = False) -> None:
        super().__init__(till, write)
        self.demo = demo
        self.ended = False
        self._story: Coroutine[Any, Any, None] = self._day()
        self._prompt: Prompt | None = None
        self._waiting: deque[ScanEvent] = deque()

    @property
    def hidden(self) -> bool:
        """Whether what is typed next is a PIN."""
        return self._prompt is not None and self._prompt.hidden

    def start(self) -> None:
        """Begin at sign-on."""
        set_language(self.till.settings.ui.language)
        self._step(None)

    def line(self, text: str) -> None:
        """One typed line."""
        self._step(text.strip())

    def post_scan(self, scan: ScanEvent) -> None:
        """A scan: taken in the sale, kept while something else is asked, refused before sign-on."""
        if self._prompt is not None and self._prompt.scans:
            self._step(scan)
        elif self.till.operator is None or not self.till.business_day:
            self.say("✗ " + shown_code(scan) + " " + _("Not scanned: this screen takes no codes"))
        else:
            self._waiting.append(scan)
            waiting = len(self._waiting)
            text = ngettext(
                "{count} scan waits for the sale", "{count} scans wait for the sale", waiting
            )
            self.say(text.format(count=waiting))

    def _step(self, answer: object) -> None:
        if self.ended:
            return
        try:
            while True:
                self._prompt = self._story.send(answer)
                if not (self._prompt.scans and self._waiting):
                    break
                answer = self._waiting.popleft()
        except StopIteration:
            self.ended = True
            customer_display.clear(self.till)
            return
        self._show_customer()
        self._write(self._prompt.words + " ")

    def _show_customer(self) -> None:
        """The customer's display says what stands after each answer, as the full screen's does."""
        if self.till.operator is None:
            self.done = None
            customer_display.clear(self.till)
        else:
            if self.till.sale.cart.lines:
                self.done = None
            customer_display.show_sale(self.till, self.till.sale.cart.last, self.done)

    # ------------------------------------------------------------ the day

    async def _day(self) -> None:
        self.say(_("Plain till. Type help for the commands."))
        recovered = False
        while True:
            await quiet_moment(self)
            if self.till.operator is None and not await self._sign_on():
                return
            if await self._open_day():
                if not recovered:
                    recovered = True
                    await self._recover()
                if await self.sell() == "quit":
                    return
            operators.sign_off(self.till)
            set_language(self.till.settings.ui.language)

    async def _sign_on(self) -> bool:
        if self.demo:
            for one in operators.demo_operators(self.till):
                self.say(f"{one.operator_id} {named(one.name, one.name_en)} PIN {one.pin}")
        number = await self.ask(_("Operator's number"))
        if number in ("", "quit", "q"):
            return False
        pin = await self.ask(_("PIN"), hidden=True)
        result = operators.sign_on(self.till, number, pin)
        if isinstance(result, Refusal):
            self.say("✗ " + pin_refusal_text(result))
            return await self._sign_on()
        self.say("✓ " + result.operator.name)
        return True

    async def _open_day(self) -> bool:
        state = shifts.day_state(self.till)
        if not state.business_day:
            day = await self.ask(f"{_('Business day')} [{state.suggested_day}]")
            cash = await self.value(_("Opening cash"), parsing.amount)
            result: Any = await self.approved(
                lambda grant: shifts.open_day(
                    self.till, day or state.suggested_day, cash or 0, grant
                )
            )
        elif not state.shift_no:
            cash = await self.value(_("Opening cash"), parsing.amount)
            result = shifts.open_shift(self.till, cash or 0)
        else:
            return True
        if result is None or isinstance(result, Refusal | NeedsApproval):
            self.show(result)
            return False
        result.saved.result()
        return True

    async def _recover(self) -> None:
        left = checkout.recover(self.till)
        if left.receipt_job_id:
            self.say(
                _("{number} is complete, change {change}, receipt not printed").format(
                    number=left.last_transaction_no, change=amount_text(left.last_change_minor)
                )
            )
        if left.open_cart is None:
            return
        total = amount_text(left.open_cart.total_minor)
        self.say(
            ngettext(
                "A sale was open: {count} line, total {total}",
                "A sale was open: {count} lines, total {total}",
                len(left.open_cart.lines),
            ).format(count=len(left.open_cart.lines), total=total)
        )
        answer = await self.ask("1 " + _("Continue this sale") + "  2 " + _("Cancel sale"))
        if answer == "2":
            reason = await self.reason(self.till.settings.reasons.void_sale)
            cancelled = await self.approved(
                lambda grant: checkout.cancel_recovered(self.till, reason, grant)
            )
            if isinstance(cancelled, checkout.Cancelled):
                return
            self.show(cancelled)
        checkout.resume_recovered(self.till)
        self.show_sale()


@contextlib.contextmanager
def _echo(*, on: bool) -> Iterator[None]:
    """Keep a PIN off the terminal while it is typed; anything but a terminal is left alone."""
    if on or not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    silent = [*before]
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        sys.stdout.write("\n")


def run_plain(
    till: Till,
    on_ready: Callable[[PlainTill], None] | None = None,
    refresh_status: Callable[[Till], object] | None = None,
) -> None:
    """Trade on the lines of this terminal until the end of input or `quit`.

    `on_ready` is called on the running loop, to hand scans in with `post_scan`; `refresh_status`
    between two lines while no sale is open.
    """

    def write(text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()

    async def trade() -> None:
        plain = PlainTill(till, write)
        plain.refresh_status = refresh_status
        loop = asyncio.get_running_loop()
        plain.start()
        if on_ready is not None:
            on_ready(plain)
        while not plain.ended:
            with _echo(on=not plain.hidden):
                text = await loop.run_in_executor(None, sys.stdin.readline)
            if not text:
                return
            plain.line(text)

    asyncio.run(trade())
