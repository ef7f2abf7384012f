"""The goods home: tasks by their number, drafts to go on with, what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, cast

from textual.app import ComposeResult

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.ui.commands import NAMES
from pos.ui.flows.registry import STORIES, Outcome
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, fit
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.line_widget import Canvas
from pos.ui.widgets.pad_footer import Hint


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the goods home: its number, the command that does it, the right it needs."""

    number: int
    command: str
    right: str
    title: str


TASKS: Final = (
    Task(1, "goods_receive", "stock.receive", N_("Receive goods")),
    Task(2, "goods_stock", "stock.view", N_("Stock: on hand, history, books")),
    Task(3, "goods_count", "stock.count", N_("Count stock")),
    Task(4, "goods_transfer", "stock.receive", N_("Goods to and from other shops")),
    Task(5, "goods_return", "stock.receive", N_("Send goods back to a supplier")),
    Task(6, "goods_scrap", "stock.receive", N_("Write off damaged and expired goods")),
    Task(7, "goods_loans", "stock.receive", N_("Goods lent and brought back")),
    Task(8, "goods_dispatch", "stock.view", N_("Goods sold and not yet delivered")),
    Task(9, "goods_quality", "stock.view", N_("Batches, dates, recalls, maintenance")),
    Task(10, "goods_planning", "stock.view", N_("What to order, and why")),
    Task(11, "labels", "label.print", N_("Price cards, shelf labels, barcodes")),
    Task(12, "goods_copies", "stock.receive", N_("Dispatch notes: where each copy is")),
)
"""What a receiver's day consists of; whoever lacks a task's right is told so."""


class GoodsHomeScreen(PageScreen[Outcome | None], inherit_bindings=False):
    """Answers with what comes afterwards, as the sale screen does; None goes back to the sale."""

    CSS_PATH = "goods_home.tcss"
    has_commands: ClassVar[bool] = True

    def __init__(self, till: Till, *, from_sale: bool = False) -> None:
        super().__init__()
        self.till = till
        self.from_sale = from_sale
        self.typed = ""
        self.marked = 0
        self.entry = EntryField()

    def compose(self) -> ComposeResult:
        yield self.header
        yield Canvas(self.body, id="body")
        yield self.band
        yield self.entry
        yield self.footer

    @property
    def pad_state(self) -> PadState:
        return PadState.DIALOG

    def renamed(self) -> dict[str, str]:
        return {"cancel": _("Clear") if self.typed else _("Back")}

    def hints(self) -> list[Hint]:
        return [("0 Enter", _("Functions"))]

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows: list[Line] = [((" " + _("Goods"), "strong"),), ()]
        for index, task in enumerate(TASKS):
            mark = "▶" if index == self.marked else " "
            text = fit(f" {mark} {task.number:>2}  {_(task.title)}", width)
            role = "text" if self._may(task) else "dim"
            rows.append(((text, "mark" if index == self.marked else role),))
        return rows[:height]

    def _may(self, task: Task) -> bool:
        operator = self.till.operator
        return operator is not None and operator.role.may(task.right)

    # ------------------------------------------------------------ keys

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self._move(1)
        elif action == "cancel":
            if self.typed:
                self._type("")
            elif self.from_sale:
                self.finish(None)
            else:
                self._start("sign_off")

    def other_key(self, press: KeyPress) -> None:
        if press.digit:
            self._type(self.typed + press.digit)
        elif press.key == "backspace":
            self._type(self.typed[:-1])
        elif press.key in ("down", "up"):
            self._move(1 if press.key == "down" else -1)
        else:
            command = self.host.keymap.command_for(press.key)
            if command in ("lock", "sign_off", "language", "quit", "functions"):
                self._start(command)

    def command(self, command: str, press: KeyPress) -> None:
        """A command by its name, from the function menu."""
        del press
        if command == "help":
            self.host.open_help(self)
        else:
            self._start(command)

    def _type(self, text: str) -> None:
        self.typed = text
        number = next((i for i, task in enumerate(TASKS) if str(task.number) == text), None)
        if number is not None:
            self.marked = number
        self.refresh_sale()

    def _move(self, step: int) -> None:
        self.typed = ""
        self.marked = (self.marked + step) % len(TASKS)
        self.refresh_sale()

    def _choose(self) -> None:
        typed, self.typed = self.typed, ""
        if typed and typed.strip("0") == "":
            self._start("functions")
            return
        if typed and not any(str(task.number) == typed for task in TASKS):
            self.error(_("There is no such number here"), typed)
            self.refresh_sale()
            return
        task = TASKS[self.marked]
        if not self._may(task):
            self.error(_("You have no right to do this"))
            return
        self._start(task.command)

    def _start(self, command: str) -> None:
        story = STORIES.get(command)
        if story is None:
            words = _(NAMES[command][1])
            self.error(_("This till does not have that yet: {what}").format(what=words))
            return
        # Stories ask of a home no more than `pos.ui.homes.Home` says.
        self.host.start(story(self.host, cast("Any", self)))

    # ------------------------------------------------------------ what stories ask of a home

    def refresh_sale(self) -> None:
        """Show tasks and lists as they are now."""
        if self.is_mounted:
            self.entry.show(self.typed)
            self.redraw()
