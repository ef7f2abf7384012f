"""Lists of suppliers and rules: read from files, published where they differ, exported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pos.config.goods_list import goods_list_text, read_goods_list
from pos.config.item_rows import ListRefused, RowProblem
from sync.head_office import class_names, goods_items, rights, tables
from sync.head_office.feed import Feed
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.people import Person
from sync.protocol import FeedChanges, FeedClass

MAX_PROBLEMS = 50
_NUMBERS = re.compile(r"[-0-9.~;]*", re.ASCII)
"""Cells that no spreadsheet takes for a formula although they begin with a minus."""


class ListImport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    dataset: str
    rows: int
    changed: int
    problems: tuple[RowProblem, ...] = ()


def import_list(
    feed: Feed, person: Person, path: Path, *, dataset: str = "", dry_run: bool = False
) -> ListImport:
    """Import suppliers, class rules, item rules or names of classes; bad rows are left out.

    Suppliers wait for somebody else's approval, rules go down at once. Raises NotAllowed,
    ListRefused for a file that is no such list.
    """
    problems: list[RowProblem] = []

    def report(problem: RowProblem) -> None:
        if len(problems) < MAX_PROBLEMS:
            problems.append(problem)

    try:
        found = read_goods_list(path, report, dataset=dataset)
    except ListRefused:
        if dataset:
            raise
        # Names of classes look like rules of them, but for their headings.
        found = read_goods_list(path, report, dataset="classes")
    rows = tuple(_unguarded(row) for row in found.rows)
    right = rights.SUPPLIER_EDIT if found.dataset == "suppliers" else rights.RULES_EDIT
    rights.require(person.name, person.role, right)
    changed = (
        _suppliers(feed, person, rows, problems, dry_run=dry_run)
        if found.dataset == "suppliers"
        else _rules(feed, person, found.dataset, rows, dry_run=dry_run)
    )
    return ListImport(
        dataset=found.dataset,
        rows=len(found.rows),
        changed=changed,
        problems=tuple(problems),
    )


def set_rules(feed: Feed, person: Person, dataset: str, rows: Sequence[Any]) -> int:
    """Publish class or item rules that differ; returns how many did. Raises NotAllowed."""
    rights.require(person.name, person.role, rights.RULES_EDIT)
    return _rules(feed, person, dataset, rows, dry_run=False)


def export_list(feed: Feed, dataset: str) -> str:
    """The list as CSV with a byte-order mark, as `import_list` reads it back."""
    rows: Iterable[Any]
    if dataset == "suppliers":
        rows = [record.supplier for record in Suppliers(feed).all()]
    elif dataset == "class_rules":
        rows = goods_items.class_rules(feed.dialect)
    elif dataset == "item_rules":
        rows = goods_items.item_rules(feed.dialect)
    elif dataset == "classes":
        rows = class_names.classes(feed.dialect)
    else:
        raise ValueError(
            f"expected suppliers, class_rules, item_rules or classes, got {dataset[:40]!r}"
        )
    stream = io.StringIO()
    writer = csv.writer(stream)
    for cells in csv.reader(io.StringIO(goods_list_text(dataset, rows))):
        writer.writerow([one if _NUMBERS.fullmatch(one) else tables.guard(one) for one in cells])
    return tables.BOM + stream.getvalue()


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows as CSV for people: every text is guarded against formulas, numbers stay numbers."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in rows:
        cells = (row[name] for name in columns)
        writer.writerow([tables.guard(one) if isinstance(one, str) else one for one in cells])
    return tables.BOM + stream.getvalue()


def _unguarded(row: Any) -> Any:
    """A row of a list that was exported here, with its texts as they were before guarding."""
    changed = {
        name: text[1:]
        for name in row.__struct_fields__
        if isinstance(text := getattr(row, name), str)
        and text.startswith("'")
        and tables.guard(text[1:]) == text
    }
    return msgspec.structs.replace(row, **changed) if changed else row


def _suppliers(
    feed: Feed,
    person: Person,
    rows: Sequence[Any],
    problems: list[RowProblem],
    *,
    dry_run: bool,
) -> int:
    keeper = Suppliers(feed)
    changed = 0
    for number, supplier in enumerate(rows, start=1):
        before = keeper.find(supplier.supplier_id)
        if before is not None:
            # A list says what a supplier is; how it stands is decided by people, one by one.
            supplier = msgspec.structs.replace(  # noqa: PLW2901 - the row as it is taken
                supplier, state=before.supplier.state
            )
        try:
            if not dry_run:
                record = keeper.enter(person, supplier)
                changed += before is None or record != before
            else:
                changed += before is None or before.supplier != supplier
        except ValueError as error:
            problems.append(
                RowProblem(
                    row=number + 1,
                    column="supplier_id",
                    expected=str(error),
                    got=supplier.supplier_id,
                )
            )
    return changed


def _rules(feed: Feed, person: Person, dataset: str, rows: Sequence[Any], *, dry_run: bool) -> int:
    if dataset == "classes":
        rows = [FeedClass(**msgspec.structs.asdict(row)) for row in rows]
    same = feed.unchanged(dataset, rows)
    differing = tuple(row for row in rows if getattr(row, row.__struct_fields__[0]) not in same)
    if differing and not dry_run:
        changes = {
            "class_rules": lambda: FeedChanges(class_rules=differing),
            "item_rules": lambda: FeedChanges(item_rules=differing),
            "classes": lambda: FeedChanges(classes=differing),
        }[dataset]()
        feed.publish(changes, by=person.name)
    return len(differing)
