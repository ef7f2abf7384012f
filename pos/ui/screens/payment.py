"""Payment: what is due in big digits, numbered tenders, each payment's state (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult

from pos.domain.barcode.payment import payment_scheme
from pos.domain.cart import Refusal
from pos.domain.tender import CASH, Payment, Tender, TenderState, TenderType
from pos.i18n import gettext as _
from pos.services import checkout, customer_display, payment_terminal
from pos.services.checkout import Completion
from pos.services.context import Grant, NeedsApproval, Till
from pos.ui import parsing
from pos.ui.command_codes import PAY_EXACT
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.flows.terminal import AtTerminal, tender_name
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress, TillScreen
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.tender_decision import Decision, TenderDecisionScreen
from pos.ui.screens.tender_rows import paid_so_far, tender_rows
from pos.ui.screens.terminal_payment import PaymentCodeScreen
from pos.ui.text_grid import Line, clean
from pos.ui.texts import amount_text, currency_sign, named, refusal_text
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.line_widget import Canvas
from pos.ui.widgets.pad_footer import Hint
from pos.ui.widgets.total_band import TotalBand


@dataclass(frozen=True, slots=True)
class Paid:
    """The sale is committed."""

    completion: Completion


@dataclass(frozen=True, slots=True)
class BackToSale:
    """Not paid; `result` is what a scan in the payment step meant, to be shown by the sale."""

    result: object = None
    code: str = ""


class PaymentScreen(TillScreen[Paid | BackToSale], inherit_bindings=False):
    """Answers with `Paid` or `BackToSale`."""

    CSS_PATH = "payment.tcss"
    scan_policy = ScanPolicy.TAKE
    takes_payment_codes = True

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.amount_typed: str | None = None
        """The amount before `*`; the tender's number follows in `typed`."""

        self.closing = False
        self._terminal: AtTerminal | None = None
        self.total = TotalBand()
        self.entry = EntryField()
        self.list = Canvas(self._rows, id="body")

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.list
        yield self.band
        yield self.total
        yield self.entry
        yield self.footer

    @property
    def payment(self) -> Payment:
        """The payment so far."""
        return self.till.sale.payment or Payment(0)

    @property
    def pad_state(self) -> PadState:
        if self.amount_typed is not None:
            return PadState.PAY_TENDER
        return PadState.PAY_DIGITS if self.typed else PadState.PAY_EMPTY

    @property
    def refund(self) -> bool:
        """Whether money goes back to the customer."""
        return self.payment.due_minor < 0

    @property
    def way_back(self) -> TenderType | None:
        """How Enter pays back: by the one tender that the money came by, else in cash."""
        return checkout.way_back(self.till) if self.refund else None

    @property
    def terminal(self) -> AtTerminal:
        """What is on its way at the payment terminal."""
        if self._terminal is None:
            self._terminal = AtTerminal(self.host, self)
        return self._terminal

    def renamed(self) -> dict[str, str]:
        if self.payment.pending:
            return {"pay_enter": _("Decide the payment")}
        if self.refund:
            kind = self.way_back
            name = named(kind.name, kind.name_en) if kind is not None else _("Cash")
            return {
                "pay_enter": _("Back by {tender}").format(tender=name),
                "cash_given": _("Cash back"),
            }
        exact = self.till.settings.payment.enter == "exact"
        return {"pay_enter": _("Exact cash") if exact else _("Cash: how much?")}

    def hints(self) -> list[Hint]:
        found = [("20 * 2", _("20 by tender 2"))]
        if self.payment.pending:
            found.insert(0, ("Del", _("Decide the payment")))
        return found

    # ------------------------------------------------------------ keys

    def pad(self, action: str, press: KeyPress) -> None:
        if self.closing:
            return
        match action:
            case "type":
                self._type(press.text)
            case "clear":
                self.typed, self.amount_typed = "", None
                self._show()
            case "cash_given":
                self.guarded(press, self._cash_given)
            case "pay_enter":
                self.guarded(press, self._pay_enter)
            case "remove_tender":
                self.guarded(press, self._back)
            case "tender_number":
                self.amount_typed, self.typed = self.typed, ""
                self._show()
            case "tender_take":
                self.guarded(press, self._take_typed)
            case "tender_list":
                self.host.start(self._list())
            case _:
                pass

    def other_key(self, press: KeyPress) -> None:
        if self.closing:
            return
        if press.digit and self.amount_typed is not None:
            self._tender_digit(press)
        elif press.digit:
            self._type(press.digit)
        elif press.key == "backspace":
            self.typed = self.typed[:-1]
            self._show()
        elif press.key == "delete" and self.payment.pending:
            self.host.start(self._decide(self.payment.pending[-1]))

    def _type(self, text: str) -> None:
        self.band.good()
        self.typed += text
        self._show()

    def _pay_enter(self) -> None:
        if self.payment.pending:
            self.host.start(self._decide(self.payment.pending[-1]))
        elif self.refund:
            kind = self.way_back
            self._tender(kind.id if kind is not None else CASH, None)
        elif self.till.settings.payment.enter == "exact" or self.payment.due_minor == 0:
            self._tender(CASH, None)
        else:
            self.error(_("Type the cash given, then Enter; or * for other tenders"))

    def _cash_given(self) -> None:
        typed, self.typed = self.typed, ""
        amount = self._parsed(typed)
        if amount is not None:
            self._tender(CASH, amount, typed)
        self._show()

    def _tender_digit(self, press: KeyPress) -> None:
        typed = self.typed + press.digit
        numbers = [str(kind.number) for kind in self.till.tender_types]
        if typed not in numbers and not any(n.startswith(typed) for n in numbers):
            self.error(_("There is no tender with this number"), typed)
            return
        # Enter takes it: out of habit it comes anyway, and must not answer what opens next.
        self.typed = typed
        self._show()

    def _take_typed(self) -> None:
        number, typed = self.typed, self.amount_typed or ""
        self.typed, self.amount_typed = "", None
        kind = next((k for k in self.till.tender_types if str(k.number) == number), None)
        amount = self._parsed(typed)
        if kind is None:
            self.error(_("There is no tender with this number"), number)
        elif amount is not None:
            self._tender(kind.id, amount, typed)
        self._show()

    def _parsed(self, typed: str) -> int | None:
        try:
            return parsing.amount(typed, self.till.settings.payment.cash_refused_from_digits)
        except parsing.TypedError as error:
            self.error(str(error), typed)
            return None

    def _back(self) -> None:
        if self.payment.tenders:
            result = checkout.remove_last_tender(self.till)
            if isinstance(result, Refusal) and result.code == "tender_charged":
                self.host.start(self._give_back(self.payment.tenders[-1]))
            elif isinstance(result, Refusal):
                self.error(refusal_text(result))
            self._show()
            return
        checkout.back(self.till)
        self.finish(BackToSale())

    # ------------------------------------------------------------ tenders

    def _tender(
        self, tender_type_id: str, amount_minor: int | None, typed: str = "", code: str = ""
    ) -> None:
        """Take a tender; what needs an approval, a payment code or the terminal is told at length."""
        if payment_terminal.is_terminal(self.till, tender_type_id):
            wants_code = payment_terminal.needs_code(self.till, tender_type_id)
            if wants_code and not code and not self.refund and self.till.payment_terminal:
                self.host.start(self._scan_code(tender_type_id, amount_minor, typed))
                return
        result = checkout.tender(self.till, tender_type_id, amount_minor)
        if isinstance(result, NeedsApproval):
            self.host.start(self._other_tender(tender_type_id, amount_minor, result))
            return
        self._taken(result, typed, code)

    def _taken(
        self, result: checkout.TenderAdded | Refusal, typed: str = "", code: str = ""
    ) -> None:
        if isinstance(result, Refusal) and result.code.startswith("gap_"):
            # A hold reached a line while this screen was open: the sale puts it right and returns.
            self.finish(BackToSale(result))
            return
        if isinstance(result, Refusal):
            self.error(refusal_text(result), typed)
            self._show()
            return
        self.band.good()
        self._show()
        if result.warning:
            rule = self.till.rules.table[result.warning]
            self.note(named(rule.zh, rule.en), sign="!")
        if result.tender.state is not TenderState.PENDING:
            self._complete_if_paid()
        elif payment_terminal.is_terminal(self.till, result.tender.tender_type):
            self.host.start(self._at_terminal(result.tender, result.saved, code))
        else:
            self.host.start(self._decide(result.tender))

    async def _other_tender(
        self, tender_type_id: str, amount_minor: int | None, needed: NeedsApproval
    ) -> None:
        """Money goes back by another way than it came: another person signs."""
        first: list[NeedsApproval] = [needed]

        def act(grant: Grant | None) -> checkout.TenderAdded | Refusal | NeedsApproval:
            if grant is None and first:
                return first.pop()
            return checkout.tender(self.till, tender_type_id, amount_minor, approval=grant)

        result: checkout.TenderAdded | Refusal | None = await approved(self.host, act)
        if result is not None:
            self._taken(result)
        else:
            self._show()

    async def _scan_code(self, tender_type_id: str, amount: int | None, typed: str) -> None:
        """The customer's payment code is scanned before anything is asked for."""
        due = self.payment.remaining_minor if amount is None else amount
        screen = PaymentCodeScreen(self.till, tender_name(self.host, tender_type_id), due)
        code = await Ask(screen)
        if code:
            self._tender(tender_type_id, amount, typed, code)
        else:
            self._show()

    async def _at_terminal(
        self, tender: Tender, saved: Future[Any] | None, code: str = ""
    ) -> None:
        await self.terminal.settle(tender, saved, code)
        self._show()
        self._complete_if_paid()

    async def _give_back(self, tender: Tender) -> None:
        await self.terminal.give_back(tender)
        self._show()
        self._complete_if_paid()

    async def _list(self) -> None:
        kinds = sorted(self.till.tender_types, key=lambda kind: kind.number)
        remaining = amount_text(self.payment.remaining_minor)
        screen: ChooseScreen[TenderType] = ChooseScreen(
            _("Tenders"),
            [Choice(kind.number, named(kind.name, kind.name_en), kind) for kind in kinds],
            lines=[_("Remaining {amount}").format(amount=remaining)],
            scan_policy=ScanPolicy.TAKE,
        )
        chosen = await Ask(screen)
        if screen.scanned is not None:
            self.take_scan(screen.scanned)
        if chosen is None:
            return
        typed = self.amount_typed or ""
        self.typed, self.amount_typed = "", None
        amount = self._parsed(typed) if typed else None
        if typed and amount is None:
            return
        self._tender(chosen.id, amount, typed)

    async def _decide(self, tender: Tender) -> None:
        if payment_terminal.is_terminal(self.till, tender.tender_type):
            await self._at_terminal(tender, None)
            return
        kind = self.till.tender_type(tender.tender_type)
        decision = await Ask(TenderDecisionScreen(tender, kind, self._reference_digits(tender)))
        if decision is None:
            self._show()
            return
        await self._decided(tender, decision)

    async def _decided(self, tender: Tender, decision: Decision) -> None:
        result = await approved(
            self.host,
            lambda grant: checkout.decide(
                self.till, tender.tender_no, decision.state, decision.reference, grant
            ),
            amount_text(tender.amount_minor),
        )
        if isinstance(result, Refusal):
            self.error(refusal_text(result))
        self._show()
        self._complete_if_paid()

    def _reference_digits(self, tender: Tender) -> int:
        tenders = self.till.settings.payment.tenders
        found = next((one for one in tenders if one.id == tender.tender_type), None)
        return found.reference_digits if found is not None else 0

    def _complete_if_paid(self) -> None:
        payment = self.till.sale.payment
        if payment is None or payment.remaining_minor != 0 or payment.pending:
            return
        self.host.start(self._close())

    async def _close(self) -> None:
        self.closing = True
        result = checkout.complete(self.till)
        if isinstance(result, Refusal):
            self.closing = False
            self.error(refusal_text(result))
            self._show()
            return
        try:
            await Saved(result.saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, the sale stays here
            self.closing = False
            self.error(_("The sale is not saved: {why}").format(why=clean(str(error))))
            self._show()
            return
        self.finish(Paid(result))

    # ------------------------------------------------------------ scans

    def take_scan(self, scan: ScanEvent) -> None:
        code = shown_code(scan)
        if self.closing:
            self.host.router.waiting.append(scan)
            return
        result = checkout.scan(self.till, scan.data, scan.symbology_id, in_payment=True)
        if isinstance(result, Refusal):
            self.error(refusal_text(result), code)
        elif isinstance(result, checkout.PaymentCodeSeen):
            self._payment_code(result)
        elif isinstance(result, checkout.CommandFound):
            self._sheet_command(result.command, scan, code)
        elif isinstance(result, checkout.CountedOnce):
            pass
        elif self.payment.tenders:
            self.error(_("Finish the payment first"), code)
        else:
            if not isinstance(result, checkout.LineAdded):
                checkout.back(self.till)
                checkout.back(self.till)
            self.finish(BackToSale(result, code))

    def _sheet_command(self, command: str, scan: ScanEvent, code: str) -> None:
        """From the command sheet: exact cash and nothing else, and only before any tender."""
        if self.host.command_reads.again(command, scan.at_monotonic_ns):
            return
        untouched = not (self.payment.tenders or self.typed or self.amount_typed)
        if command == PAY_EXACT and untouched and self.payment.due_minor > 0:
            self._tender(CASH, None)
        else:
            self.error(_("This command code does nothing here"), code)

    def _payment_code(self, seen: checkout.PaymentCodeSeen) -> None:
        """A customer's payment code: the terminal charges what is typed, else what remains."""
        scheme = payment_scheme(seen.code)
        kind = payment_terminal.tender_for_code(self.till, scheme) if scheme else None
        if kind is None or self.till.payment_terminal is None:
            self.error(
                _("A payment code: no terminal is attached, use the payment device"), seen.masked
            )
        elif self.payment.pending:
            self.error(_("A payment is not decided: say first whether it arrived"), seen.masked)
        elif self.refund:
            self.error(_("Money goes back here: a payment code is not needed"), seen.masked)
        else:
            typed = self.amount_typed or self.typed
            self.typed, self.amount_typed = "", None
            amount = self._parsed(typed) if typed else None
            if not typed or amount is not None:
                self._tender(kind, amount, typed, seen.code)

    # ------------------------------------------------------------ painting

    def redraw(self) -> None:
        self._show()

    def on_mount(self) -> None:
        super().on_mount()
        self._show()
        left = [
            tender
            for tender in self.payment.pending
            if payment_terminal.is_terminal(self.till, tender.tender_type)
        ]
        if left:
            # Left by a power cut: the terminal knows what became of it, and is only asked.
            self.host.start(self._at_terminal(left[-1], None))

    def _show(self) -> None:
        customer_display.show_sale(self.till, None)
        payment = self.payment
        remaining = payment.remaining_minor
        refund = self.refund
        self.total.show(
            amount_text(abs(remaining) if refund else remaining),
            caption=_("To pay back") if refund else _("To pay"),
            sign=currency_sign(self.till.currency),
            notes=(
                _("Total {total}").format(total=amount_text(payment.due_minor)),
                paid_so_far(payment, refund=refund),
            ),
            role="refund" if refund else "total",
        )
        before = f"{self.amount_typed} *" if self.amount_typed is not None else ""
        note = _("tender number") if self.amount_typed is not None else ""
        self.entry.show(self.typed, before=before, note=note)
        self.list.redraw()
        self.refresh_footer()

    def _rows(self, width: int, height: int) -> Sequence[Line]:
        return tender_rows(self.till, self.payment, width, height)
