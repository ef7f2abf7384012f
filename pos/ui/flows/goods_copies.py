"""Where the four copies of each dispatch note are: sent, back, overdue (RCV-12, RCV-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services.goods import copies
from pos.services.goods.copies import NoteCopies
from pos.services.goods.days import stock_day
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.text_grid import clean

if TYPE_CHECKING:
    from pos.ui.app import TillApp


async def goods_copies(app: TillApp, home: Home) -> None:
    """The notes whose copies are on their way, the most urgent first."""
    while True:
        listed = copies.notes(app.till)
        today = stock_day(app.till)
        choices = [
            Choice(
                index,
                clean(f"{one.document_no} {one.order_no} {one.counterparty_name}"),
                one,
                _state(one, today),
            )
            for index, one in enumerate(listed, start=1)
        ]
        lines = [
            _(
                "The store keeps one copy; three go to the goods department, two of them to finance."
            )
        ]
        chosen = await Ask(ChooseScreen(_("Copies of dispatch notes"), choices, lines=lines))
        if chosen is None:
            home.refresh_sale()
            return
        await _one(app, home, chosen)


def _state(one: NoteCopies, today: str) -> str:
    if one.confirmed:
        return _("head office has them")
    if one.overdue(today):
        return _("due {day}!").format(day=one.due_day[5:])
    if one.sent_day:
        return _("sent {day}").format(day=one.sent_day[5:])
    return _("by {day}").format(day=one.due_day[5:])


async def _one(app: TillApp, home: Home, one: NoteCopies) -> None:
    lines = [
        clean(f"{one.document_no} · {one.order_no} · {one.counterparty_name}"),
        _("Printed {day}, due back {due}").format(day=one.printed_day, due=one.due_day),
    ]
    if one.sent_day:
        who = clean(one.sent_by)
        lines.append(_("Sent {day} with {who}").format(day=one.sent_day, who=who or "-"))
    if one.confirmed:
        lines.append(_("Head office has all three: note that they are back."))
    choices = [
        Choice(1, _("The three copies leave now"), "sent"),
        Choice(2, _("The goods department has them back, signed"), "received"),
    ]
    marked = 1 if one.sent_day or one.confirmed else 0
    action = await Ask(
        ChooseScreen(_("Copies of dispatch notes"), choices, lines=lines, marked=marked)
    )
    if action == "sent":
        by = await Ask(
            EntryScreen(
                _("Copies of dispatch notes"),
                parsing.words,
                label=_("Who takes them along?"),
                letters=True,
                empty="",
            )
        )
        if by is not None:
            await Saved(copies.sent(app.till, one.document_no, by))
            home.note(_("Noted"))
    elif action == "received":
        await Saved(copies.received(app.till, one.document_no))
        home.note(_("Noted"))
