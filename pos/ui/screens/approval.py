"""Approval of one action: approver's id, PIN and reason; the cashier stays on (rule 10)."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import approvals, operators
from pos.services.context import Grant, NeedsApproval, Till
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, clean, fit, lines_of
from pos.ui.texts import named, pin_refusal_text, right_name
from pos.ui.widgets.pad_footer import Hint

_FIELDS = 3


class ApprovalScreen(DialogScreen[Grant | None], inherit_bindings=False):
    """Answers with a grant for exactly the action asked about, or None.

    The fields come one after the other; Enter goes on. A scan never lands in them. `*` is for
    one person on duty: head office's code, or a review next day, as the shop has chosen.
    """

    CSS_PATH = "approval.tcss"
    scan_policy = ScanPolicy.FORWARD

    def __init__(self, till: Till, needed: NeedsApproval, told: str = "", meant: str = "") -> None:
        """`told` is the figure that is signed for, such as `69.90 → 60.00`.

        `meant` says what a key pressed by mistake was probably meant for (rule 11).
        """
        super().__init__()
        self.told, self.meant = told, meant
        self.till = till
        self.needed = needed
        self.title_text = _("Approval")
        self.fields = [""] * _FIELDS
        self.at = 0
        self.checking = False
        self.alone = False
        self.request: approvals.Request | None = None

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {"next": "", "cancel": _("Clear") if self.fields[self.at] else _("Back")}

    def hints(self) -> list[Hint]:
        policy = approvals.alone_policy(self.till)
        if self.alone or policy == "block":
            return []
        word = _("Head office's code") if policy == "head_office_code" else _("Nobody else here")
        return [("*", word)]

    @property
    def labels(self) -> tuple[str, str, str]:
        """Words of the fields; alone on duty there is no second person's number."""
        if self.request is not None:
            return _("Head office's code"), "", _("Reason (may be empty)")
        if self.alone:
            return "", "", _("Reason")
        return _("Approver's number"), _("PIN"), _("Reason (may be empty)")

    def _detail(self) -> str:
        """What the action is about; a reason's id is shown in the shop's own words.

        Two groups may use one id for two reasons: the group that the right names comes first.
        """
        reasons = self.till.settings.reasons
        action = self.needed.right.partition(".")[2]
        groups = sorted(
            type(reasons).__struct_fields__,
            key=lambda name: (name != action, name.split("_")[0] != action.split("_")[0]),
        )
        for group in groups:
            for one in getattr(reasons, group):
                if one.id == self.needed.detail:
                    return named(one.name, one.name_en)
        return self.needed.detail

    def content(self, width: int) -> Sequence[Line]:
        rule = self.till.rules.table.get(self.needed.rule)
        what = named(rule.zh, rule.en) if rule is not None else right_name(self.needed.right)
        rows: list[Line] = [
            *lines_of(what, width, "panel_orange"),
            *([((fit(self._detail(), width), "panel"),)] if self.needed.detail else []),
            *(lines_of(clean(self.told), width, "panel_strong") if self.told else []),
        ]
        if self.request is not None:
            text = _("Call head office and read them this number: {number}")
            rows += lines_of(text.format(number=self.request.request_no), width, "panel_strong")
        elif self.alone:
            rows += lines_of(_("A manager reviews this next day."), width, "panel_dim")
        else:
            rows += lines_of(_("Another person signs for this one action."), width, "panel_dim")
            rows += lines_of(self.meant, width, "panel_dim") if self.meant else []
        rows.append(())
        size = max(cells(one) for one in self.labels) + 1
        for index, words in enumerate(self.labels):
            if not words:
                continue
            value = self.fields[index]
            shown = "●" * len(value) if index == 1 else clean(value)
            cursor = "▏" if index == self.at else ""
            role = "panel_field" if index == self.at else "panel"
            field = (fit(f" {shown}{cursor}", width - size), role)
            rows.append(((fit(words, size), "panel_strong"), field))
        if self.checking:
            rows.append((("… " + _("One moment"), "panel_blue"),))
        return rows

    def pad(self, action: str, press: KeyPress) -> None:
        if self.checking:
            return
        if action == "choose":
            self.guarded(press, self._go_on)
        elif action == "cancel":
            self._cancel()
        elif press.key == "*" and not self.alone:
            self._nobody_else()

    def other_key(self, press: KeyPress) -> None:
        if self.checking:
            return
        if press.key == "backspace":
            self.fields[self.at] = self.fields[self.at][:-1]
        elif press.text and (self.at != 1 or press.digit) and len(self.fields[self.at]) < 32:
            self.band.good()
            self.fields[self.at] += press.text

    def _cancel(self) -> None:
        if self.fields[self.at]:
            self.fields[self.at] = ""
        elif self.alone:
            self.alone, self.request, self.at = False, None, 0
        elif self.at:
            self.at -= 1
            self.fields[self.at] = ""
        else:
            self.finish(None)

    def _nobody_else(self) -> None:
        policy = approvals.alone_policy(self.till)
        if policy == "head_office_code":
            asked = approvals.ask_head_office(
                self.till, self.needed.right, self.needed.limit_value
            )
            if isinstance(asked, Refusal):
                self.error(pin_refusal_text(asked))
                return
            self.request = asked
        elif policy != "review_next_day":
            return
        self.alone = True
        self.fields = [""] * _FIELDS
        self.at = 0 if self.request is not None else 2

    def _go_on(self) -> None:
        if self.at == 0 and self.request is not None and self.fields[0]:
            self.at = 2
        elif self.at < _FIELDS - 1:
            self.at += 1 if self.fields[self.at] else 0
        elif self.request is not None:
            self._answer(
                approvals.grant_by_code(
                    self.till, self.request, self.fields[0], self.fields[2], self.needed.detail
                ),
                back_to=0,
            )
        elif self.alone:
            self._answer(
                approvals.grant_alone(
                    self.till,
                    self.needed.right,
                    self.fields[2],
                    detail=self.needed.detail,
                    limit_value=self.needed.limit_value,
                ),
                back_to=2,
            )
        else:
            self.host.start(self._check())
        if self.is_mounted:
            self.redraw()

    async def _check(self) -> None:
        approver_id, pin, reason = self.fields
        if approver_id == self.till.operator_id:
            self._answer(Refusal("approval_self", ""), back_to=0)
            return
        self.checking = True
        self.redraw()
        checked = await self.host.off_loop(
            lambda: operators.check_credentials(self.till, approver_id, pin)
        )
        self.checking = False
        if isinstance(checked, Refusal):
            self._answer(checked, back_to=1)
            return
        self._answer(
            approvals.grant_checked(
                self.till,
                self.needed.right,
                checked,
                reason,
                detail=self.needed.detail,
                limit_name=self.needed.limit_name,
                limit_value=self.needed.limit_value,
            ),
            back_to=0,
        )

    def _answer(self, result: Grant | Refusal, *, back_to: int) -> None:
        if isinstance(result, Refusal):
            self.at = back_to
            self.fields[1] = ""
            if back_to != 2:
                self.fields[back_to] = ""
            self.error(pin_refusal_text(result))
        else:
            self.finish(result)
