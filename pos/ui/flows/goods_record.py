"""进货记录 on the screen and on paper: what was received in a span of days (RCV-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from pos.domain.goods.receiving import later_by
from pos.i18n import gettext as _
from pos.services.goods import purchase_record as record
from pos.services.goods.days import stock_day
from pos.services.goods.purchase_record import ReceivedLine
from pos.ui.flow import Ask
from pos.ui.screens.choose import Choice
from pos.ui.screens.goods_check import CheckScreen
from pos.ui.screens.goods_facts import FactsScreen, day_field
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp

_DAYS = 30


async def purchase_record(app: TillApp) -> None:
    """Ask for the days, show the record, print it."""
    today = stock_day(app.till)
    values = await Ask(
        FactsScreen(
            _("Purchase record"),
            [
                day_field("first", _("From"), later_by(today, -_DAYS)),
                day_field("last", _("To"), today),
            ],
        )
    )
    if values is None:
        return
    first, last = cast("str", values["first"]), cast("str", values["last"])
    rows = record.received(app.till, first, last)
    lines = [text for one in rows for text in _lines(one)] or [_("Nothing here")]
    while True:
        screen = CheckScreen(
            _("Purchase record"),
            lines,
            [Choice(1, _("Back"), "back"), Choice(2, _("Print"), "print")],
        )
        if await Ask(screen) != "print":
            return
        record.print_record(app.till, rows, first, last)


def _lines(one: ReceivedLine) -> list[str]:
    line = one.line
    facts = [line.batch, line.production_day, line.expiry, line.certificate]
    return [
        clean(
            f"{one.business_day} {one.document_no} {one.supplier} "
            f"{one.inspected_by}/{one.checked_by}"
        ),
        clean(
            f"  {line.description} {line.spec} {quantity_text(line.quantity_milli)} {line.unit} "
            + " ".join(part for part in facts if part)
        ),
    ]
