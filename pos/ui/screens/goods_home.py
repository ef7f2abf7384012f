"""The goods home: tasks by their number, drafts to go on with, what is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from textual.app import ComposeResult

from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.overview import Overview, Waiting, overview
from pos.ui.commands import NAMES
from pos.ui.flows.registry import STORIES, Outcome
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, clean, fit
from pos.ui.texts import other_language
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.line_widget import Canvas
from pos.ui.widgets.pad_footer import Hint

if TYPE_CHECKING:
    from pos.ui.app import TillApp


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
    Task(6, "goods_scrap", "stock.receive", N_("Write off damaged goods")),
    Task(7, "goods_loans", "stock.receive", N_("Goods lent and brought back")),
    Task(8, "goods_dispatch", "stock.view", N_("Goods sold and not yet delivered")),
    Task(9, "goods_quality", "stock.view", N_("Batches, dates, recalls")),
    Task(10, "goods_planning", "stock.view", N_("What to order, and why")),
    Task(11, "labels", "label.print", N_("Price cards, labels, barcodes")),
    Task(12, "goods_copies", "stock.receive", N_("Copies of dispatch notes")),
)
"""What a receiver's day consists of; whoever lacks a task's right is told so."""


_FIRST_DRAFT = 21
"""Number of the first draft; the tasks stand below it."""

_WARNINGS = 20
"""Number of the stock that needs somebody, below the first draft's."""

_PLACE = {
    "receipt": "goods_receive",
    "transfer_in": "goods_transfer",
    "transfer_out": "goods_transfer",
    "supplier_return": "goods_return",
    "scrap": "goods_scrap",
    "loan_out": "goods_loans",
    "loan_return": "goods_loans",
    "to_judge": "goods_quality",
    "judged": "goods_quality",
    "judged_out": "goods_quality",
    "opening": "goods_count",
    "adjustment": "goods_count",
    "requisition": "goods_planning",
}
"""Kind of a draft → the task where it is gone on with."""


