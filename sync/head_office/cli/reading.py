"""`hq daily, status, pull`: reading head office's figures; safe beside a running `hq serve`."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json

if TYPE_CHECKING:
    from sync.head_office.completeness import TillDay

_GROUPINGS = ("store", "workstation", "item", "operator", "class", "hour", "tender")


@click.command()
@home_option
@click.option("--business-day", "business_day", default="", help=_("Every day when left out."))
@click.option("--store", default="", help=_("This store only."))
@click.option(
    "--by", type=click.Choice(_GROUPINGS), default="store", help=_("One row for each of these.")
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["json", "csv"]),
    default="json",
    help=_("Form of the rows."),
)
@click.option("--json", "fmt", flag_value="json", help=_("The same as --format json."))
def daily(
    home: str | None, database_url: str | None, business_day: str, store: str, by: str, fmt: str
) -> None:
    """Print sales by store, workstation, item, operator, class, hour or tender.

    A day that is not complete is said so on stderr, with the tills that are missing.
    """
    from sync.head_office import completeness, reports, tables

    day = _day(business_day) if business_day else ""
    place = office(home, database_url, read_only=True)
    rows = reports.daily(place.dialect, by=by, business_day=day, store_id=store)
    state = completeness.of_day(place, day, store) if day else None
    place.close()
    if fmt == "json":
        print_json(rows)
    else:
        sys.stdout.buffer.write(tables.to_csv(reports.columns(by), rows).encode())
    if state is not None and state.missing:
        _tell_missing(day, state.missing)


@click.command()
@home_option
@click.option(
    "--business-day",
    "business_day",
    default="",
    help=_("Also say whether this day is complete."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def status(
    home: str | None, database_url: str | None, business_day: str, *, as_json: bool
) -> None:
    """Print which tills have not synced, and whether a day is complete."""
    from sync.head_office import completeness
    from sync.head_office.words import missing_line

    place = office(home, database_url, read_only=True)
    silent = completeness.silent(place)
    day = completeness.of_day(place, _day(business_day)) if business_day else None
    place.close()
    if as_json:
        print_json({"silent": silent, "day": day})
        return
    for till in silent:
        click.echo(f"{till.store_id}/{till.workstation_id}  {till.reason}  {till.contact}")
    if day is not None:
        click.echo(f"{day.business_day}  {day.status}")
        for missing in day.missing:
            click.echo(f"  {missing_line(missing, _)}")


@click.command()
@home_option
@click.option("--day", default="yesterday", help=_("A business day, or yesterday."))
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help=_("Folder to save the file in."),
)
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["csv", "json", "xlsx"]),
    default="xlsx",
    help=_("Form of the file."),
)
@click.option(
    "--by", type=click.Choice(_GROUPINGS), default="store", help=_("One row for each of these.")
)
@click.option("--store", default="", help=_("This store only."))
@click.option(
    "--revision", type=int, default=None, help=_("An earlier answer; the newest when left out.")
)
@click.option("--url", default=None, help=_("Ask a running head office instead of the folder."))
@click.option(
    "--token",
    default=None,
    envvar="HQ_TOKEN",
    help=_("With --url: a read-only token; HQ_TOKEN when left out."),
)
def pull(
    home: str | None,
    database_url: str | None,
    day: str,
    out: Path,
    fmt: str,
    by: str,
    store: str,
    revision: int | None,
    url: str | None,
    token: str | None,
) -> None:
    """Save a day's sales as a file; prints its name. Exit 3 when the day is not complete."""
    business_day = _day(day)
    if url:
        from sync.head_office.pull import pull_over_http

        saved = pull_over_http(
            url,
            token or "",
            business_day=business_day,
            out=out,
            fmt=fmt,
            by=by,
            store=store,
            revision=revision,
        )
    else:
        from sync.head_office.pull import pull_from_home

        place = office(home, database_url)
        saved = pull_from_home(
            place,
            business_day=business_day,
            out=out,
            fmt=fmt,
            by=by,
            store=store,
            revision=revision,
        )
        place.close()
    click.echo(str(saved.path))
    if saved.status != "COMPLETE":
        _tell_missing(business_day, saved.missing)
        sys.exit(3)


def _tell_missing(business_day: str, missing: Sequence[TillDay]) -> None:
    """On stderr: which tills the day still waits for, and what is known of each."""
    from sync.head_office.words import missing_line

    click.echo(_("The day {day} is not complete:").format(day=business_day), err=True)
    for till in missing:
        click.echo(f"  {missing_line(till, _)}", err=True)


def _day(text: str) -> str:
    if text == "yesterday":
        return (dt.datetime.now(tz=dt.UTC).astimezone().date() - dt.timedelta(days=1)).isoformat()
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(
            _("expected a day such as 2026-11-21, got {text}").format(text=text)
        ) from None
