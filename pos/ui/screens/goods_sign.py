"""A signature under a goods document: the signer's own number and PIN (RCV-01)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services import operators, people
from pos.services.context import Till
from pos.services.goods import documents
from pos.services.goods.drafting import StoredDraft
from pos.services.operators import Credentials
from pos.ui.keys import PadState
from pos.ui.screens.base import DialogScreen, KeyPress
from pos.ui.text_grid import Line, cells, clean, fit, lines_of
from pos.ui.texts import named, pin_refusal_text, quantity_text, right_name

Answer = TypeVar("Answer")

_NUMBER, _PIN = 0, 1
_INSPECTED: Final = (N_("First signature: inspected"), N_("Second signature: checked"))
_APPROVED: Final = (_INSPECTED[0], N_("Second signature: approved"))
_TITLES: Final = {
    DocumentKind.LOAN_OUT: (
        N_("First signature: the counter head consents"),
        N_("Second signature: the department manager approves"),
    ),
    DocumentKind.SCRAP: _APPROVED,
    DocumentKind.JUDGED: _APPROVED,
    DocumentKind.JUDGED_OUT: _APPROVED,
}
"""What the two signatures of a kind are, where they are not those of receiving."""


class NumberAndPinScreen(DialogScreen[Answer | None], Generic[Answer], inherit_bindings=False):
    """Asks one person for number and PIN, the PIN checked off the loop; None when given up."""

    CSS_PATH = "goods_sign.tcss"
    help_topic = "goods_sign"

    def __init__(self, till: Till, number: str = "") -> None:
        """`number` is who is expected; it can be cleared for somebody else."""
        super().__init__()
        self.till = till
        self.fields = [number, ""]
        self.at = _PIN if number else _NUMBER
        self.checking = False

    def told(self, width: int) -> list[Line]:
        """What is signed for."""
        return []

    def signed(self, credentials: Credentials) -> Answer | Refusal:
        """The answer once number and PIN are right."""
        raise NotImplementedError

    def words(self, refusal: Refusal) -> str:
        """Why it cannot be."""
        return pin_refusal_text(refusal)

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        return {
            "choose": _("Sign") if self.at == _PIN else _("OK"),
            "next": "",
            "cancel": _("Clear") if self.fields[self.at] else _("Back"),
        }

    def content(self, width: int) -> Sequence[Line]:
        rows = self.told(width)
        rows.append(())
        labels = (_("Operator's number"), _("PIN"))
        size = max(cells(label) for label in labels) + 2
        for index, label in enumerate(labels):
            value = self.fields[index]
            shown = "●" * len(value) if index == _PIN else self._named(value)
            cursor = "▏" if index == self.at else ""
            role = "panel_field" if index == self.at else "panel"
            field = (fit(f" {shown}{cursor}", width - size), role)
            rows.append(((fit(label, size), "panel_strong"), field))
        if self.checking:
            rows.append((("… " + _("One moment"), "panel_blue"),))
        return rows

    def _named(self, number: str) -> str:
        if self.at == _NUMBER or not number:
            return clean(number)
        found = people.person(self.till, number)
        return clean(f"{number}  {found.name}" if found is not None else number)

    def pad(self, action: str, press: KeyPress) -> None:
        if self.checking:
            return
        if action == "choose":
            self.guarded(press, self._go_on)
        elif action == "cancel":
            if self.fields[self.at]:
                self.fields[self.at] = ""
            elif self.at:
                self.at = _NUMBER
            else:
                self.finish(None)

    def other_key(self, press: KeyPress) -> None:
        if self.checking:
            return
        if press.key == "backspace":
            self.fields[self.at] = self.fields[self.at][:-1]
        elif not press.text or len(self.fields[self.at]) >= 32:
            return
        elif self.at == _NUMBER or press.digit:
            self.band.good()
            self.fields[self.at] += press.text

    def _go_on(self) -> None:
        if self.at == _NUMBER:
            self.at = _PIN if self.fields[_NUMBER] else _NUMBER
        else:
            self.host.start(self._check())
        if self.is_mounted:
            self.redraw()

    async def _check(self) -> None:
        number, pin = self.fields
        self.checking = True
        self.redraw()
        checked = await self.host.off_loop(
            lambda: operators.check_credentials(self.till, number, pin)
        )
        self.checking = False
        result = checked if isinstance(checked, Refusal) else self.signed(checked)
        self.fields[_PIN] = ""
        if isinstance(result, Refusal):
            if result.code in ("no_right", "same_person", "wrong_role"):
                self.fields[_NUMBER], self.at = "", _NUMBER
            self.error(self.words(result))
        else:
            self.finish(result)


class SignScreen(NumberAndPinScreen[StoredDraft], inherit_bindings=False):
    """Answers with the draft as it is signed, or None when it was given up."""

    def __init__(self, till: Till, draft: StoredDraft, *, lines: Sequence[str] = ()) -> None:
        self.draft = draft
        self.lines = tuple(lines)
        self.slot = documents.next_slot(draft.document)
        first, second = _TITLES.get(draft.document.document_kind, _INSPECTED)
        # Whoever is signed on signs, as a rule; but never twice.
        rights = documents.rights_of(draft.document.document_kind, draft.document.source)
        may = till.operator is not None and till.operator.role.may(rights[self.slot - 1])
        roles = documents.roles_of(till, draft.document, self.slot)
        if may and roles and till.operator is not None:
            may = till.operator.role.role_id in roles
        signed = {one.operator_id for one in draft.document.signatures if one.slot != self.slot}
        super().__init__(till, till.operator_id if may and till.operator_id not in signed else "")
        self.title_text = _(first) if self.slot == 1 else _(second)

    def told(self, width: int) -> list[Line]:
        from pos.ui.flows.goods_sign import KINDS

        document = self.draft.document
        count = len(document.lines)
        # What was rejected at receiving goes back and is in no stock: it is signed for all the same.
        received = document.document_kind in (DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN)
        pieces = sum(
            line.quantity_milli if received else line.quantity_milli or line.rejected_milli
            for line in document.lines
        )
        what = ngettext(
            "{kind}: {count} line, quantity {pieces}",
            "{kind}: {count} lines, quantity {pieces}",
            count,
        ).format(kind=_(KINDS[document.document_kind]), count=count, pieces=quantity_text(pieces))
        rows: list[Line] = [*lines_of(what, width, "panel_orange")]
        for line in self.lines:
            rows += lines_of(clean(line), width, "panel")
        for signature in document.signatures:
            if signature.slot != self.slot:
                # Goods are inspected when they come; what leaves is signed for.
                words = _("Inspected by {name}") if received else _("Signed first by {name}")
                done = words.format(name=clean(signature.name))
                rows += lines_of(done, width, "panel_blue")
        if self.slot == 2:
            words = (
                _("Somebody else than the inspector checks and signs.")
                if received
                else _("Somebody else than the first signs.")
            )
            rows += lines_of(words, width, "panel_dim")
        return rows

    def signed(self, credentials: Credentials) -> StoredDraft | Refusal:
        return documents.sign(self.till, self.draft, credentials)

    def words(self, refusal: Refusal) -> str:
        name = clean(str(refusal.values.get("name", "")))
        if refusal.code == "no_right":
            right = right_name(str(refusal.values.get("right", "")))
            return _("{name} may not sign here; it needs: {right}").format(name=name, right=right)
        if refusal.code == "wrong_role":
            wanted = str(refusal.values.get("roles", "")).split()
            known = [self.till.roles.get(role_id) for role_id in wanted]
            roles = " / ".join(
                role_id if role is None else named(role.name_zh, role.name_en)
                for role_id, role in zip(wanted, known, strict=True)
            )
            return _("{name} may not sign here; it takes: {roles}").format(name=name, roles=roles)
        if refusal.code == "same_person":
            return _("{name} has inspected these goods: somebody else must check them").format(
                name=name
            )
        return super().words(refusal)
