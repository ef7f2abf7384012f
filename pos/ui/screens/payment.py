"""Payment: what is due in big digits, numbered tenders, each payment's state (rule 12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult

from pos.domain.cart import Refusal
from pos.domain.tender import CASH, Payment, Tender, TenderState, TenderType
from pos.i18n import gettext as _
from pos.services import checkout
from pos.services.checkout import Completion
from pos.services.context import Till
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress, TillScreen
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.tender_decision import Decision, TenderDecisionScreen
from pos.ui.text_grid import Line, cells, clean, fit
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


SIGNS: Final[dict[TenderState, str]] = {
    TenderState.PENDING: "…",
    TenderState.RECEIVED: "✓",
    TenderState.FAILED: "✗",
    TenderState.UNDECIDED: "?",
}


def state_words(state: TenderState) -> str:
    """Sign and word of a tender's state."""
    words = {
        TenderState.PENDING: _("Waiting"),
        TenderState.RECEIVED: _("Received"),
        TenderState.FAILED: _("Not received"),
        TenderState.UNDECIDED: _("Uncertain"),
    }
    return f"{SIGNS[state]} {words[state]}"


class PaymentScreen(TillScreen[Paid | BackToSale], inherit_bindings=False):
    """Answers with `Paid` or `BackToSale`."""

    CSS_PATH = "payment.tcss"
    scan_policy = ScanPolicy.TAKE

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.amount_typed: str | None = None
        """The amount before `*`; the tender's number follows in `typed`."""

        self.closing = False
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

    def renamed(self) -> dict[str, str]:
        exact = self.till.settings.payment.enter == "exact" or self.payment.due_minor < 0
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
        elif self.till.settings.payment.enter == "exact" or self.payment.due_minor <= 0:
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
            if isinstance(result, Refusal):
                self.error(refusal_text(result))
            self._show()
            return
        checkout.back(self.till)
        self.finish(BackToSale())

    # ------------------------------------------------------------ tenders

    def _tender(self, tender_type_id: str, amount_minor: int | None, typed: str = "") -> None:
        result = checkout.tender(self.till, tender_type_id, amount_minor)
        if isinstance(result, Refusal):
            self.error(refusal_text(result), typed)
            self._show()
            return
        self.band.good()
        self._show()
        if result.tender.state is TenderState.PENDING:
            self.host.start(self._decide(result.tender))
        else:
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
            self.error(
                _("A payment code: no terminal is attached, use the payment device"), result.masked
            )
        elif self.payment.tenders:
            self.error(_("Finish the payment first"), code)
        else:
            if not isinstance(result, checkout.LineAdded):
                checkout.back(self.till)
                checkout.back(self.till)
            self.finish(BackToSale(result, code))

    # ------------------------------------------------------------ painting

    def redraw(self) -> None:
        self._show()

    def on_mount(self) -> None:
        super().on_mount()
        self._show()

    def _show(self) -> None:
        payment = self.payment
        remaining = payment.remaining_minor
        refund = payment.due_minor < 0
        self.total.show(
            amount_text(abs(remaining) if refund else remaining),
            caption=_("To pay back") if refund else _("To pay"),
            sign=currency_sign(self.till.currency),
            notes=(
                _("Total {total}").format(total=amount_text(payment.due_minor)),
                _("Paid {amount}").format(amount=amount_text(payment.counted_minor)),
            ),
            role="refund" if refund else "total",
        )
        before = f"{self.amount_typed} *" if self.amount_typed is not None else ""
        note = _("tender number") if self.amount_typed is not None else ""
        self.entry.show(self.typed, before=before, note=note)
        self.list.redraw()
        self.refresh_footer()

    def _rows(self, width: int, height: int) -> Sequence[Line]:
        left = min(30, width // 2 - 2)
        right = width - left - 3
        kinds = [
            f"{kind.number:>2}  {named(kind.name, kind.name_en)}"
            for kind in sorted(self.till.tender_types, key=lambda kind: kind.number)
        ]
        entered = [self._tender_row(tender, right) for tender in self.payment.tenders]
        rows: list[Line] = [
            ((fit(" " + _("Tenders"), left), "heading"), (" │ ", "dim"), (_("Entered"), "heading"))
        ]
        for index in range(max(len(kinds), len(entered), height - 1)):
            kind_text = " " + kinds[index] if index < len(kinds) else ""
            row = entered[index] if index < len(entered) else (("", "text"),)
            rows.append(((fit(kind_text, left), "text"), (" │ ", "dim"), *row))
        return rows

    def _tender_row(self, tender: Tender, width: int) -> Line:
        kind = self.till.tender_type(tender.tender_type)
        name = (
            _("Change")
            if tender.change
            else (
                named(kind.name, kind.name_en) if kind is not None else clean(tender.tender_type)
            )
        )
        state = state_words(tender.state)
        amount = amount_text(tender.amount_minor)
        room = width - cells(state) - cells(amount) - 3
        role = "text" if tender.state is TenderState.RECEIVED else "orange"
        reference = f" {clean(tender.reference)}" if tender.reference else ""
        return (
            (fit(name + reference, room), role),
            (f" {state} ", role),
            (amount + " ", "strong"),
        )
