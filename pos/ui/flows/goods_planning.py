"""What to order, and why: proposals by supplier, requisitions, warnings, shelves to fill."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.domain.planning.warnings import Kind
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.receipt.goods_plan import ANSWER_WORDS, KIND_WORDS
from pos.services.context import Till
from pos.ui.flow import Ask, Saved
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import cells
from pos.ui.texts import labelled, named, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.services.goods.planning import Plan, PlanLine
    from pos.services.goods.requisitions import Asked
    from pos.ui.app import TillApp


async def goods_planning(app: TillApp, home: Home) -> None:
    """The task's menu; everything in it is as of the moment it is shown."""
    from pos.services.goods import planning, requisition_drafts, requisitions, shelves
    from pos.ui.flows import goods_requisition, goods_warnings

    till = app.till
    told = ""
    while True:
        at = await app.off_loop(lambda: planning.snapshot(till))
        plan = await app.off_loop(lambda at=at: planning.plan(till, at))  # type: ignore[misc]
        warned = await app.off_loop(lambda at=at: planning.warned(till, at))  # type: ignore[misc]
        asked = requisitions.asked(till)
        fill = await app.off_loop(lambda: shelves.to_fill(till))
        drafts = requisition_drafts.drafts(till)
        open_answers = sum(1 for one in asked if not one.verdict)
        choices = [
            Choice(1, _("Proposals by supplier"), "plan", str(len(plan.lines))),
            Choice(2, _("Stock that needs somebody"), "warnings", str(len(warned))),
            Choice(3, _("Requisitions and their answers"), "asked", str(open_answers or "")),
            Choice(4, _("Shelves to fill"), "fill", str(len(fill) or "")),
            Choice(5, _("How suppliers deliver"), "suppliers"),
            Choice(6, _("Ask for goods by scan or search"), "own", str(len(drafts) or "")),
        ]
        lines = [*([f"✓ {told}", ""] if told else []), _days_line(plan)]
        told = ""
        if plan.own_sales:
            lines.append(_("Sales of this till alone; head office plans from all of them"))
        action = await Ask(ChooseScreen(_("What to order, and why"), choices, lines=lines))
        if action is None:
            home.refresh_sale()
            return
        if action == "plan":
            told = await _suppliers(app, home, plan)
        elif action == "warnings":
            await goods_warnings.kinds(app, home, plan, warned)
        elif action == "own":
            told = await goods_requisition.requisition(app, home)
        elif action == "asked":
            await _asked(app, asked)
        elif action == "fill":
            await _fill(app, home)
        else:
            await Ask(ReadScreen(_("How suppliers deliver"), _supplier_lines(app)))


def overdue_lines(app: TillApp) -> list[str]:
    """For the goods home: how much stock needs somebody, as of the last posting (REP-04).

    Read on a thread and shown once it is known: the home never waits for it.
    """
    till = app.till
    key = (till.journal.head()[0], till.reference.catalogue_version(), till.business_day)
    known = _known.get(till)
    if (known is None or known[0] != key) and till not in _reading:
        _count_again(app, key)
    counts = known[1] if known is not None else Counter[Kind]()
    lines: list[str] = []
    for kind in _AT_HOME:
        if not counts[kind]:
            continue
        word = f"{_(KIND_WORDS[kind])} {counts[kind]}"
        if lines and cells(lines[-1]) + cells(word) < _LINE_CELLS:
            lines[-1] += f" · {word}"
        else:
            lines.append(word)
    if lines:
        lines[0] = _("Stock: {what}").format(what=lines[0])
        lines[-1] = _("{what} (20 Enter)").format(what=lines[-1])
    return lines


_LINE_CELLS = 50
"""Cells of the words in a line; the longest text around them leaves so many of 80."""

_known: WeakKeyDictionary[Till, tuple[tuple[int, int, str], Counter[Kind]]] = WeakKeyDictionary()
_reading: WeakSet[Till] = WeakSet()


def _count_again(app: TillApp, key: tuple[int, int, str]) -> None:
    """Read on a thread of its own: a PIN's check must not wait behind a large shop's books."""
    from pos.services.goods import planning
    from pos.ui.screens.goods_home import GoodsHomeScreen

    till, loop = app.till, asyncio.get_running_loop()
    _reading.add(till)

    def read() -> None:
        try:
            counts = Counter(one.kind for one in planning.warned(till))
        except Exception:  # noqa: BLE001 - the till is closing; the task itself tells of a bad disk
            counts = Counter()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(done, counts)

    def done(counts: Counter[Kind]) -> None:
        _reading.discard(till)
        _known[till] = (key, counts)
        home = app.screen_stack[-1] if app.screen_stack else None
        if isinstance(home, GoodsHomeScreen):
            app.run_inside(home.refresh_sale)

    threading.Thread(target=read, name="stock-warnings", daemon=True).start()


_AT_HOME = (
    Kind.NEGATIVE,
    Kind.EXPIRED,
    Kind.OUT,
    Kind.LOW,
    Kind.NEAR_EXPIRY,
    Kind.OVER,
    Kind.DEAD,
    Kind.SLOW,
)


def _days_line(plan: Plan) -> str:
    count = plan.trading_days
    if count < 7:
        return _("Forecasts begin after a week of sales; minimum and maximum count until then")
    return ngettext("From {count} day of sales", "From {count} days of sales", count).format(
        count=count
    )


