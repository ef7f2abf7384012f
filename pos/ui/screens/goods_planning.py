"""What to order from one supplier: quantity, and below it why; a number and Enter changes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult

from pos.domain.item import Item
from pos.domain.money import extended_amount
from pos.i18n import gettext as _
from pos.receipt.goods_plan import details, explained
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods.planning import Plan, PlanLine
from pos.services.goods.requisitions import Picked
from pos.ui import parsing
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, fit
from pos.ui.texts import amount_text, named, quantity_text
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.line_widget import Canvas
from pos.ui.widgets.pad_footer import Hint

_ROWS = 2
"""Rows of the page that one proposal takes."""


class GoodsPlanScreen(PageScreen[Literal["ask", "back"]], inherit_bindings=False):
    """Answers `ask` or `back`; `picked` is what was decided on either way."""

    CSS_PATH = "goods_planning.tcss"
    help_topic: ClassVar[str] = "goods_planning"

    def __init__(
        self, till: Till, plan: Plan, lines: Sequence[PlanLine], title: str, *, may_ask: bool
    ) -> None:
        super().__init__()
        self.till = till
        self.plan = plan
        self.lines = list(lines)
        self.title_text = title
        self.may_ask = may_ask
        self.quantities = [line.proposal.quantity_milli for line in lines]
        self.marked = 0
        self.typed = ""
        self.opened = False
        """Everything behind the marked proposal is shown."""

        self.entry = EntryField()
        self._page = 1
        self._items: dict[str, Item | None] = {}

    @property
    def picked(self) -> list[Picked]:
        """Each line with the quantity decided on, zeros among them."""
        pairs = zip(self.lines, self.quantities, strict=True)
        return [Picked(line, quantity) for line, quantity in pairs]

    def compose(self) -> ComposeResult:
        yield self.header
        yield Canvas(self.body, id="body")
        yield self.band
        yield self.entry
        yield self.footer

    @property
    def pad_state(self) -> PadState:
        return PadState.LIST

    def renamed(self) -> dict[str, str]:
        if self.typed:
            return {"choose": _("Quantity"), "cancel": _("Clear")}
        if self.opened:
            return {"choose": _("Back")}
        return {"choose": _("Ask for them") if self.may_ask else _("Print")}

    def hints(self) -> list[Hint]:
        return [(".", _("Why")), ("0-9", _("Other quantity"))]

    # ------------------------------------------------------------ painting

    def body(self, width: int, height: int) -> Sequence[Line]:
        total = self._total_minor()
        right = amount_text(total) if total else ""
        rows: list[Line] = [
            (
                (" " + fit(self.title_text, width - 2 - cells(right)), "strong"),
                (right + " ", "strong"),
            )
        ]
        if self.plan.own_sales:
            rows.append(((" " + fit(_("Sales of this till alone"), width - 1), "dim"),))
        rows.append(())
        if self.opened and self.lines:
            return [*rows, *self._details(width)][:height]
        self._page = max(1, (height - len(rows)) // _ROWS)
        first = self.marked // self._page * self._page
        for index in range(first, min(first + self._page, len(self.lines))):
            rows += self._line(index, width)
        return rows[:height]

    def _line(self, index: int, width: int) -> list[Line]:
        line, quantity = self.lines[index], self.quantities[index]
        item = self._item(line.item_code)
        marked = index == self.marked
        right = self._quantity(line, quantity, item)
        left = f" {'▶' if marked else ' '} {self._goods(line.item_code)}"
        role = "mark" if marked else "text" if quantity else "dim"
        room = width - cells(right) - 2
        why = explained(line.proposal, self.plan.today.toordinal(), _)
        return [
            ((fit(left, room) + " " + right + " ", role),),
            ((fit("     " + why, width), "dim"),),
        ]

    def _quantity(self, line: PlanLine, quantity: int, item: Item | None) -> str:
        unit = item.unit if item is not None else ""
        case = line.proposal.policy.case_milli
        whole = f"{quantity_text(quantity)} {unit}".rstrip()
        if quantity and case and quantity % case == 0:
            return _("{whole} = {cases} cases").format(whole=whole, cases=quantity // case)
        return whole

    def _details(self, width: int) -> list[Line]:
        line = self.lines[self.marked]
        texts = [
            self._goods(line.item_code),
            explained(line.proposal, self.plan.today.toordinal(), _),
            "",
            *details(line.proposal, line.error, _),
        ]
        return [((" " + fit(text, width - 2), "text"),) for text in texts]

    def _goods(self, code: str) -> str:
        item = self._item(code)
        if item is None:
            return code
        return f"{named(item.name, item.name_en)} {item.spec}".rstrip()

    def _item(self, code: str) -> Item | None:
        if code not in self._items:
            self._items[code] = catalogue.find_item(self.till, code)
        return self._items[code]

    def _total_minor(self) -> int:
        return sum(
            extended_amount(line.cost_e4, quantity)
            for line, quantity in zip(self.lines, self.quantities, strict=True)
            if line.cost_e4 is not None
        )

    # ------------------------------------------------------------ keys

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "cancel":
            if self.typed:
                self._type("")
            elif self.opened:
                self._open(False)
            else:
                self.finish("back")
        elif action == "next":
            self._move(1)
        elif action == "page":
            self._move(self._page)
        elif press.key == "." and not self.typed:
            self._open(not self.opened)
        elif press.key == ".":
            self._type(self.typed + ".")

    def other_key(self, press: KeyPress) -> None:
        if press.digit:
            self._type(self.typed + press.digit)
        elif press.key == "backspace":
            self._type(self.typed[:-1])
        elif press.key in ("down", "up"):
            self._move(1 if press.key == "down" else -1)
        elif press.key in ("pagedown", "pageup"):
            self._move(self._page if press.key == "pagedown" else -self._page)

    def _choose(self) -> None:
        if self.typed:
            self._set()
        elif self.opened:
            self._open(False)
        else:
            self.finish("ask")

    def _set(self) -> None:
        typed, self.typed = self.typed, ""
        line = self.lines[self.marked]
        item = self._item(line.item_code)
        try:
            quantity = parsing.quantity(typed)
        except parsing.TypedError as error:
            self.error(str(error), typed)
            self._show()
            return
        if quantity % 1000 and not (item is not None and item.weighed):
            self.error(_("This is sold by the piece: type a whole number"), typed)
            self._show()
            return
        self.quantities[self.marked] = quantity
        case = line.proposal.policy.case_milli
        if case and quantity % case:
            self.note(_("Not whole cases of {count}").format(count=quantity_text(case)), "!")
        elif not quantity:
            self.note(_("Left out of this order"))
        else:
            self.band.good()
        self._move(1 if self.marked + 1 < len(self.lines) else 0)

    def _type(self, text: str) -> None:
        self.typed = text[:12]
        self._show()

    def _open(self, opened: bool) -> None:
        self.opened = opened
        self._show()

    def _move(self, step: int) -> None:
        self.typed = ""
        self.marked = max(0, min(len(self.lines) - 1, self.marked + step))
        self._show()

    def _show(self) -> None:
        self.entry.show(self.typed)
        if self.is_mounted:
            self.redraw()
