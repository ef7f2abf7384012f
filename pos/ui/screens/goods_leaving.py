"""Goods that leave, are lent or set apart: scanned onto a draft line by line."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsLine
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import leaving, stock
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.scanning import Scanned
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_sign import KINDS
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named, quantity_text
from pos.ui.widgets.goods_list import GoodsRow
from pos.ui.widgets.pad_footer import Hint

SIGN, LEAVE, GIVE_UP = "sign", "leave", "give_up"


class LeavingScreen(GoodsScanScreen[str], inherit_bindings=False):
    """Answers `sign`, `leave` or `give_up`.

    `draft` is what stands on disk; it is the caller's again when the screen has answered.
    """

    help_topic = "goods_leaving"

    def __init__(self, till: Till, draft: StoredDraft, *, said: str = "") -> None:
        """`said` is why the draft is here again."""
        super().__init__(till)
        self.draft = draft
        self._said = said
        self.kind = draft.document.document_kind
        self.caption = _(KINDS[self.kind])
        lines = draft.document.lines
        self._show_draft(lines[0].line_no if lines else None)

    @property
    def shows_expected(self) -> bool:
        return any(line.expected_milli is not None for line in self.draft.document.lines)

    def notes(self) -> tuple[str, ...]:
        document = self.draft.document
        who = clean(document.counterparty_name)
        signed = sorted({one.name or one.operator_id for one in document.signatures})
        notes = [who] if who else []
        if signed:
            notes.append(_("Signed: {names}").format(names=clean(", ".join(signed))))
        return tuple(notes)

    def hints(self) -> list[Hint]:
        return [(".", _("Line")), ("Esc", _("Leave"))]

    def renamed(self) -> dict[str, str]:
        return {"done": _("Sign"), "line": ""}

    def on_mount(self) -> None:
        self.list.counted = False
        super().on_mount()
        if self._said:
            said, self._said = self._said, ""
            self.error(said)

    # ------------------------------------------------------------ what scans and keys mean

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        before = {line.line_no: leaving.pieces_milli(line) for line in self.draft.document.lines}
        result = leaving.put(self.till, self.draft, scanned, quantity_milli)
        if isinstance(result, Refusal):
            return result
        self.draft, number = result
        self._show_draft(number)
        self._warn_of(number)
        return Counted(number, before.get(number, 0))

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        result = leaving.set_quantity(self.till, self.draft, number, quantity_milli)
        if isinstance(result, Refusal):
            return result
        self.draft = result
        self._show_draft(number)
        self._warn_of(number)
        return None

    def done(self) -> None:
        if self.draft.document.lines:
            self.finish(SIGN)
        else:
            self.error(_("Nothing has been scanned yet"))

    def leave(self) -> None:
        self.finish(LEAVE)

    def row_options(self, number: int) -> None:
        self.host.start(self._options(number))

    async def _options(self, number: int) -> None:
        line = self._line(number)
        if line is None:
            return
        choices = [
            Choice(1, _("Reason"), "reason"),
            Choice(2, _("Batch number"), "batch"),
            Choice(3, _("Note"), "note"),
            Choice(4, _("Take the line off"), "off"),
            Choice(5, _("Give the whole document up"), GIVE_UP),
        ]
        what = await Ask(ChooseScreen(goods_name(self.till, line), choices, lines=_facts(line)))
        if what == "off":
            refusal = self.set_quantity(number, 0)
            if refusal is not None:
                self.error(self.words(refusal))
        elif what == "reason":
            title = _("{what}: why?").format(what=goods_name(self.till, line))
            reason = await Ask(ReasonScreen(title, leaving.reasons_of(self.till, self.kind)))
            if reason:
                self._say(number, reason=reason)
        elif what in ("batch", "note"):
            label = _("Batch number") if what == "batch" else _("Note")
            text = await Ask(
                EntryScreen(goods_name(self.till, line), parsing.words, label=label, letters=True)
            )
            if text:
                self._say(number, **{what: text})
        elif what is not None:
            self.finish(what)
            return
        self.refresh_rows()

    def _say(self, number: int, **facts: str) -> None:
        self.draft = leaving.set_line(self.till, self.draft, number, **facts)
        self._show_draft(number)

    # ------------------------------------------------------------ the list

    def _line(self, number: int) -> GoodsLine | None:
        lines = self.draft.document.lines
        return next((line for line in lines if line.line_no == number), None)

    def _show_draft(self, marked: int | None = None) -> None:
        self.set_rows([self._row(line) for line in self.draft.document.lines], marked)

    def _row(self, line: GoodsLine) -> GoodsRow:
        reasons = leaving.reason_names(self.till, self.kind)
        detail = [line.batch, line.expiry]
        if line.reason in reasons:
            detail.append(named(*reasons[line.reason]))
        detail += [line.unit_codes[-1][-8:]] if line.unit_codes else []
        return GoodsRow(
            number=line.line_no,
            name=goods_name(self.till, line),
            quantity_milli=leaving.pieces_milli(line),
            code=clean(line.barcode or line.item_code),
            unit=clean(line.unit),
            detail=clean(" ".join(part for part in detail if part)),
            expected_milli=line.expected_milli,
        )

    def _warn_of(self, number: int) -> None:
        """Say at once that the books have less, while the goods are still in hand."""
        line = self._line(number)
        if line is None or not line.quantity_milli:
            return
        ours = sum(
            one.quantity_milli
            for one in self.draft.document.lines
            if one.item_code == line.item_code
        )
        judged = self.kind in (DocumentKind.JUDGED, DocumentKind.JUDGED_OUT)
        there = stock.on_hand(self.till, line.item_code)
        have = there.judge_milli if judged else there.shop_milli
        if ours > have:
            self.warn(
                _("The books have {have}, this document takes {ours}").format(
                    have=quantity_text(have), ours=quantity_text(ours)
                )
            )


class LendingScreen(LeavingScreen, inherit_bindings=False):
    """The same for goods that are lent."""

    help_topic = "goods_loans"


def _facts(line: GoodsLine) -> list[str]:
    figures = f"{quantity_text(leaving.pieces_milli(line))} {clean(line.unit)}".rstrip()
    codes = [clean(code) for code in line.unit_codes[:4]]
    return [figures, *codes]
