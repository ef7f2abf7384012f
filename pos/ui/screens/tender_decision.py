"""Has the money arrived? 已到账, 未到账 or 不确定, with the trade number's last digits.

Nothing is confirmed out of habit: the mark stands on waiting, so that an Enter too many says
nothing about money that may never have come. `+` or the trade number's digits move it on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pos.domain.tender import Tender, TenderState, TenderType
from pos.i18n import gettext as _
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, clean, fit
from pos.ui.texts import amount_text, named
from pos.ui.widgets.pad_footer import Hint


@dataclass(frozen=True, slots=True)
class Decision:
    """What the cashier saw on the customer's phone or on the device."""

    state: TenderState
    reference: str = ""


class TenderDecisionScreen(DialogScreen[Decision | None], inherit_bindings=False):
    """Answers with a decision; None leaves the payment waiting.

    Digits are the trade number's last digits, and who types them has seen the payment; `+` moves
    the mark, Enter takes it.
    """

    CSS_PATH = "tender_decision.tcss"
    scan_policy = ScanPolicy.REFUSE_LOUDLY

    def __init__(
        self,
        tender: Tender,
        kind: TenderType | None,
        reference_digits: int,
        *,
        closed_sale: Sequence[str] = (),
    ) -> None:
        """`closed_sale` tells of a sale that is over: its payment arrived or it never did."""
        super().__init__()
        self.closed_sale = tuple(closed_sale)
        self.tender = tender
        self.tender_name = (
            named(kind.name, kind.name_en) if kind is not None else tender.tender_type
        )
        self.refund = tender.amount_minor < 0
        self.title_text = (
            _("Has the money gone back?") if self.refund else _("Has the money arrived?")
        )
        self.reference_digits = reference_digits
        self.typed = ""
        self.marked = 0
        undecided = () if self.closed_sale else (TenderState.UNDECIDED,)
        self._states = (None, TenderState.RECEIVED, TenderState.FAILED, *undecided)

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        return {"cancel": _("Clear") if self.typed else _("Back")}

    def hints(self) -> list[Hint]:
        return []

    def content(self, width: int) -> Sequence[Line]:
        amount = amount_text(abs(self.tender.amount_minor))
        words = self._closed_words() if self.closed_sale else self._words()
        rows: list[Line] = [
            (
                (fit(self.tender_name, width - cells(amount) - 1), "panel_strong"),
                (" " + amount, "panel_strong"),
            ),
            *(((clean(line), "panel_dim"),) for line in self.closed_sale),
            (),
        ]
        for index, word in enumerate(words):
            mark = "▶" if index == self.marked else " "
            rows.append(
                ((fit(f"{mark} {word}", width), "mark" if index == self.marked else "panel"),)
            )
        if self.reference_digits:
            label = _("Last {count} digits of the trade number (may be empty)").format(
                count=self.reference_digits
            )
            rows += [
                (),
                ((label, "panel_dim"),),
                ((fit(f" {self.typed}▏", width), "panel_field"),),
            ]
        return rows

    def _words(self) -> tuple[str, ...]:
        return (
            _("… Not seen yet: wait on"),
            _("✓ Paid back") if self.refund else _("✓ Received"),
            _("✗ Not paid back: choose another tender")
            if self.refund
            else _("✗ Not received: choose another tender"),
            _("? Uncertain: a manager decides"),
        )

    def _closed_words(self) -> tuple[str, ...]:
        return (
            _("… Not known yet: leave it open"),
            _("✓ Paid back") if self.refund else _("✓ Received"),
            _("✗ Never paid back") if self.refund else _("✗ Never received: money is missing"),
        )

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self.marked = (self.marked + 1) % len(self._states)
        elif action == "cancel":
            if self.typed:
                self.typed, self.marked = "", 0
            else:
                self.finish(None)

    def other_key(self, press: KeyPress) -> None:
        if press.digit and len(self.typed) < self.reference_digits:
            self.typed += press.digit
            self.marked = self.marked or 1
        elif press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.key in ("down", "up"):
            step = 1 if press.key == "down" else -1
            self.marked = (self.marked + step) % len(self._states)

    def _choose(self) -> None:
        state = self._states[self.marked]
        if self.typed and len(self.typed) < self.reference_digits:
            # One digit is a choice by number, as in every other list, and no trade number: 3 for
            # the third row must not say that the money has arrived.
            self.error(
                _("Type all {count} digits, or - and then + to choose").format(
                    count=self.reference_digits
                )
            )
            return
        self.finish(None if state is None else Decision(state, self.typed))