class GoodsHomeScreen(PageScreen[Outcome | None], inherit_bindings=False):
    """Answers with what comes afterwards, as the sale screen does; None goes back to the sale."""

    CSS_PATH = "goods_home.tcss"
    has_commands: ClassVar[bool] = True
    help_topic = "goods_home"

    def __init__(self, till: Till, *, from_sale: bool = False) -> None:
        super().__init__()
        self.till = till
        self.from_sale = from_sale
        self.typed = ""
        self.marked = 0
        self.entry = EntryField()
        self.facts = Overview(drafts=(), waiting=())
        self.more: list[str] = []
        """Overdue lines that other jobs tell in words."""

    def compose(self) -> ComposeResult:
        yield self.header
        yield Canvas(self.body, id="body")
        yield self.band
        yield self.entry
        yield self.footer

    @property
    def pad_state(self) -> PadState:
        return PadState.HOME

    def renamed(self) -> dict[str, str]:
        back = _("Back") if self.from_sale else _("Sign off")
        return {"cancel": _("Clear") if self.typed else back, "language": other_language()}

    def hints(self) -> list[Hint]:
        return [("0 Enter", _("Functions"))]

    # ------------------------------------------------------------ what it shows

    @property
    def drafts(self) -> Sequence[StoredDraft]:
        """Drafts that can be gone on with."""
        return self.facts.drafts[:9]

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows: list[Line] = [((" " + _("Stockroom"), "strong"),), ()]
        half = -(-len(TASKS) // 2)
        column = width // 2
        for left in range(half):
            both = [index for index in (left, left + half) if index < len(TASKS)]
            rows.append(tuple(self._task_cell(index, column) for index in both))
        waiting = [*self._waiting(), *((text.removeprefix("! "), "orange") for text in self.more)]
        rows.append(())
        rows += self._drafts(width, max(2, height - len(rows) - len(waiting) - 1))
        for text, role in waiting[: max(0, height - len(rows))]:
            rows.append(((fit(f" ! {text}", width), role),))
        if not self.drafts and not waiting:
            rows.append(((" " + _("Nothing waits."), "dim"),))
        return rows[:height]

    def _task_cell(self, index: int, width: int) -> tuple[str, str]:
        task = TASKS[index]
        mark = "▶" if index == self.marked else " "
        text = fit(f" {mark} {task.number:>2}  {_(task.title)}", width)
        role = "text" if self._may(task) else "dim"
        return text, "mark" if index == self.marked else role

    def _drafts(self, width: int, room: int) -> list[Line]:
        from pos.ui.flows.goods_sign import KINDS

        if not self.drafts:
            return []
        rows: list[Line] = [((" " + _("Drafts to go on with"), "strong"),)]
        for number, draft in enumerate(self.drafts[: room - 1], start=_FIRST_DRAFT):
            document = draft.document
            kind = _(KINDS[document.document_kind])
            state = _("draft")
            if document.signatures:
                name = clean(document.signatures[0].name)
                state = _("signed once by {name}").format(name=name)
            who = clean(document.counterparty_name or document.fields.get("order_no", ""))
            marked = self.marked == number
            text = fit(f" {'▶' if marked else ' '} {number}  {kind} · {who} · {state}", width)
            role = "orange" if document.signatures else "text"
            rows.append(((text, "mark" if marked else role),))
        return rows

    def _waiting(self) -> list[tuple[str, str]]:
        return [
            (words, "error" if one.urgent else "text")
            for one in self.facts.waiting
            if (words := waiting_text(one))
        ]

    def _may(self, task: Task) -> bool:
        operator = self.till.operator
        return operator is not None and operator.role.may(task.right)

    # ------------------------------------------------------------ keys

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self._move(1)
        elif action == "language":
            self._start("language")
        elif action == "cancel":
            if self.typed:
                self._type("")
            elif self.from_sale:
                self.finish(None)
            elif press.key != "escape":
                # Esc is pressed to be sure that no dialog is open: it sends nobody home.
                self._start("sign_off")

    def other_key(self, press: KeyPress) -> None:
        if press.digit:
            self._type((self.typed + press.digit)[-2:])
        elif press.key == "backspace":
            self._type(self.typed[:-1])
        elif press.key in ("down", "up"):
            self._move(1 if press.key == "down" else -1)
        elif press.key in ("left", "right"):
            self._move(6 if press.key == "right" else -6)
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
        number = int(text) if text else -1
        index = next((i for i, task in enumerate(TASKS) if task.number == number), None)
        if index is not None:
            self.marked = index
        elif self._draft(number) is not None:
            self.marked = number
        self._paint()

    def _move(self, step: int) -> None:
        self.typed = ""
        places = [*range(len(TASKS)), *range(_FIRST_DRAFT, _FIRST_DRAFT + len(self.drafts))]
        at = places.index(self.marked) if self.marked in places else 0
        self.marked = places[(at + step) % len(places)]
        self._paint()

    def _draft(self, number: int) -> StoredDraft | None:
        index = number - _FIRST_DRAFT
        return self.drafts[index] if 0 <= index < len(self.drafts) else None

    def _choose(self) -> None:
        typed, self.typed = self.typed, ""
        self._paint()
        if typed and typed.strip("0") == "":
            self._start("functions")
            return
        if typed == str(_WARNINGS):
            self._warnings()
            return
        known = {str(task.number) for task in TASKS}
        if typed and typed not in known and self._draft(int(typed)) is None:
            self.error(_("There is no such number here"), typed)
            return
        draft = self._draft(self.marked)
        if draft is not None:
            self._go_on(draft)
        elif self.marked < len(TASKS):
            task = TASKS[self.marked]
            if self._may(task):
                self._start(task.command)
            else:
                self.error(_("You have no right to do this"))

    def _warnings(self) -> None:
        from pos.ui.flows.goods_warnings import goods_warnings

        task = next(one for one in TASKS if one.command == "goods_planning")
        if self._may(task):
            self.band.good()
            self.host.start(goods_warnings(self.host, cast("Any", self)))
        else:
            self.error(_("You have no right to do this"))

    def _go_on(self, draft: StoredDraft) -> None:
        from pos.ui.flows import goods_receive

        received = draft.document_kind == "receipt" or bool(
            draft.document_kind == "transfer_in" and draft.document.fields.get("order_kind")
        )
        if not self._may(TASKS[0]):
            self.error(_("You have no right to do this"))
        elif received:
            self.host.start(goods_receive.resume(self.host, self, draft.draft_uuid))
        else:
            self._start(_PLACE.get(draft.document_kind, "goods_receive"))

    def _start(self, command: str) -> None:
        story = STORIES.get(command)
        if story is None:
            words = _(NAMES[command][1])
            self.error(_("This till does not have that yet: {what}").format(what=words))
            return
        # What went wrong in the last task does not stand beside the next one.
        self.band.good()
        # Stories ask of a home no more than `pos.ui.homes.Home` says.
        self.host.start(story(self.host, cast("Any", self)))

    def idle(self, seconds: float) -> None:
        """Called each second: an idle till locks itself."""
        limit = self.till.settings.lock.idle_minutes * 60
        # Reached from the sale screen it is itself one of two stories.
        if limit and seconds >= limit:
            self._start("lock")

    # ------------------------------------------------------------ what stories ask of a home

    def refresh_sale(self) -> None:
        """Show tasks and lists as they are now."""
        self._load()
        self._paint()

    def redraw(self) -> None:
        super().redraw()
        if self.is_mounted:
            self.entry.show(self.typed)

    def on_mount(self) -> None:
        super().on_mount()
        self.refresh_sale()

    def on_screen_resume(self) -> None:
        self._load()
        super().on_screen_resume()
        if self.host.screen is self:
            # What was scanned into a list is for nobody here: it must not be counted in the next
            # task, nor sold.
            self.host.drop_scans()

    def _load(self) -> None:
        self.facts = overview(self.till)
        self.more = overdue_lines(self.host) if self.is_attached else []

    def _paint(self) -> None:
        if self.is_mounted:
            self.redraw()


def waiting_text(one: Waiting) -> str:
    """What waits, in one line; empty for what this till does not know."""
    name = clean(one.name)
    match one.kind:
        case "transit_late":
            text = ngettext(
                "On its way {days} day too long: {name}",
                "On its way {days} days too long: {name}",
                one.days,
            )
            return text.format(days=one.days, name=name)
        case "to_receive":
            text = ngettext(
                "{count} order or dispatch to receive",
                "{count} orders and dispatches to receive",
                one.count,
            )
            return text.format(count=one.count)
        case "copies_late":
            text = ngettext(
                "{count} dispatch note's copies are overdue: {name}",
                "{count} dispatch notes' copies are overdue: {name}",
                one.count,
            )
            return text.format(count=one.count, name=name)
        case "half_signed":
            return _("Signed by one person only: {name}").format(name=name)
        case "half_signed_late":
            return _("First signature too old, sign again: {name}").format(name=name)
        case _:
            return ""


def overdue_lines(app: TillApp) -> list[str]:
    """What other jobs with goods say is overdue."""
    from pos.ui.flows import (
        goods_count,
        goods_dispatch,
        goods_loans,
        goods_planning,
        goods_quality,
        goods_stock,
    )

    loans = [*goods_loans.overdue_lines(app), *goods_dispatch.overdue_lines(app)]
    quality = goods_quality.overdue_lines(app)
    counts = goods_count.overdue_lines(app)
    stock = [*goods_stock.overdue_lines(app), *counts]
    return [*stock, *quality, *loans, *goods_planning.overdue_lines(app)]
