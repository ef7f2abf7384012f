"""日销售 as a workbook: 完整性 first, then 数据, then 变更.

Bytes are a function of the answer alone: no clock is read and every date inside is the answer's
own. Text is always a text cell, whatever it looks like; money is a number with a format.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pos.domain.money import format_amount, parse_amount
from sync.head_office import changes, completeness
from sync.head_office.answers import Content
from sync.head_office.exports.headings import (
    COLUMNS_AFTER_KEY,
    GROUPINGS,
    HEADINGS,
    SHEET_CHANGES,
    SHEET_COMPLETENESS,
    SHEET_DATA,
    STATUSES,
    CellKind,
    state_name,
)

ROWS_PER_SHEET = 1_000_000
"""Data rows of one sheet; Excel ends at 1,048,576. What is more goes on to 数据 2."""

MAX_TEXT = 32_767
"""Characters that a cell holds."""

_FORMATS: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 14},
    "label": {"font_color": "#595959"},
    "bold": {"bold": True},
    "text": {"num_format": "@"},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "count": {"num_format": "0"},
    "quantity": {"num_format": "#,##0.###"},
    "money": {"num_format": "#,##0.00;[Red]-#,##0.00"},
    "heading": {"bold": True, "bg_color": "#DDEBF7", "bottom": 1, "text_wrap": True},
    "definition": {"font_color": "#595959", "font_size": 9, "text_wrap": True, "valign": "top"},
    "complete": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#2E7D32"},
    "partial": {"bold": True, "font_color": "#FFFFFF", "bg_color": "#C00000"},
    "missing": {"num_format": "@", "font_color": "#9C0006", "bg_color": "#FFC7CE"},
}

_TILL_HEADINGS = (
    ("营业日", 12),
    ("门店", 10),
    ("门店名称", 20),
    ("收银台", 10),
    ("状态", 26),
    ("Z 号", 8),
    ("已收到笔数", 11),
    ("与 Z 单差额", 12),
    ("未上传条数", 11),
    ("最后联系", 24),
    ("联系人", 20),
    ("说明", 30),
)
_CHANGE_HEADINGS = (
    ("营业日", 12),
    ("版本", 8),
    ("生成时间", 24),
    ("门店", 10),
    ("币种", 8),
    ("分组值", 18),
    ("栏目", 18),
    ("原值", 22),
    ("新值", 22),
)


def data_columns(content: Content) -> tuple[str, ...]:
    """Columns of 数据: those of the answer with 原价额 put in; their order never changes."""
    if content.by == "tender":
        return content.columns
    key = tuple(name for name in content.columns if name not in COLUMNS_AFTER_KEY)
    return (*key, *COLUMNS_AFTER_KEY)


def clean(text: str) -> str:
    """Text that XML and a cell can hold: nothing else is altered, a formula stays its text."""
    kept = "".join(
        c if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff") else "\ufffd" for c in text
    )
    return kept.encode("utf-8", "replace").decode()[:MAX_TEXT]


def render_workbook(days: Sequence[Content], *, revision: int | None = None) -> bytes:
    """The workbook of one day, or of a range of days in order; `revision` is the range's own."""
    import xlsxwriter

    stream = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(stream, options)
    newest = max(day.created_utc_ms for day in days)
    # The creation date would be now, and an earlier revision would not be the same file.
    book.set_properties(
        {"title": "日销售", "created": dt.datetime.fromtimestamp(newest // 1000, tz=dt.UTC)}
    )
    writer = _Writer(book)
    writer.write_completeness(days, days[0].revision if revision is None else revision, newest)
    writer.write_data(days)
    writer.write_changes(days)
    book.close()
    return stream.getvalue()


class _Writer:
    """Writes the sheets; xlsxwriter has no types, so what it returns is Any."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats = {name: book.add_format(values) for name, values in _FORMATS.items()}

    # ------------------------------------------------------------------ 完整性

    def write_completeness(self, days: Sequence[Content], revision: int, newest: int) -> None:
        """When, what and which revision; complete or not; sums; every till-day, missing first."""
        sheet, first = self._book.add_worksheet(SHEET_COMPLETENESS), days[0]
        partial = [day for day in days if day.status != completeness.COMPLETE]
        missing = [
            (day, till)
            for day in days
            for till in day.till_days
            if till.state not in completeness.DONE
        ]
        whole = first.business_day
        if len(days) > 1:
            whole = f"{first.business_day} 至 {days[-1].business_day}"
        self._text(sheet, 0, 0, f"日销售 {whole} 第 {revision} 版", "title")
        status = completeness.PARTIAL if partial else completeness.COMPLETE
        told = STATUSES[status]
        if missing:
            told += f":缺 {len(missing)} 个收银台营业日,本表的数不是全部"
        self._text(sheet, 1, 0, "状态", "label")
        self._text(sheet, 1, 1, told, "partial" if partial else "complete")
        for column in range(2, 6):
            sheet.write_blank(1, column, None, self._formats["partial" if partial else "complete"])
        for row, (label, value) in enumerate(
            (
                ("门店", first.store_id or "全部"),
                ("分组", GROUPINGS.get(first.by, first.by)),
                ("生成时间", _local(newest)),
            ),
            start=2,
        ):
            self._text(sheet, row, 0, label, "label")
            self._text(sheet, row, 1, value)
        if partial:
            sheet.set_tab_color("#C00000")
        row = self._sums(sheet, 6, days)
        row = self._headings(sheet, row + 1, _TILL_HEADINGS)
        done = [
            (day, till)
            for day in days
            for till in day.till_days
            if till.state in completeness.DONE
        ]
        for day, till in (*missing, *done):
            self._till_day(sheet, row, day, till)
            row += 1
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)

    def _sums(self, sheet: Any, row: int, days: Sequence[Content]) -> int:
        names = [n for n in data_columns(days[0]) if HEADINGS[n].kind is CellKind.MONEY]
        sums: dict[str, dict[str, int]] = {}
        for day in days:
            for line in day.rows:
                of_currency = sums.setdefault(str(line["currency"]), dict.fromkeys(names, 0))
                for name in names:
                    of_currency[name] += parse_amount(str(_value(line, name)))
        self._text(sheet, row, 0, "合计", "bold")
        for column, name in enumerate(names, start=1):
            self._text(sheet, row, column, HEADINGS[name].title, "heading")
        for currency in sorted(sums):
            row += 1
            self._text(sheet, row, 0, currency)
            for column, name in enumerate(names, start=1):
                self._number(sheet, row, column, format_amount(sums[currency][name]), "money")
        return row + 1

    def _till_day(self, sheet: Any, row: int, day: Content, till: completeness.TillDay) -> None:
        look = "text" if till.state in completeness.DONE else "missing"
        self._date(sheet, row, 0, day.business_day)
        for column, text in (
            (1, till.store_id),
            (2, till.store_name),
            (3, till.workstation_id),
            (4, state_name(till.state)),
            (9, _local(till.last_seen_utc_ms) if till.last_seen_utc_ms else "从未联系"),
            (10, till.contact),
            (11, till.note),
        ):
            self._text(sheet, row, column, text, look)
        if till.z_no:
            self._number(sheet, row, 5, till.z_no, "count")
        self._number(sheet, row, 6, till.transactions, "count")
        if till.difference_minor:
            self._number(sheet, row, 7, format_amount(till.difference_minor), "money")
        if till.unsent is None:
            self._text(sheet, row, 8, "不详", look)
        else:
            self._number(sheet, row, 8, till.unsent, "count")

    # -------------------------------------------------------------------- 数据

    def write_data(self, days: Sequence[Content]) -> None:
        """One row per grouping; definitions above the headings, so that a filter finds its row."""
        columns = data_columns(days[0])
        sheet, row, number = self._data_sheet(columns, 1), 2, 1
        for day in days:
            for line in day.rows:
                if row == ROWS_PER_SHEET + 2:
                    number += 1
                    sheet.autofilter(1, 0, row - 1, len(columns) - 1)
                    sheet, row = self._data_sheet(columns, number), 2
                for column, name in enumerate(columns):
                    self._cell(sheet, row, column, HEADINGS[name].kind, _value(line, name))
                row += 1
        sheet.autofilter(1, 0, max(row - 1, 1), len(columns) - 1)

    def _data_sheet(self, columns: Sequence[str], number: int) -> Any:
        sheet = self._book.add_worksheet(SHEET_DATA if number == 1 else f"{SHEET_DATA} {number}")
        for column, name in enumerate(columns):
            heading = HEADINGS[name]
            self._text(sheet, 0, column, f"{heading.definition}\n{name}", "definition")
            self._text(sheet, 1, column, heading.title, "heading")
            sheet.set_column(column, column, heading.width)
        sheet.set_row(0, 50)
        sheet.freeze_panes(2, 0)
        return sheet

    # -------------------------------------------------------------------- 变更

    def write_changes(self, days: Sequence[Content]) -> None:
        """What each revision told differently from the one before it, latest first."""
        sheet = self._book.add_worksheet(SHEET_CHANGES)
        row = self._headings(sheet, 0, _CHANGE_HEADINGS)
        sheet.freeze_panes(1, 0)
        for day in days:
            for change in day.changes:
                self._change(sheet, row, day, change)
                row += 1
            own = (day.revision, day.created_utc_ms)
            for number, created in (own, *reversed(day.revisions)):
                self._date(sheet, row, 0, day.business_day)
                self._number(sheet, row, 1, number, "count")
                self._text(sheet, row, 2, _local(created))
                self._text(sheet, row, 6, "首次生成" if number == 1 else "生成新版")
                row += 1

    def _change(self, sheet: Any, row: int, day: Content, change: changes.Change) -> None:
        self._date(sheet, row, 0, day.business_day)
        self._number(sheet, row, 1, change.revision, "count")
        heading = HEADINGS.get(change.column)
        title = heading.title if heading else "状态"
        for column, text in (
            (2, _local(change.created_utc_ms)),
            (3, change.store_id),
            (4, change.currency),
            (5, change.key),
            (6, title),
        ):
            self._text(sheet, row, column, text)
        for column, text in ((7, change.before), (8, change.after)):
            if heading is None:
                self._text(sheet, row, column, state_name(text) if text else "")
            elif text:
                self._cell(sheet, row, column, heading.kind, text)

    # ------------------------------------------------------------------- cells

    def _headings(self, sheet: Any, row: int, headings: Sequence[tuple[str, int]]) -> int:
        for column, (title, width) in enumerate(headings):
            self._text(sheet, row, column, title, "heading")
            sheet.set_column(column, column, width)
        return row + 1

    def _cell(self, sheet: Any, row: int, column: int, kind: CellKind, value: Any) -> None:
        if kind is CellKind.TEXT:
            self._text(sheet, row, column, str(value))
        elif kind is CellKind.DATE:
            self._date(sheet, row, column, str(value))
        else:
            self._number(sheet, row, column, value, kind.value)

    def _text(self, sheet: Any, row: int, column: int, text: str, look: str = "text") -> None:
        sheet.write_string(row, column, clean(text), self._formats[look])

    def _number(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        sheet.write_number(row, column, Decimal(str(value)), self._formats[look])

    def _date(self, sheet: Any, row: int, column: int, day: str) -> None:
        try:
            date = dt.date.fromisoformat(day)
        except ValueError:
            self._text(sheet, row, column, day)
        else:
            sheet.write_datetime(row, column, date, self._formats["date"])


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name == "list_amount":
        return format_amount(
            parse_amount(str(row["gross_sales"])) + parse_amount(str(row["discounts"]))
        )
    return row[name]


def _local(utc_ms: int) -> str:
    moment = dt.datetime.fromtimestamp(utc_ms // 1000, tz=dt.UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S %z")
