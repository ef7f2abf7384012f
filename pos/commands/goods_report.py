"""`pos goods report` and `pos goods earned`: stock and margins of some days as CSV or JSON."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import HomeCommand, find_journal, home_option, json_option, print_json
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pos.services.context import Till

_DAY = click.DateTime(formats=["%Y-%m-%d"])
_first = click.option("--from", "first", type=_DAY, help="First business day; else the month's.")
_last = click.option("--to", "last", type=_DAY, help="Last business day; else today.")
_csv = click.option(
    "--csv",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to FILE; else it is printed.",
)


@click.command("report", cls=HomeCommand)
@_first
@_last
@click.option("--by", type=click.Choice(["class", "item", "batch"]), default="item")
@_csv
@home_option
@json_option
def report(
    first: date | None,
    last: date | None,
    *,
    by: str,
    file: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Stock report by this till's books: opening, in, out, adjusted, closing, value, days.

    The till may be running. In a shop with several tills head office has the whole shop's.
    """
    from pos.domain.stock_report import COLUMNS, texts_of
    from pos.services.goods import stock_report

    def read(till: Till, days: tuple[str, str]) -> tuple[list[dict[str, Any]], bool]:
        found = stock_report.report(till, *days, by)
        return [texts_of(row, by) for row in found.rows], found.own_movements

    _give(home, first, last, file, COLUMNS, read, as_json=as_json)


@click.command("earned", cls=HomeCommand)
@_first
@_last
@click.option("--by", type=click.Choice(["class", "item"]), default="item")
@_csv
@home_option
@json_option
def earned(
    first: date | None,
    last: date | None,
    *,
    by: str,
    file: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """What was bought, sold, lost and earned by this till's books; the till may be running."""
    from pos.services.goods import margins

    def read(till: Till, days: tuple[str, str]) -> tuple[list[dict[str, Any]], bool]:
        found = margins.earnings(till, *days, by)
        return [margins.texts_of(row, by) for row in found.rows], found.own_movements

    _give(home, first, last, file, margins.COLUMNS, read, as_json=as_json)


def _give(
    home: Path | None,
    first: date | None,
    last: date | None,
    file: Path | None,
    columns: Sequence[str],
    read: Callable[[Till, tuple[str, str]], tuple[list[dict[str, Any]], bool]],
    *,
    as_json: bool,
) -> None:
    from pos.commands.till_access import reading_till
    from pos.services.goods.report_tables import OWN
    from pos.services.quality.exports import csv_text

    with reading_till(find_journal(home)) as till:
        days = _days(first, last, till.local_iso()[:10])
        rows, own = read(till, days)
    if as_json:
        print_json({"from": days[0], "to": days[1], "own_movements": own, "rows": rows})
        return
    lines = [[str(row[name]) for name in columns] for row in rows]
    if file is None:
        click.echo(csv_text(columns, lines), nl=False)
    else:
        # With the mark that makes a spreadsheet read the Chinese in it.
        file.write_text(csv_text(columns, lines), encoding="utf-8-sig", newline="")
        click.echo(_("%(rows)s rows written to %(file)s.") % {"rows": len(rows), "file": file})
    if own:
        click.echo(_(OWN), err=True)


def _days(first: date | None, last: date | None, today: str) -> tuple[str, str]:
    end = f"{last:%Y-%m-%d}" if last else today
    begin = f"{first:%Y-%m-%d}" if first else f"{end[:8]}01"
    if begin > end:
        raise click.UsageError(_("--from is after --to"))
    return begin, end
