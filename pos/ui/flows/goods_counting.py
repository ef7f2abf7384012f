"""One count at the till: areas given out and scanned, watched, counted again, ended (STK-04..12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from pos.domain.goods.counting import CountKind
from pos.domain.goods.variance import LAST_PASS
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services import people
from pos.services.goods import count_states, count_tags, counting
from pos.services.goods.count_states import CountState
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.screens.choose import Choice, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import listed, named, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

KIND_WORDS: Final[dict[CountKind, str]] = {
    CountKind.OPENING: N_("Opening count"),
    CountKind.TOTAL: N_("Daily total"),
    CountKind.DETAILED: N_("Detailed count"),
    CountKind.CYCLE: N_("Cycle count"),
}


class _Place(NamedTuple):
    pass_no: int
    area: str
    counter_id: str


def title(count: CountState) -> str:
    """A count in words: kind, number, what it is about."""
    kind = _(KIND_WORDS[count.kind])
    about = listed((*count.item_classes, *count.item_codes[:2]))
    return f"{kind} {clean(count.count_id)} {clean(about)}".rstrip()


def how_far(count: CountState) -> str:
    """How many areas of a count are done, in words."""
    if not count.begun:
        return _("not begun")
    done = sum(1 for area in count.areas.values() if area.done)
    return _("areas {done}/{count}").format(done=done, count=len(count.areas))


async def count_through(app: TillApp, home: Home, count: CountState) -> None:
    """One count: scan, give areas out, progress, count again, end."""
    while True:
        now = count_states.state(app.till, count.count_id) or count
        again = counting.recount_list(app.till, now)
        choices: list[Choice[str]] = [
            Choice(1, _("Scan an area"), "scan", _pieces(now)),
            Choice(2, _("Give an area to somebody"), "assign"),
            Choice(3, _("How far we are"), "progress", how_far(now)),
            Choice(4, _("Not to be counted: sold and kept, lent"), "apart"),
        ]
        if again:
            choices.append(Choice(5, _("Count again what differs"), "again", str(len(again))))
        number = len(choices)
        choices += [
            Choice(number + 1, _("End this count here"), "end"),
            Choice(number + 2, _("Give this count up"), "cancel"),
        ]
        lines = [clean(now.note)] if now.note else []
        action = await Ask(WideChooseScreen(title(now), choices, lines=lines))
        if action is None:
            return
        if action == "scan":
            await _scan(app, home, now)
        elif action == "assign":
            await _assign(app, home, now)
        elif action == "progress":
            await Ask(ReadScreen(_("How far we are"), _progress(app, now)))
        elif action == "apart":
            await Ask(ReadScreen(_("Not to be counted: sold and kept, lent"), _apart(app)))
        elif action == "again":
            await _scan_again(app, home, now, again)
        elif await _finish(app, home, now, action, again):
            return


def _pieces(count: CountState) -> str:
    return quantity_text(count.pieces_milli) if count.pieces_milli else ""


async def _scan(app: TillApp, home: Home, count: CountState) -> None:
    place = await _place(app, home, count)
    if place is None:
        return
    from pos.ui.screens.goods_count import GoodsCountScreen

    screen = GoodsCountScreen(app.till, count, place.pass_no, place.area, place.counter_id)
    answer = await Ask(screen)
    if answer == "done":
        await Saved(counting.area_done(app.till, count, place.pass_no, place.area))


async def _scan_again(app: TillApp, home: Home, count: CountState, items: Sequence[str]) -> None:
    """The third pass: the names of what differs, and not how many (STK-05)."""
    from pos.services import catalogue
    from pos.ui.screens.goods_count import GoodsCountScreen

    lines = []
    for code in items:
        item = catalogue.find_item(app.till, code)
        name = named(item.name, item.name_en) if item is not None else ""
        lines.append(f"{clean(code):<15} {clean(name)}")
    await Ask(ReadScreen(_("Count again what differs"), lines, enter=_("Count")))
    area = _("again")
    refusal = counting.assign(app.till, count, LAST_PASS, area, app.till.operator_id)
    if refusal is not None:
        home.error(refusal_text(refusal))
        return
    screen = GoodsCountScreen(app.till, count, LAST_PASS, area, app.till.operator_id)
    screen.only = frozenset(items)
    if await Ask(screen) == "done":
        await Saved(counting.area_done(app.till, count, LAST_PASS, area))


async def _place(app: TillApp, home: Home, count: CountState) -> _Place | None:
    """Which area is scanned: one that waits, or a new one of the operator's own."""
    own = app.till.operator_id
    choices: list[Choice[_Place | str]] = []
    for area in count.areas.values():
        if area.pass_no >= LAST_PASS or area.done:
            continue
        who = people.name_of(app.till, area.counter_id)
        words = _("Area {area}, pass {number}").format(area=clean(area.area), number=area.pass_no)
        choices.append(
            Choice(
                len(choices) + 1,
                words,
                _Place(area.pass_no, area.area, area.counter_id or own),
                clean(who),
            )
        )
    for pass_no in range(1, count.passes + 1):
        words = (
            _("Another area")
            if count.passes == 1
            else _("Another area, pass {number}").format(number=pass_no)
        )
        choices.append(Choice(len(choices) + 1, words, str(pass_no)))
    chosen = await Ask(WideChooseScreen(_("Scan an area"), choices))
    if chosen is None or isinstance(chosen, _Place):
        return chosen
    pass_no = int(chosen)
    area_name = await _area_name()
    if area_name is None:
        return None
    refusal = counting.assign(app.till, count, pass_no, area_name, own)
    if refusal is not None:
        home.error(refusal_text(refusal))
        return None
    return _Place(pass_no, area_name, own)