# ------------------------------------------------------------------------------- proposals


async def _suppliers(app: TillApp, home: Home, plan: Plan) -> str:
    """Choose whom to order from; then the lines. Gives what was done, for the menu to say."""
    while True:
        ids = sorted({line.supplier_id for line in plan.lines}, key=lambda one: (one == "", one))
        choices = []
        for number, supplier_id in enumerate(ids, start=1):
            supplier = plan.suppliers.get(supplier_id)
            name = supplier.name if supplier is not None else _("No supplier is known")
            count = len(plan.of_supplier(supplier_id))
            words = ngettext("{count} line", "{count} lines", count).format(count=count)
            choices.append(Choice(number, name, supplier_id, words))
        chosen = await Ask(ChooseScreen(_("Proposals by supplier"), choices))
        if chosen is None:
            return ""
        lines = plan.of_supplier(chosen)
        told = await _order(app, home, plan, chosen, lines)
        if told:
            return told


async def _order(
    app: TillApp, home: Home, plan: Plan, supplier_id: str, lines: tuple[PlanLine, ...]
) -> str:
    """Look through one supplier's lines and ask for them; gives what was done, or nothing."""
    from pos.services.goods import requisitions
    from pos.ui.screens.goods_planning import GoodsPlanScreen

    till = app.till
    supplier = plan.suppliers.get(supplier_id)
    title = supplier.name if supplier is not None else _("No supplier is known")
    may = till.operator is not None and till.operator.role.may(requisitions.RIGHT)
    screen = GoodsPlanScreen(till, plan, lines, title, may_ask=may)
    if await Ask(screen) == "back":
        return ""
    wanted = [one for one in screen.picked if one.quantity_milli > 0]
    count = len(wanted)
    ask = ngettext("Ask for {count} line", "Ask for {count} lines", count).format(count=count)
    choices = [Choice(1, ask, "ask")] if may and wanted else []
    choices.append(Choice(2, _("Print this plan"), "print"))
    action = await Ask(ChooseScreen(title, choices))
    if action == "print":
        requisitions.print_plan(till, plan, lines, title)
        return _("Sent to the printer")
    if action == "ask":
        posted = requisitions.ask(till, plan, supplier, wanted)
        if isinstance(posted, Refusal):
            home.error(refusal_text(posted))
            return ""
        document = await Saved(posted.saved)
        return _("Requisition {number} made").format(number=document.document_no)
    return ""


# ---------------------------------------------------------------------------- requisitions


async def _asked(app: TillApp, asked: list[Asked]) -> None:
    while True:
        choices = [
            Choice(number, one.document_no, one, _(ANSWER_WORDS.get(one.verdict, one.verdict)))
            for number, one in enumerate(asked, start=1)
        ]
        one = await Ask(ChooseScreen(_("Requisitions and their answers"), choices))
        if one is None:
            return
        lines = [
            _("{day}: {answer}").format(
                day=one.business_day, answer=_(ANSWER_WORDS.get(one.verdict, one.verdict))
            )
        ]
        if one.answer is not None and one.answer.note:
            lines.append(one.answer.note)
        lines.append("")
        for line in one.lines:
            granted = one.granted_milli(line.line_no)
            words = _("asked {quantity}").format(quantity=quantity_text(line.quantity_milli))
            if granted is not None:
                words += " → " + _("granted {quantity}").format(quantity=quantity_text(granted))
            lines.append(labelled(_name(app, line.item_code), words))
        await Ask(ReadScreen(one.document_no, lines))


# ------------------------------------------------------------------------- shelves, suppliers


async def _fill(app: TillApp, home: Home) -> None:
    """Shelves whose facing was sold since they were filled last: filled, and it is noted."""
    from pos.services.goods import shelves

    while True:
        found = shelves.to_fill(app.till)
        choices = [
            Choice(
                number,
                f"{one.shelf} {_name(app, one.item_code)}".strip(),
                one,
                _("sold {sold}, facing {facing}").format(
                    sold=quantity_text(one.sold_milli), facing=quantity_text(one.facing_milli)
                ),
            )
            for number, one in enumerate(found, start=1)
        ]
        lines = [_("Enter notes that a shelf is filled")] if found else []
        one = await Ask(ChooseScreen(_("Shelves to fill"), choices, lines=lines))
        if one is None:
            return
        noted = shelves.filled(app.till, one)
        await Saved(noted)
        home.note(_("Noted"))


def _supplier_lines(app: TillApp) -> list[str]:
    from pos.services.goods import requisitions

    lines: list[str] = []
    for one in requisitions.supplier_figures(app.till):
        lines.append(one.name or one.supplier_id)
        words = _(
            "  {receipts} receipts, {late} of {dated} late, rejected {percent}%, "
            "dearer {dearer}, cheaper {cheaper}"
        )
        rejected = f"{one.rejected_bp // 100}.{one.rejected_bp % 100:02d}"
        lines.append(
            words.format(
                receipts=one.receipts,
                late=one.late,
                dated=one.dated,
                percent=rejected,
                dearer=one.dearer,
                cheaper=one.cheaper,
            )
        )
    return lines or [_("Nothing was received from a supplier within the last year")]


def _name(app: TillApp, code: str) -> str:
    from pos.services import catalogue

    item: Item | None = catalogue.find_item(app.till, code)
    return code if item is None else f"{named(item.name, item.name_en)} {item.spec}".rstrip()
