"""Stock report of this till's books: opening, in, out, adjusted, closing, value, days (STK-16).

The columns mean what head office's report means (`pos.domain.stock_report`). In a shop with several
tills this one knows its own movements only, and says so (`own_movements`): the whole store's report
is head office's.
"""

from __future__ import annotations

import calendar
import datetime as dt

import msgspec

from pos.domain import stock_report
from pos.domain.stock_cost import Average
from pos.domain.stock_report import StockRow
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import margins
from pos.services.goods.days import stock_day
from pos.store import goods_planning, stock_ledger, stock_periods

RIGHT = "stock.adjust"
"""Who may adjust stock may see what it cost."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of this till's books over business days, both counted."""

    first_day: str
    last_day: str
    by: str
    rows: list[StockRow]
    value_minor: int
    uncosted: int
    """Items on hand without a cost, which the value leaves out."""

    own_movements: bool
    """Other tills move goods of this shop as well; only this one's movements are here."""

    def classes(self) -> Report:
        """The same by class, of a report by item; nothing is read again."""
        days = dt.date.fromisoformat(self.last_day) - dt.date.fromisoformat(self.first_day)
        rows = stock_report.by_class(self.rows)
        for row in rows:
            row.turnover_days = stock_report.turnover_days(row, days.days + 1)
        rows.sort(key=lambda row: row.key)
        return msgspec.structs.replace(self, by="class", rows=rows)

    def of_class(self, item_class: str) -> Report:
        """The rows of one class."""
        return self._narrowed([row for row in self.rows if row.item_class == item_class])

    def of_item(self, item_code: str) -> Report:
        """The rows of one item."""
        return self._narrowed([row for row in self.rows if row.key == item_code])

    def _narrowed(self, rows: list[StockRow]) -> Report:
        return msgspec.structs.replace(
            self,
            rows=rows,
            value_minor=sum(row.value_minor or 0 for row in rows),
            uncosted=len({r.key for r in rows if r.closing_milli and r.unit_cost_e4 is None}),
        )


def may_see(till: Till) -> bool:
    """Whether who is signed on may see what goods cost."""
    return till.operator is not None and till.operator.role.may(RIGHT)


def period_of(till: Till, what: str) -> tuple[str, str]:
    """First and last day of `day`, `month` or `last_month`, seen from the business day."""
    today = dt.date.fromisoformat(stock_day(till) or till.local_iso()[:10])
    if what == "day":
        return today.isoformat(), today.isoformat()
    first = today.replace(day=1)
    if what == "last_month":
        first = (first - dt.timedelta(days=1)).replace(day=1)
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return first.isoformat(), min(last, today).isoformat()


def report(till: Till, first_day: str, last_day: str, by: str = "item") -> Report:
    """The report by `item`, `class` or `batch`. Slow in a large shop: call it off the loop."""
    reader = till.journal.reader()
    averages: dict[str, Average] = {}
    with stock_periods.at_one_moment(reader):
        figures = stock_ledger.all_balances(reader)
        moved = list(stock_periods.moved_since(reader, first_day))
        earned = margins.figures(reader, first_day, last_day, {}, averages)
        dated = goods_planning.dated_batches(reader, "9999-12-31") if by == "batch" else []
    rows = stock_report.summed(figures, moved, last_day, by_batch=by == "batch")
    if by != "batch":
        stock_report.costed(rows, earned)
    kept = [row for row in rows.values() if stock_report.says_something(row)]
    for row in kept:
        item = catalogue.find_item(till, row.key)
        row.description = item.name if item is not None else ""
        row.item_class = item.item_class if item is not None else ""
    stock_report.opened(kept)
    if by == "batch":
        dates: dict[str, dict[str, str]] = {}
        for one in dated:
            dates.setdefault(one.item_code, {})[one.batch] = one.expiry
        stock_report.take_off(kept, dates)
        kept = [row for row in kept if stock_report.says_something(row)]
    costs = {
        code: one.unit_cost_e4 for code, one in averages.items() if one.unit_cost_e4 is not None
    }
    kept, uncosted = stock_report.valued(kept, costs, by, first_day, last_day)
    return Report(
        first_day=first_day,
        last_day=last_day,
        by=by,
        rows=kept,
        value_minor=sum(row.value_minor or 0 for row in kept),
        uncosted=uncosted,
        own_movements=margins.several_tills(till),
    )