async def _area_name() -> str | None:
    return await Ask(
        EntryScreen(
            _("Area"),
            parsing.words,
            label=_("Number or name of the shelf"),
            lines=[_("An area is what one person counts in one go: a shelf, a counter.")],
            letters=True,
        )
    )


async def _assign(app: TillApp, home: Home, count: CountState) -> None:
    area = await _area_name()
    if area is None:
        return
    able = [
        one
        for one in people.operators(app.till)
        if (role := people.role_of(app.till, one)) is not None and role.may("stock.count")
    ]
    if not able:
        able = people.operators(app.till)
    choices = [Choice(n, clean(one.name), one, one.operator_id) for n, one in enumerate(able, 1)]
    person = await Ask(WideChooseScreen(_("Who counts it?"), choices))
    if person is None:
        return
    pass_no = 1
    if count.passes > 1:
        passes = [Choice(1, _("First pass"), 1), Choice(2, _("Second pass, blind"), 2)]
        picked = await Ask(WideChooseScreen(_("Which pass?"), passes))
        if picked is None:
            return
        pass_no = picked
    refusal = counting.assign(app.till, count, pass_no, area, person.operator_id)
    if refusal is not None:
        home.error(refusal_text(refusal))


def _progress(app: TillApp, count: CountState) -> list[str]:
    """Every area: who counts it, how many lines and pieces, whether it is done. No book figures."""
    rows = []
    for area in count.areas.values():
        state = _("done") if area.done else _("open")
        rows.append(
            _("Area {area}, pass {number}: {who}, lines {lines}, pieces {pieces}, {state}").format(
                area=clean(area.area),
                number=area.pass_no,
                who=clean(people.name_of(app.till, area.counter_id)),
                lines=area.scans,
                pieces=quantity_text(area.pieces_milli),
                state=state,
            )
        )
    return rows or [_("No area was given out or scanned yet")]


def _apart(app: TillApp) -> list[str]:
    """Open deliveries and loans: their pieces are not the shelf's (STK-11)."""
    from pos.services.goods import held, loans

    rows = []
    for one in held.open_entries(app.till):
        rows.append(_("Sold, in the shop: {number}").format(number=clean(one.number)))
        rows += [
            f"  {clean(line.line.description)} × {quantity_text(line.open_milli)}"
            for line in one.lines
        ]
    for loan in loans.ledger(app.till):
        rows.append(
            _("Lent, outside: {number} {who}").format(
                number=clean(loan.number), who=clean(loan.borrower)
            )
        )
    return rows or [_("Nothing is kept for customers and nothing is lent")]


async def _finish(
    app: TillApp, home: Home, count: CountState, action: str, again: Sequence[str]
) -> bool:
    """End or give up; True when the count is over at this till."""
    unfinished = [one for one in count.areas.values() if not one.done]
    lines = [
        _("Areas that are not done: {areas}").format(
            areas=listed(clean(one.area) for one in unfinished)
        )
        for _one in unfinished[:1]
    ]
    if again and action == "end":
        lines.append(_("To be counted again: {count}").format(count=len(again)))
    if action == "cancel":
        sure = await Ask(
            yes_no(
                _("Give this count up?"),
                [_("What was scanned stays on record and changes no stock."), *lines],
                yes=_("Give it up"),
                no=_("Go on"),
                marked=1,
            )
        )
        if not sure:
            return False
        await Saved(counting.cancel(app.till, count, ""))
        home.note(_("The count is given up"))
        return True
    lines.append(_("What was not scanned counts as none."))
    sure = await Ask(
        yes_no(_("End this count here?"), lines, yes=_("End it"), no=_("Go on"), marked=1)
    )
    if not sure:
        return False
    await Saved(counting.end(app.till, count))
    draft = count_tags.judge_draft(app.till, count)
    if draft is not None:
        home.note(_("Pieces with bad tags wait to be signed over to the goods department"))
    from pos.ui.flows.goods_count_result import after_end

    await after_end(app, home, count)
    return True
