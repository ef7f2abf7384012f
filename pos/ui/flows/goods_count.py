"""盘点 at the till: open or join a count, report a bad tag; counting itself is `goods_counting`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.counting import CountKind, Tag
from pos.i18n import gettext as _
from pos.services.goods import (
    books,
    count_due,
    count_posting,
    count_states,
    count_tags,
    counting,
    stock,
)
from pos.services.goods.class_names import class_labels
from pos.services.goods.count_states import CountState
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_counting import count_through, how_far, title
from pos.ui.screens.choose import Choice
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home


async def goods_count(app: TillApp, home: Home) -> None:
    """Counts to go on with, a new one, or bad tags that the shop found itself."""
    while True:
        open_now = count_states.open_counts(app.till)
        waiting = count_posting.unposted(app.till)
        choices: list[Choice[object]] = []
        for count in open_now:
            choices.append(Choice(len(choices) + 1, title(count), count, how_far(count)))
        for count in waiting:
            words = _("Result: {count}").format(count=title(count))
            choices.append(Choice(len(choices) + 1, words, ("result", count)))
        number = len(choices)
        choices += [
            Choice(number + 1, _("Open a count"), "open"),
            Choice(number + 2, _("Report a mixed or lost tag that we found"), "tag"),
        ]
        chosen = await Ask(WideChooseScreen(_("Count stock"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        if chosen == "open":
            opened = await _open(app, home)
            if opened is not None:
                await count_through(app, home, opened)
        elif chosen == "tag":
            await _own_tag(app, home)
        elif isinstance(chosen, tuple):
            from pos.ui.flows.goods_count_result import show_result

            await show_result(app, home, chosen[1])
        elif isinstance(chosen, CountState):
            await count_through(app, home, counting.join(app.till, chosen))


def overdue_lines(app: TillApp) -> list[str]:
    """For the goods home: counts that wait, and classes whose cycle has passed (STK-10)."""
    rows = [
        _("To count: {count}").format(count=title(one))
        for one in count_states.open_counts(app.till)
    ]
    for one in count_due.due(app.till):
        text = _("Class {abc} is due for a count: {count} of {total}")
        rows.append(text.format(abc=one.abc, count=len(one.item_codes), total=one.total))
    return rows


# ------------------------------------------------------------------------------------ opening


async def _open(app: TillApp, home: Home) -> CountState | None:
    """Open a count; who may not is told who may."""
    due = count_due.due(app.till)
    choices: list[Choice[object]] = []
    if not books.are_open(app.till):
        choices.append(Choice(1, _("Opening count: the books begin with it"), CountKind.OPENING))
    choices.append(Choice(len(choices) + 1, _("Detailed count of everything"), CountKind.DETAILED))
    for one in due:
        words = _("Class {abc}, every {days} days").format(abc=one.abc, days=one.every_days)
        detail = _("due {count} of {total}").format(count=len(one.item_codes), total=one.total)
        choices.append(Choice(len(choices) + 1, words, one, detail))
    choices.append(Choice(len(choices) + 1, _("One class of goods"), "class"))
    chosen = await Ask(WideChooseScreen(_("Open a count"), choices))
    if chosen is None:
        return None
    kind = CountKind.CYCLE
    classes: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    if isinstance(chosen, CountKind):
        kind = chosen
    elif isinstance(chosen, count_due.Due):
        items = chosen.item_codes
    else:
        name = await _class(app)
        if name is None:
            return None
        classes = (name,)
    passes = 1 if kind is CountKind.OPENING else app.till.settings.stock.count_passes
    opened = counting.begin(app.till, kind, passes=passes, item_classes=classes, item_codes=items)
    if isinstance(opened, Refusal):
        home.error(refusal_text(opened))
        return None
    return opened


async def _class(app: TillApp) -> str | None:
    from pos.services import catalogue

    codes = stock.shop_quantities(app.till)
    found = {
        item.item_class
        for code in codes
        if (item := catalogue.find_item(app.till, code)) is not None and item.item_class
    }
    label = class_labels(app.till)
    choices = [
        Choice(n, clean(label(name)), name) for n, name in enumerate(sorted(found), start=1)
    ]
    return await Ask(WideChooseScreen(_("Which class?"), choices))


async def _own_tag(app: TillApp, home: Home) -> None:
    """STK-08: what the shop finds itself and reports is forgiven; its label is printed anew."""
    tag = await Ask(
        WideChooseScreen(
            _("Report a mixed or lost tag that we found"),
            [Choice(1, _("Mixed tag"), Tag.MIXED), Choice(2, _("Lost tag"), Tag.LOST)],
            lines=[_("What the shop reports itself is not counted against it.")],
        )
    )
    if tag is None:
        return
    described = await Ask(
        EntryScreen(
            _("Mixed tag") if tag is Tag.MIXED else _("Lost tag"),
            parsing.words,
            label=_("What is it, and where does it lie?"),
            letters=True,
            empty="-",
        )
    )
    if described is None:
        return
    from pos.domain.item import Item
    from pos.ui.screens.item_search import ItemSearchScreen

    found = await Ask(ItemSearchScreen(app.till, sells=False))
    item = found if isinstance(found, Item) else None
    count_tags.note_tag(
        app.till,
        tag,
        description=described,
        place="",
        found_by="store",
        item_code=item.item_code if item is not None else "",
        person_id=app.till.operator_id,
    )
    if item is None:
        home.note(_("Noted"))
        return
    from pos.services import labels
    from pos.ui.flows.print_queue import say

    printed = labels.print_labels(app.till, [item], "shelf", 1)
    if isinstance(printed, labels.CardIncomplete):
        home.note(_("Noted"))
    else:
        say(home, printed, _("Noted; its label is printed"))  # type: ignore[arg-type]
