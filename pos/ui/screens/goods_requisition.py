"""A requisition filled by hand: scan or search goods, say how many (SUP-03)."""

from __future__ import annotations

from typing import ClassVar

from pos.domain.cart import Refusal
from pos.domain.quantity import ONE
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import requisition_drafts
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.scanning import Scanned
from pos.ui.goods_names import goods_name
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.text_grid import clean
from pos.ui.widgets.goods_list import GoodsRow
from pos.ui.widgets.pad_footer import Hint

DONE, LEAVE = "done", "leave"


class RequisitionScreen(GoodsScanScreen[str], inherit_bindings=False):
    """Answers `done` or `leave`; `draft` is what stands on disk."""

    help_topic = "goods_planning"
    asks_serials: ClassVar[bool] = False

    def __init__(self, till: Till, draft: StoredDraft, *, said: str = "") -> None:
        """`said` is why the draft is here again."""
        super().__init__(till)
        self.draft = draft
        self._said = said
        self.caption = _("Order to head office")
        self._show_draft()

    def notes(self) -> tuple[str, ...]:
        document = self.draft.document
        who = clean(document.counterparty_name)
        notes = [who] if who else []
        if document.due_day:
            notes.append(_("Wanted by {day}").format(day=document.due_day))
        return tuple(notes)

    def hints(self) -> list[Hint]:
        return [(".", _("Take the line off")), ("Esc", _("Leave"))]

    def renamed(self) -> dict[str, str]:
        return {"done": _("Finish"), "line": ""}

    def on_mount(self) -> None:
        self.list.counted = False
        super().on_mount()
        if self._said:
            said, self._said = self._said, ""
            self.error(said)

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        code = scanned.item.item_code
        before = {one.item_code: one.quantity_milli for one in self.draft.document.lines}
        added = requisition_drafts.put(self.till, self.draft, scanned.item, quantity_milli or ONE)
        self.draft = added.draft
        self._show_draft(added.line.line_no)
        return Counted(added.line.line_no, before.get(code, 0))

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        result = requisition_drafts.set_quantity(self.till, self.draft, number, quantity_milli)
        if isinstance(result, Refusal):
            return result
        self.draft = result
        self._show_draft(number)
        return None

    def done(self) -> None:
        if self.draft.document.lines:
            self.finish(DONE)
        else:
            self.error(_("Nothing has been scanned yet"))

    def leave(self) -> None:
        self.finish(LEAVE)

    def row_options(self, number: int) -> None:
        self.set_quantity(number, 0)
        self.note(_("Taken off"))
        self.refresh_rows()

    def _show_draft(self, marked: int | None = None) -> None:
        rows = [
            GoodsRow(
                number=line.line_no,
                name=goods_name(self.till, line),
                quantity_milli=line.quantity_milli,
                code=clean(line.item_code),
                unit=clean(line.unit),
            )
            for line in self.draft.document.lines
        ]
        self.set_rows(rows, marked)
