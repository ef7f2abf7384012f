"""`pos goods`: suppliers and rules of goods keeping, for a shop that stands alone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import (
    CHECK_FAILED,
    HomeGroup,
    fail,
    find_home,
    home_option,
    json_option,
    print_json,
)
from pos.commands.goods_draft import draft
from pos.commands.goods_report import earned, report
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from pos.config.goods_list import GoodsRows
    from pos.config.item_rows import RowProblem
    from pos.store.reference_writer import ReferenceWriter

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN_PROBLEMS = 20
_WAIT_S = 10.0
_POLL_S = 0.1

_COUNTED = {
    "suppliers": N_("{count} suppliers"),
    "class_rules": N_("rules of {count} classes"),
    "item_rules": N_("rules of {count} items"),
}


@click.group(cls=HomeGroup)
def goods() -> None:
    """Suppliers, and how goods are kept: minimum and maximum, cases, batches, dates, papers."""


for _command in (draft, report, earned):
    goods.add_command(_command)


@goods.command("import")
@click.argument("files", type=_FILE, nargs=-1, required=True)
@home_option
@click.option("--dry-run", is_flag=True, help="Say what it would do; write nothing.")
@click.option("--strict", is_flag=True, help="One bad row and nothing is imported.")
@json_option
def import_lists(
    files: tuple[Path, ...], *, home: Path | None, dry_run: bool, strict: bool, as_json: bool
) -> None:
    """Import FILES, lists as CSV or XLSX: suppliers, class rules, item rules.

    Their headings say which list each is. Good rows go in, in one transaction; bad ones are named
    and left out, unless --strict. A till that belongs to a head office gets these from there.
    """
    from pos.config.goods_list import read_goods_list
    from pos.setup import is_enrolled
    from pos.store.errors import NotAllowedHere

    folder = find_home(home)
    if is_enrolled(folder):
        raise NotAllowedHere(
            N_("{path} was not imported: head office owns this till's catalogue."), path=files[0]
        )
    lists: list[GoodsRows] = []
    problems: list[tuple[Path, RowProblem]] = []
    for path in files:
        found: list[RowProblem] = []
        lists.append(read_goods_list(path, found.append))
        problems += [(path, one) for one in found]
    refused = strict and bool(problems)
    if not dry_run and not refused:
        _write(folder, lists)
    if as_json:
        print_json(
            {
                "dry_run": dry_run,
                "imported": not dry_run and not refused,
                "rows": {one.dataset: len(one.rows) for one in lists},
                "problems": [
                    {"file": path.name, "row": one.row, "column": one.column, "got": one.got}
                    for path, one in problems
                ],
            }
        )
    else:
        counts = ", ".join(_(_COUNTED[one.dataset]).format(count=len(one.rows)) for one in lists)
        if dry_run or refused:
            click.echo(_("Nothing was written; the lists hold %(what)s.") % {"what": counts})
        else:
            click.echo(_("Imported: %(what)s.") % {"what": counts})
    _tell(problems)


@goods.command("export")
@click.argument("dataset", type=click.Choice(sorted(_COUNTED)))
@home_option
def export_list(dataset: str, *, home: Path | None) -> None:
    """Print a list as CSV, as `pos goods import` reads it: to look at, change and import again."""
    from pos.config.goods_list import goods_list_text
    from pos.store import goods_reference
    from pos.store.reference import ReferenceReader

    reader = ReferenceReader(find_home(home))
    try:
        read: dict[str, Callable[[sqlite3.Connection], Sequence[Any]]] = {
            "suppliers": goods_reference.suppliers,
            "class_rules": goods_reference.class_rules,
            "item_rules": goods_reference.item_rules,
        }
        click.echo(goods_list_text(dataset, reader.ask(read[dataset], ())), nl=False)
    finally:
        reader.close()


def _write(folder: Path, lists: list[GoodsRows]) -> None:
    from pos.store.reference_values import Changes

    rows: dict[str, list[object]] = {}
    for one in lists:
        rows.setdefault(one.dataset, []).extend(one.rows)
    with _writer(folder) as writer:
        writer.add_local(Changes(**rows))  # type: ignore[arg-type]  # rows by their dataset


def _writer(folder: Path) -> ReferenceWriter:
    """The catalogue, to write; a lone shop's uploader holds it only for moments."""
    from pos.store.errors import FileLocked
    from pos.store.reference_writer import ReferenceWriter
    from pos.version import __version__

    deadline = time.monotonic() + _WAIT_S
    while True:
        try:
            return ReferenceWriter.open(folder, app_version=__version__)
        except FileLocked:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_POLL_S)


def _tell(problems: list[tuple[Path, RowProblem]]) -> None:
    if not problems:
        return
    for path, one in problems[:_SHOWN_PROBLEMS]:
        click.echo(f"  {path.name}: {one.text(_)}", err=True)
    count = len(problems)
    fail(
        ngettext("%(rows)s row was left out.", "%(rows)s rows were left out.", count)
        % {"rows": count},
        code=CHECK_FAILED,
    )
