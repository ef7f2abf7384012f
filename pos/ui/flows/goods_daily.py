"""日盘总数 in the handover: who goes counts, who comes counts, then the books are shown (CSH-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pos.domain.goods.count_reasons import REASON_NUMBERS, REASON_WORDS
from pos.i18n import gettext as _
from pos.services.goods import daily_total
from pos.services.goods.daily_total import ClassTotal
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp


async def daily_totals(app: TillApp, receiver_id: str) -> None:
    """Count the classes of this shop; leaving it is recorded and keeps nobody from going on."""
    wanted = daily_total.classes(app.till)
    if not wanted:
        return
    totals: list[ClassTotal] = []
    for item_class in wanted:
        total = await _one(item_class)
        if total is None:
            break
        totals.append(total)
    book = daily_total.books(app.till)
    compared = [
        msgspec.structs.replace(one, book_milli=book.get(one.item_class, 0)) for one in totals
    ]
    reasoned = []
    for one in compared:
        if one.difference_milli:
            reasoned.append(msgspec.structs.replace(one, reason=await _reason(one)))
        else:
            reasoned.append(one)
    await Saved(daily_total.record(app.till, reasoned, receiver_id))
    await Ask(ReadScreen(_("Daily total"), [_text(one) for one in reasoned] or [_("Not counted")]))


async def _one(item_class: str) -> ClassTotal | None:
    """Both counts of a class, until they are equal; Esc leaves it."""
    lines: list[str] = []
    while True:
        outgoing = await _pieces(item_class, _("Pieces, counted by who goes"), lines)
        if outgoing is None:
            return None
        incoming = await _pieces(item_class, _("Pieces, counted by who comes"), [])
        if incoming is None or incoming == outgoing:
            return ClassTotal(
                item_class=item_class, outgoing_milli=outgoing, incoming_milli=incoming
            )
        lines = [_("The two counts differ: count this class again, both of you")]


async def _pieces(item_class: str, label: str, lines: list[str]) -> int | None:
    title = _("Daily total: {name}").format(name=clean(item_class))
    return await Ask(EntryScreen(title, parsing.quantity, label=label, lines=lines))


async def _reason(one: ClassTotal) -> str:
    choices = [Choice(n, _(REASON_WORDS[reason]), reason) for n, reason in REASON_NUMBERS.items()]
    chosen = await Ask(ChooseScreen(_("Why does it differ?"), choices, lines=[_text(one)]))
    return "" if chosen is None else chosen.value


def _text(one: ClassTotal) -> str:
    counted = one.outgoing_milli if one.incoming_milli is None else one.incoming_milli
    return _("{name}: counted {counted}, books {book}, difference {difference}").format(
        name=clean(one.item_class),
        counted=quantity_text(counted),
        book=quantity_text(one.book_milli),
        difference=quantity_text(one.difference_milli),
    )
