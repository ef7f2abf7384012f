"""At the payment terminal: waiting for its answer, and what to do when there is none (rule 12)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum

from textual.timer import Timer

from drivers.ports import PaymentResult, PaymentState
from pos.domain.barcode import PaymentCode, ScanContext, classify
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.payment_terminal import TerminalCall
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, fit, lines_of
from pos.ui.texts import amount_text
from pos.ui.widgets.pad_footer import Hint


class Doubt(StrEnum):
    """What the cashier says where the terminal has said nothing for certain."""

    UNCERTAIN = "uncertain"
    """A manager decides; the sale may finish (待核)."""

    WAIT = "wait"
    """The payment stays pending on the payment screen."""


class TerminalPaymentScreen(DialogScreen[PaymentResult | Doubt], inherit_bindings=False):
    """Answers with what the terminal said for certain, by itself, or with what to do in doubt."""

    CSS_PATH = "terminal_payment.tcss"
    scan_policy = ScanPolicy.REFUSE_LOUDLY

    def __init__(self, call: TerminalCall, name: str) -> None:
        super().__init__()
        self.call = call
        self.tender_name = name
        refund = call.tender.amount_minor < 0
        self.title_text = _("Paying back at the terminal") if refund else _("At the terminal")
        self.refund = refund
        self.asking = False
        self.cancelling = False
        self.seconds = 0
        self.marked = 0
        self.typed = ""
        self._ended: PaymentResult | None = None
        self._clock: Timer | None = None

    @property
    def choices(self) -> tuple[tuple[str, str], ...]:
        """What can be done in doubt, the harmless thing first."""
        found = [("again", _("Ask the terminal again"))]
        if not self.refund:
            found.append(("cancel", _("Cancel the payment at the terminal")))
        found.append(("uncertain", _("Uncertain: a manager decides")))
        return tuple(found)

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        if not self.asking:
            return {"cancel": _("Wait on")}
        cancel = "" if self.refund or self.cancelling else _("Cancel")
        return {"choose": "", "next": "", "cancel": cancel}

    def hints(self) -> list[Hint]:
        return []

    def on_mount(self) -> None:
        super().on_mount()
        self._clock = self.set_interval(1.0, self._second)
        self._listen()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self._settle()

    def content(self, width: int) -> Sequence[Line]:
        amount = amount_text(abs(self.call.tender.amount_minor))
        rows: list[Line] = [
            (
                (fit(self.tender_name, width - cells(amount) - 1), "panel_strong"),
                (" " + amount, "panel_strong"),
            ),
            (),
        ]
        if self.asking:
            words = (
                _("Cancelling: the terminal is asked …")
                if self.cancelling
                else _("The terminal pays back …")
                if self.refund
                else _("The customer pays at the terminal …")
            )
            waited = f"{self.seconds} s"
            rows.append(
                (
                    (fit(f"… {words}", width - cells(waited) - 1), "panel_blue"),
                    (" " + waited, "panel_dim"),
                )
            )
            return rows
        doubt = (
            _("The terminal does not answer: it may have paid back. It is never paid back twice.")
            if self.refund
            else _("The terminal does not answer: it may have charged. It is never charged twice.")
        )
        rows += [*lines_of("! " + doubt, width, "panel_orange"), ()]
        for index, (_name, words) in enumerate(self.choices):
            mark = "▶" if index == self.marked else " "
            role = "mark" if index == self.marked else "panel"
            rows.append(((fit(f"{mark} {index + 1}  {words}", width), role),))
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if self.asking:
            if action == "cancel":
                self.guarded(press, self._cancel)
        elif action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self.marked = (self.marked + 1) % len(self.choices)
        elif action == "cancel":
            self.finish(Doubt.WAIT)

    def other_key(self, press: KeyPress) -> None:
        if self.asking:
            return
        if press.digit and 1 <= int(press.digit) <= len(self.choices):
            self.marked = int(press.digit) - 1
        elif press.key in ("down", "up"):
            step = 1 if press.key == "down" else -1
            self.marked = (self.marked + step) % len(self.choices)

    def _choose(self) -> None:
        name = self.choices[self.marked][0]
        if name == "uncertain":
            self.finish(Doubt.UNCERTAIN)
            return
        if name == "cancel":
            self._cancel()
        self.call.ask_again()
        self._listen()

    def _cancel(self) -> None:
        if not self.refund:
            self.cancelling = True
            self.call.cancel()
            self.redraw()

    def _listen(self) -> None:
        self.asking, self.seconds, self.marked = True, 0, 0
        asyncio.wrap_future(self.call.result).add_done_callback(
            lambda _future: self.host.run_inside(self._settle)
        )
        self.redraw()

    def _settle(self) -> None:
        """The round is over. While another page lies above (help), it waits for that one."""
        if not self.asking or not self.call.result.done() or self.host.screen is not self:
            return
        answer = self.call.result.result()
        if answer.state in (PaymentState.APPROVED, PaymentState.DECLINED):
            self.finish(answer)
            return
        self.asking = self.cancelling = False
        self.host.ring()
        self.redraw()

    def _second(self) -> None:
        if self.asking:
            self.seconds += 1
            self.redraw()


class PaymentCodeScreen(DialogScreen[str | None], inherit_bindings=False):
    """The customer shows a payment code: it is scanned here and nowhere else (B3)."""

    CSS_PATH = "terminal_payment.tcss"
    scan_policy = ScanPolicy.TAKE
    takes_payment_codes = True

    def __init__(self, till: Till, name: str, amount_minor: int) -> None:
        super().__init__()
        self.till = till
        self.title_text = name
        self.amount_minor = amount_minor

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        return {"choose": "", "next": ""}

    def content(self, width: int) -> Sequence[Line]:
        amount = amount_text(self.amount_minor)
        return [
            ((fit(_("Scan the customer's payment code"), width), "panel_strong"),),
            (),
            ((fit(amount, width), "panel_strong"),),
        ]

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "cancel":
            self.finish(None)

    def take_scan(self, scan: ScanEvent) -> None:
        found = classify(
            scan.data,
            symbology_id=scan.symbology_id,
            layouts=self.till.layouts,
            context=ScanContext.PAYMENT,
        )
        if isinstance(found, PaymentCode):
            self.finish(found.text)
        else:
            self.error(_("This is no payment code"), shown_code(scan))
