"""The sale screen: a scan paints its line, the total and the last goods, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, ClassVar

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import checkout, clock_watch, printing
from pos.services.checkout import Completion, UnknownCode
from pos.services.context import NeedsApproval, Till
from pos.ui import command_codes, parsing
from pos.ui.commands import FOOTER, FOOTER_IDLE, NAMES, key_name
from pos.ui.flows import clock, goods, goods_at_sale
from pos.ui.flows.entry_approval import approve_entry
from pos.ui.flows.print_queue import doubtful_slip
from pos.ui.flows.registry import STORIES
from pos.ui.keys import PadState, Verdict
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress
from pos.ui.screens.sale_view import SaleView
from pos.ui.text_grid import clean
from pos.ui.texts import (
    advice_text,
    named,
    other_language,
    refusal_text,
    unknown_text,
)
from pos.ui.widgets.pad_footer import Hint

_QUIET_S = 2.0
"""A question that is not about the sale waits until no key has come for this long."""

_GUARDED = frozenset({"void_last", "undo"})
"""Commands that do something final at once: never because a key is held down."""


class SaleScreen(SaleView, inherit_bindings=False):
    """Answers with what comes after selling: sign-off, hand-over, close of the day, quit."""

    CSS_PATH = "sale.tcss"
    scan_policy = ScanPolicy.TAKE
    has_commands: ClassVar[bool] = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._asked: set[str] = set()
        """Doubtful slips that were asked about: each is asked about once."""

    # ------------------------------------------------------------ what the pad means

    @property
    def pad_state(self) -> PadState:
        if self.typed:
            return PadState.SALE_DIGITS
        if self.unknown is not None:
            return PadState.SALE_UNKNOWN
        if self.till.sale.phase == "subtotal":
            return PadState.SUBTOTAL
        return PadState.SALE_EMPTY

    def renamed(self) -> dict[str, str]:
        return {"pay": _("Pay back")} if self.till.sale.cart.total_minor < 0 else {}

    def hints(self) -> list[Hint]:
        keymap = self.host.keymap
        found: list[Hint] = []
        idle = self.till.sale.empty and not self.typed
        if idle:
            found.append(("0 Enter", _("Functions: hand over, close day")))
            found += [(key_name(key), other_language()) for key in keymap.keys["language"][:1]]
        for command in FOOTER_IDLE if idle else FOOTER:
            keys = keymap.keys_for(command)
            if keys:
                found.append((key_name(keys[0]), _(NAMES[command][0])))
        return found

    # ------------------------------------------------------------ keys

    def pad(self, action: str, press: KeyPress) -> None:
        match action:
            case "type":
                self._type(press.text)
            case "clear":
                self._type(None)
            case "find_code":
                self._find_typed(press)
            case "next_quantity":
                self._next_quantity()
            case "refuse":
                self.error(_("This key does nothing here"), press.key)
            case "subtotal":
                self._subtotal()
            case "pay":
                self.command("pay", press)
            case "back":
                checkout.back(self.till)
                self.refresh_sale()
            case "unknown_options":
                self.guarded(press, self._unknown_options)
            case "dismiss_unknown":
                self.forget_unknown()
                self.band.good()
            case "ignore":
                pass
            case _:
                self.command(action, press)

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self._backspace(press)
        elif press.key in ("up", "down") and not self.typed:
            self.cart.move(1 if press.key == "down" else -1)
            self._show_last(self.cart.selected())
        elif press.digit:
            if self.till.sale.phase == "subtotal":
                checkout.back(self.till)
            self._type(press.digit)
        elif press.text and press.text.isalpha():
            self._leave_change()
            text, self.typed = self.typed + press.text, ""
            self.host.start(goods.search(self.host, self, text))
        else:
            command = self.host.keymap.command_for(press.key)
            if command is not None:
                self.command(command, press)

    def command(self, command: str, press: KeyPress) -> None:
        """Do a command by its name: from a key, the pad or the function menu."""
        if self.typed and command == "item_list":
            # What is typed is what is looked for.
            text, self.typed = self.typed, ""
            self._show_entry()
            self.host.start(goods.search(self.host, self, text))
            return
        if self.typed and command not in ("help", "lock"):
            self._type(None)
        if command == "help":
            self.host.open_help(self)
        elif command == "subtotal":
            self._subtotal()
        elif command in _GUARDED:
            self.guarded(press, lambda: self._start(command))
        else:
            self._start(command)

    def _start(self, command: str) -> None:
        story = STORIES.get(command)
        if story is None:
            self.error(
                _("This till does not have that yet: {what}").format(what=_(NAMES[command][1]))
            )
            return
        self.host.start(story(self.host, self))

    def run(self, story: Coroutine[Any, Any, None]) -> None:
        """Start a dialogue of this screen."""
        self.host.start(story)

    def _type(self, text: str | None) -> None:
        self._leave_change()
        self.typed = "" if text is None else self.typed + text
        self._show_entry()

    def _backspace(self, press: KeyPress) -> None:
        if self.typed:
            self.typed = self.typed[:-1]
            self._show_entry()
        elif press.verdict is Verdict.FIRE:
            # Pressed anew: the run of deletions before it must not go on into the sale.
            command = self.host.keymap.command_for("backspace")
            if command is not None:
                self.command(command, press)

    def _find_typed(self, press: KeyPress) -> None:
        typed, self.typed = self.typed, ""
        self._show_entry()
        if typed.strip("0") == "":
            self._start("functions")
            return
        again = partial(checkout.scan, self.till, typed, keyed=True)
        self.show_result(again(), typed, again)

    def _next_quantity(self) -> None:
        typed, self.typed = self.typed, ""
        try:
            refusal = checkout.set_next_quantity(self.till, parsing.quantity(typed))
        except parsing.TypedError as error:
            self.error(str(error), typed)
        else:
            if refusal is not None:
                self.show_result(refusal, typed)
        self._show_entry()

    def _subtotal(self) -> None:
        if self.done is not None and not self.till.sale.cart.lines:
            return
        result = checkout.subtotal(self.till)
        if isinstance(result, Refusal):
            self.show_result(result)
        else:
            self.refresh_sale()

    def _unknown_options(self) -> None:
        if self.unknown is not None:
            self.run(goods.unknown_code(self.host, self, self.unknown.shown))

    # ------------------------------------------------------------ scans and results

    def take_scan(self, scan: ScanEvent) -> None:
        self._leave_change()
        if self.typed:
            # What was half typed was not meant for this code; it is said, not silently mixed.
            self.typed = ""
        if self.till.authority:
            from pos.ui.flows import roll

            if roll.taken(self.host, self, scan):
                return
        result = checkout.scan(self.till, scan.data, scan.symbology_id, at_ns=scan.at_monotonic_ns)
        if isinstance(result, checkout.LineAdded):
            self.show_result(result)
            return
        if isinstance(result, checkout.CommandFound):
            if not self.host.command_reads.again(result.command, scan.at_monotonic_ns):
                command_codes.do(self, result.command)
            return
        code, number, at_ns = scan.data, scan.symbology_id, scan.at_monotonic_ns
        again = partial(checkout.scan, self.till, code, number, at_ns=at_ns)
        self.show_result(result, shown_code(scan), again)

    def show_result(
        self, result: object, code: str = "", again: Callable[[], object] | None = None
    ) -> None:
        """Show what a service answered; None means that the cashier gave up.

        `again` makes the same entry once more, when somebody else has signed for it.
        """
        match result:
            case checkout.LineAdded(warning=warning, advice=advice):
                self.unknown = None
                self.done = None
                self.band.good()
                self.cart.selected_no = None
                self.host.direct.once(self.refresh_sale)
                self._warn(warning, advice)
            case checkout.CartChanged(warning=warning, line_no=line_no):
                self.band.good()
                if self.till.sale.cart.line(line_no) is None:
                    self.cart.selected_no = None
                self.refresh_sale()
                self._warn(warning)
            case (
                checkout.WeightNeeded()
                | checkout.PriceNeeded()
                | checkout.BatchToSee()
                | checkout.BatchNeeded()
                | checkout.SerialNeeded()
            ):
                self.run(goods_at_sale.ask(self.host, self, result))
            case checkout.ReceiptFound(transaction_no=number):
                from pos.ui.flows.returns import from_receipt

                self.run(from_receipt(self.host, self, number))
            case UnknownCode():
                self.unknown = result
                self.error(unknown_text(result), clean(result.shown))
                self.refresh_sale()
            case checkout.CountedOnce():
                self.band.good()
            case checkout.PaymentCodeSeen(masked=masked):
                self.error(_("A payment code: press Pay first"), masked)
            case NeedsApproval() if again is not None:
                self.run(approve_entry(self.host, self, again, clean(code)))
            case NeedsApproval():
                # Nobody knows how it was entered: it is refused, with the rule's name.
                rule = self.till.rules.table[result.rule]
                self.error(
                    _("Not allowed without approval: {rule}").format(rule=named(rule.zh, rule.en)),
                    clean(code),
                )
            case Refusal():
                self.error(refusal_text(result), clean(code))
                self.refresh_sale()
            case _:
                self.refresh_sale()

    def _warn(self, rule: str, advice: tuple[checkout.Advice, ...] = ()) -> None:
        if advice:
            self.note(advice_text(advice), sign="!")
        elif rule:
            table = self.till.rules.table.get(rule)
            self.note(named(table.zh, table.en) if table is not None else _(rule), sign="!")

    def forget_unknown(self) -> None:
        """The unknown code is dealt with."""
        self.unknown = None
        self._show_entry()

    # ------------------------------------------------------------ beginning and end of a sale

    def sale_finished(self, completion: Completion) -> None:
        """Committed: the change stays until the next scan."""
        self.sale_ended()
        self.done = completion
        self.band.good()
        self.refresh_sale()

    def sale_ended(self) -> None:
        """The screen is free for the next customer."""
        self.done = None
        self.unknown = None
        self.typed = ""
        self.cart.selected_no = None
        self.band.good()
        self.refresh_sale()

    def recalled(self) -> None:
        """A sale came back onto the screen."""
        self.done = None
        self.cart.selected_no = None
        self.band.good()
        self.refresh_sale()

    def _leave_change(self) -> None:
        if self.done is not None:
            self.done = None
            self.host.direct.once(self.refresh_sale)

    def idle(self, seconds: float) -> None:
        """Called each second: an idle till locks itself, but never with lines on the screen."""
        if self.host.busy or not self.till.sale.empty or self.till.authority:
            return
        limit = self.till.settings.lock.idle_minutes * 60
        if limit and seconds >= limit:
            self._start("lock")
            return
        if seconds >= _QUIET_S and not self.typed and clock_watch.question(self.till) is not None:
            self.run(clock.between_sales(self.host, self))
            return
        doubtful = next((job for job in printing.queue(self.till) if self._new_doubt(job)), None)
        if doubtful is not None:
            self._asked.add(doubtful.job_id)
            self.run(doubtful_slip(self.host, self, doubtful))

    def _new_doubt(self, job: printing.PrintJob) -> bool:
        return job.state == "UNKNOWN" and job.job_id not in self._asked

    def on_mount(self) -> None:
        super().on_mount()
        self.refresh_sale()
        payment = self.till.sale.payment
        if payment is not None and payment.tenders and not self.till.authority:
            # Left by a power cut in the middle of paying: that is where it goes on.
            self._start("pay")
