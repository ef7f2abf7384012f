"""Stock report and what was earned: choose the days, look through classes, items and batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services import catalogue
from pos.services.goods import margins, report_tables, stock_report
from pos.services.goods.class_names import class_labels
from pos.services.goods.margins import Earnings
from pos.services.goods.report_tables import Figures
from pos.services.goods.stock_report import Report
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_report import GoodsReportScreen, Table
from pos.ui.text_grid import clean
from pos.ui.texts import named

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

Names = Callable[[int], str]


async def stock_pages(app: TillApp, home: Home) -> None:
    """The stock report of a day or a month: classes, the items of one, the batches of one."""
    days = await _days(app, home, _("Stock report"))
    if days is None:
        return
    till = app.till
    items = await app.off_loop(lambda: stock_report.report(till, *days, "item"))
    classes = items.classes()
    label = _class_name(app)
    marked = 0
    while True:
        names: Names = lambda n: label(classes.rows[n].key)  # noqa: E731
        page = report_tables.stock_figures(classes)
        index = await _page(app, page, names, _("Items"), marked)
        if index is None:
            return
        marked = index
        of_class = items.of_class(classes.rows[index].key)
        await _items(app, of_class, label(classes.rows[index].key), days)


async def _items(app: TillApp, report: Report, title: str, days: tuple[str, str]) -> None:
    marked, till = 0, app.till
    by_batch: Report | None = None
    names: Names = lambda n: item_name(app, report.rows[n].key)  # noqa: E731
    while True:
        page = report_tables.stock_figures(report)
        index = await _page(app, page, names, _("Batches"), marked, title)
        if index is None:
            return
        marked = index
        if by_batch is None:
            by_batch = await app.off_loop(lambda: stock_report.report(till, *days, "batch"))
        batches = by_batch.of_item(report.rows[index].key)
        await _page(
            app,
            report_tables.stock_figures(batches),
            lambda n, rows=batches.rows: clean(rows[n].batch) or _("without a batch"),  # type: ignore[misc]
            "",
            0,
            names(index),
        )


async def earned_pages(app: TillApp, home: Home) -> None:
    """What was earned in a day or a month, by class, then by item."""
    days = await _days(app, home, _("What was earned"))
    if days is None:
        return
    till = app.till
    items = await app.off_loop(lambda: margins.earnings(till, *days, "item"))
    classes = await app.off_loop(lambda: margins.earnings(till, *days, "class"))
    label = _class_name(app)
    marked = 0
    while True:
        names: Names = lambda n: label(classes.rows[n].key)  # noqa: E731
        page = report_tables.earned_figures(classes)
        index = await _page(app, page, names, _("Items"), marked)
        if index is None:
            return
        marked = index
        ours: Earnings = items.of_class(classes.rows[index].key)
        await _page(
            app,
            report_tables.earned_figures(ours),
            lambda n, rows=ours.rows: item_name(app, rows[n].key),  # type: ignore[misc]
            "",
            0,
            label(classes.rows[index].key),
        )


async def _page(
    app: TillApp,
    page: Figures,
    names: Names,
    opens: str,
    marked: int,
    title: str = "",
) -> int | None:
    """Show a page and print it when asked; the row that was opened, or None."""
    words = [_(page.title), page.period, title]
    table = Table(
        title="  ".join(word for word in words if word),
        headings=tuple(_(text) for text in page.headings),
        names=names,
        figures=page.rows,
        totals=page.totals,
        notes=tuple(_(text) for text in page.notes),
        opens=opens,
    )
    said = ""
    while True:
        screen = GoodsReportScreen(table, marked=marked, said=said)
        answer = await Ask(screen)
        marked = screen.marked
        if answer == "print":
            report_tables.print_page(app.till, page, names)
            said = _("Sent to the printer")
        elif answer == "open":
            return marked
        else:
            return None


async def _days(app: TillApp, home: Home, title: str) -> tuple[str, str] | None:
    """The days to look at; None when nobody may see costs, or it was given up."""
    till = app.till
    if not stock_report.may_see(till):
        home.error(_("You may not see what goods cost; a manager may"))
        return None
    choices = [
        Choice(n, words, what, "  ".join(dict.fromkeys(stock_report.period_of(till, what))))
        for n, (what, words) in enumerate(
            (
                ("day", _("Today")),
                ("month", _("This month")),
                ("last_month", _("Last month")),
            ),
            start=1,
        )
    ]
    choices.append(Choice(4, _("Another day…"), "other"))
    what = await Ask(ChooseScreen(title, choices))
    if what != "other":
        return None if what is None else stock_report.period_of(till, what)
    typed = await Ask(EntryScreen(title, parsing.day, label=_("Day, such as 20261121")))
    return None if typed is None else (typed, typed)


def item_name(app: TillApp, item_code: str) -> str:
    """Name and size of goods in the language of the screen."""
    item = catalogue.find_item(app.till, item_code)
    if item is None:
        return clean(item_code)
    return clean(f"{named(item.name, item.name_en)} {item.spec}".rstrip())


def _class_name(app: TillApp) -> Callable[[str], str]:
    label = class_labels(app.till)
    return lambda item_class: clean(label(item_class)) if item_class else _("without a class")
