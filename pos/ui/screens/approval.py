"""Approval of one action: approver's id, PIN and reason; the cashier stays on (rule 10)."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services.context import Grant, NeedsApproval, Till
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, clean, fit, lines_of
from pos.ui.texts import named, refusal_text


class ApprovalScreen(DialogScreen[Grant | None], inherit_bindings=False):
    """Answers with a grant for exactly the action asked about, or None.

    The fields come one after the other; Enter goes on. A scan never lands in them.
    """

    CSS_PATH = "approval.tcss"
    scan_policy = ScanPolicy.FORWARD

    def __init__(self, till: Till, needed: NeedsApproval) -> None:
        super().__init__()
        self.till = till
        self.needed = needed
        self.title_text = _("Approval")
        self.fields = ["", "", ""]
        self.at = 0

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {"next": "", "cancel": _("Clear") if self.fields[self.at] else _("Back")}

    def content(self, width: int) -> Sequence[Line]:
        rule = self.till.rules.table.get(self.needed.rule)
        what = named(rule.zh, rule.en) if rule is not None else self.needed.right
        rows: list[Line] = [
            *lines_of(what, width, "panel_orange"),
            *([((fit(self.needed.detail, width), "panel"),)] if self.needed.detail else []),
            ((_("Another person signs for this one action."), "panel_dim"),),
            (),
        ]
        labels = (_("Approver's number"), _("PIN"), _("Reason (may be empty)"))
        size = max(cells(one) for one in labels) + 1
        for index, words in enumerate(labels):
            value = self.fields[index]
            shown = "●" * len(value) if index == 1 else clean(value)
            cursor = "▏" if index == self.at else ""
            role = "panel_field" if index == self.at else "panel"
            rows.append(
                (
                    (fit(words, size), "panel_strong"),
                    (fit(f" {shown}{cursor}", width - size), role),
                )
            )
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._go_on)
        elif action == "cancel":
            if self.fields[self.at]:
                self.fields[self.at] = ""
            elif self.at:
                self.at -= 1
                self.fields[self.at] = ""
            else:
                self.finish(None)

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.fields[self.at] = self.fields[self.at][:-1]
        elif press.text and (self.at != 1 or press.digit) and len(self.fields[self.at]) < 32:
            self.band.good()
            self.fields[self.at] += press.text

    def _go_on(self) -> None:
        if self.at < 2 and not self.fields[self.at]:
            return
        if self.at < 2:
            self.at += 1
            self.redraw()
            return
        approver_id, pin, reason = self.fields
        from pos.services import approvals

        result = approvals.grant(
            self.till,
            self.needed.right,
            approver_id,
            pin,
            reason,
            detail=self.needed.detail,
            limit_value=self.needed.limit_value,
        )
        if isinstance(result, Refusal):
            self.fields[1] = ""
            self.at = 1
            self.error(refusal_text(result))
            return
        self.finish(result)
