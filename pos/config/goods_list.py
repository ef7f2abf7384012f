"""Lists that say how goods are kept, as files: suppliers, rules of classes, rules of items.

CSV or XLSX with a row of headings, English or Chinese, in any order; which list a file is follows
from its headings. A bad row is named and left out, as in item lists. A lone shop imports them with
`pos goods import`, head office with its own command; both read them here.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pos.config.goods_columns import NAMED_TABLES, TABLES, Column, Table, Unreadable
from pos.config.item_rows import N_, ListRefused, Report, RowProblem, clean
from pos.config.list_files import (
    WORKBOOKS,
    csv_rows,
    detect_encoding,
    refused_as_list,
    workbook_rows,
)
from pos.domain.money import MoneyFormatError
from pos.domain.quantity import QuantityFormatError, format_quantity


class GoodsRows(msgspec.Struct, frozen=True):
    """One list: which dataset its rows belong to, and its good rows in the file's order."""

    dataset: str
    """`suppliers`, `class_rules` or `item_rules`."""

    rows: tuple[Any, ...]
    """`Supplier`, `ClassRule` or `ItemRule`."""


def read_goods_list(path: Path, report: Report, *, dataset: str = "") -> GoodsRows:
    """Read a list; problems of rows go to `report`.

    `dataset` says which list is expected; without it the headings decide. Raises ListRefused for a
    file that is none of these lists.
    """
    rows = _cells(path)
    headings = next(rows, None)
    if headings is None:
        raise ListRefused(N_("{path} is empty."), path=path)
    table, places = _table_of(path, headings, dataset)
    found: list[Any] = []
    seen: dict[str, int] = {}
    for number, cells in enumerate(rows, start=2):
        if not any(map(clean, cells)):
            continue
        row = _row(table, places, number, cells, seen, report)
        if row is not None:
            found.append(row)
    return GoodsRows(table.dataset, tuple(found))


def goods_list_text(dataset: str, rows: Iterable[Any]) -> str:
    """The list of `rows` as CSV that `read_goods_list` reads back to the same rows."""
    table = NAMED_TABLES[dataset]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([column.heading for column in table.columns])
    for row in rows:
        writer.writerow([column.write(getattr(row, column.field)) for column in table.columns])
    return stream.getvalue()


def _row(
    table: Table,
    places: dict[int, Column],
    number: int,
    cells: Sequence[str],
    seen: dict[str, int],
    report: Report,
) -> Any | None:
    values: dict[str, Any] = {}
    for place, column in places.items():
        text = clean(cells[place]) if place < len(cells) else ""
        if not text:
            continue
        try:
            values[column.field] = column.read(text)
        except (Unreadable, QuantityFormatError, MoneyFormatError):
            report(
                RowProblem(row=number, column=column.heading, expected=column.expected, got=text)
            )
            return None
    for heading in table.required:
        field = next(one.field for one in table.columns if one.heading == heading)
        if field not in values:
            report(RowProblem(row=number, column=heading, expected=N_("something here"), got=""))
            return None
    row = table.kind(**values)
    key = str(values[table.columns[0].field])
    earlier = seen.setdefault(key, number)
    if earlier != number:
        report(
            RowProblem(
                row=number,
                column=table.columns[0].heading,
                expected=N_("each code once"),
                got=f"{key} (row {earlier})",
            )
        )
        return None
    problem = _contradiction(row)
    if problem is not None:
        report(RowProblem(row=number, column=problem[0], expected=problem[1], got=problem[2]))
        return None
    return row


def _contradiction(row: Any) -> tuple[str, str, str] | None:
    """What two cells of one row say against each other: column, expected, got."""
    least, most = getattr(row, "min_milli", 0), getattr(row, "max_milli", 0)
    if most and most < least:
        return "max", N_("at least the minimum"), format_quantity(most)
    if getattr(row, "imported", False) and not row.actual_origin:
        # CAT-07: imported goods show where they are really made.
        return "actual_origin", N_("the actual place of production of imported goods"), ""
    return None


def _table_of(
    path: Path, headings: Sequence[str], dataset: str
) -> tuple[Table, dict[int, Column]]:
    candidates = [NAMED_TABLES[dataset]] if dataset else list(TABLES.values())
    for table in candidates:
        names = {
            alias.lower(): column
            for column in table.columns
            for alias in (column.heading, *column.aliases)
        }
        places: dict[int, Column] = {}
        for place, heading in enumerate(headings):
            column = names.get(clean(heading).lower())
            if column is not None and column not in places.values():
                places[place] = column
        present = {column.heading for column in places.values()}
        # A list of keys alone says nothing, and an item list has a code and a price.
        if set(table.required) <= present and (len(present) > 1 or dataset):
            return table, places
    raise ListRefused(
        N_("{path}: expected the headings of suppliers, class rules or item rules; got {got}."),
        hint=N_(
            "Suppliers have supplier_id and name, class rules item_class, item rules item_code."
        ),
        path=path,
        got=", ".join(clean(heading) for heading in headings)[:200],
    )


def _cells(path: Path) -> Iterator[Sequence[str]]:
    with refused_as_list(path):
        if path.suffix.lower() in WORKBOOKS:
            yield from workbook_rows(path)
            return
        with path.open(encoding=detect_encoding(path), newline="") as text:
            yield from csv_rows(text)
