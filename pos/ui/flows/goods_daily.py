"""日盘总数 in the handover: both count, the books are shown, both sign (CSH-03, STK-04)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from pos.domain.goods.count_reasons import REASON_NUMBERS, REASON_WORDS
from pos.domain.goods.handover_totals import ClassTotal, HandoverTotals
from pos.i18n import gettext as _
from pos.services.goods import daily_total
from pos.services.goods.class_names import class_labels
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_daily_sign import DailySignScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp

_LINES_SIGNED = 8
"""More classes than these are named together in the dialog of 80x24; all were shown before."""


class _Words(NamedTuple):
    """What the two people are called, at a handover and at the close of the day."""

    first: str
    second: str
    first_signs: str
    second_signs: str


def _handover_words() -> _Words:
    return _Words(
        _("Pieces, counted by who goes"),
        _("Pieces, counted by who comes"),
        _("Pieces counted: who goes signs"),
        _("Pieces counted: who comes signs"),
    )


def _closing_words() -> _Words:
    return _Words(
        _("Pieces, counted by who closes"),
        _("Pieces, counted by somebody else (empty: nobody)"),
        _("Pieces counted: who closes signs"),
        _("Pieces counted: who counted along signs"),
    )


async def daily_totals(app: TillApp, receiver_id: str) -> HandoverTotals | None:
    """Count the classes of this shop and have both people sign; None where there is none.

    Whatever is left out, a class or a signature, is said on the slip and keeps nobody from going on.
    """
    return await _totals(app, receiver_id, _handover_words(), alone=False)


async def last_totals(app: TillApp, *, counted: bool) -> HandoverTotals | None:
    """The same as the day's last shift ends with the close of the day, where nobody takes over.

    One person may count alone then; a second one who counts along signs as well. Where the drawer
    is not counted either nothing is asked, and the slip says that it was not (STK-04).
    """
    if counted:
        return await _totals(app, "", _closing_words(), alone=True)
    wanted = daily_total.classes(app.till)
    return HandoverTotals(uncounted=tuple(wanted)) if wanted else None


async def _totals(
    app: TillApp, receiver_id: str, said: _Words, *, alone: bool
) -> HandoverTotals | None:
    wanted = daily_total.classes(app.till)
    if not wanted:
        return None
    label = class_labels(app.till)
    totals: list[ClassTotal] = []
    for item_class in wanted:
        total = await _one(item_class, label(item_class), said, alone=alone)
        if total is None:
            break
        totals.append(total)
    uncounted = tuple(wanted[len(totals) :])
    book = daily_total.books(app.till)
    for index, one in enumerate(totals):
        compared = msgspec.structs.replace(one, book_milli=book.get(one.item_class, 0))
        if compared.difference_milli:
            compared = msgspec.structs.replace(compared, reason=await _reason(compared, label))
        totals[index] = compared
    lines = [_text(one, label) for one in totals]
    lines += [_("{name}: not counted").format(name=clean(label(name))) for name in uncounted]
    await Ask(ReadScreen(_("Daily total"), lines))
    outgoing = incoming = ""
    if totals:
        both = not alone or any(one.incoming_milli is not None for one in totals)
        outgoing, incoming = await _signatures(app, lines, receiver_id, said, both=both)
    return HandoverTotals(
        totals=tuple(totals),
        uncounted=uncounted,
        receiver_id=incoming or receiver_id,
        outgoing_signed_by=outgoing,
        incoming_signed_by=incoming,
    )


async def _signatures(
    app: TillApp, lines: list[str], receiver_id: str, said: _Words, *, both: bool
) -> tuple[str, str]:
    """Numbers of who goes and who comes, each with a PIN; empty for whoever gave it up."""
    till = app.till
    if len(lines) > _LINES_SIGNED:
        more = _("and {count} more").format(count=len(lines) - _LINES_SIGNED + 1)
        lines = [*lines[: _LINES_SIGNED - 1], more]
    outgoing = await Ask(
        DailySignScreen(till, said.first_signs, lines, till.operator_id, not_by=(receiver_id,))
    )
    if not both:
        return outgoing or "", ""
    not_by = (outgoing or "", till.operator_id)
    incoming = await Ask(
        DailySignScreen(till, said.second_signs, lines, receiver_id, not_by=not_by)
    )
    return outgoing or "", incoming or ""


async def _one(item_class: str, name: str, said: _Words, *, alone: bool) -> ClassTotal | None:
    """Both counts of a class, until they are equal; Esc leaves it."""
    lines: list[str] = []
    while True:
        outgoing = await _pieces(name, said.first, lines)
        if outgoing is None:
            return None
        incoming = await _pieces(name, said.second, [], may_be_empty=alone)
        if incoming is not None and incoming < 0:
            incoming = None
        if incoming is None or incoming == outgoing:
            return ClassTotal(
                item_class=item_class, outgoing_milli=outgoing, incoming_milli=incoming
            )
        lines = [_("The two counts differ: count this class again, both of you")]


async def _pieces(
    name: str, label: str, lines: list[str], *, may_be_empty: bool = False
) -> int | None:
    """Pieces in thousandths, below 0 where nobody counted; None when it was left."""
    title = _("Daily total: {name}").format(name=clean(name))
    empty = -1 if may_be_empty else None
    return await Ask(EntryScreen(title, parsing.quantity, label=label, lines=lines, empty=empty))


async def _reason(one: ClassTotal, label: Callable[[str], str]) -> str:
    choices = [Choice(n, _(REASON_WORDS[reason]), reason) for n, reason in REASON_NUMBERS.items()]
    chosen = await Ask(ChooseScreen(_("Why does it differ?"), choices, lines=[_text(one, label)]))
    return "" if chosen is None else chosen.value


def _text(one: ClassTotal, label: Callable[[str], str]) -> str:
    return _("{name}: counted {counted}, books {book}, difference {difference}").format(
        name=clean(label(one.item_class)),
        counted=quantity_text(one.counted_milli),
        book=quantity_text(one.book_milli),
        difference=quantity_text(one.difference_milli),
    )
