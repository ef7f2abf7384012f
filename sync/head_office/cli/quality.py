"""`hq quality`: lists of quality over all stores as CSV."""

from __future__ import annotations

from pathlib import Path

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office

_LISTS = (
    *("ending", "bought", "readings", "devices"),
    *("purchases", "due", "maintenance", "temperatures"),
)
"""As `quality_lists.SHEETS`, which is loaded only when a list is made."""


@click.command()
@home_option
@click.argument("name", type=click.Choice(_LISTS))
@click.option("--store", default="", help=_("This store only."))
@click.option("--from", "first_day", default="", help=_("First day of a record."))
@click.option("--to", "last_day", default="", help=_("Last day of it."))
@click.option(
    "--csv",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("Write to this file instead of the screen."),
)
def quality(
    home: str | None,
    database_url: str | None,
    name: str,
    store: str,
    first_day: str,
    last_day: str,
    path: Path | None,
) -> None:
    """Print a list: batches near their date, who bought what is recalled, records of the law."""
    from sync.head_office.quality_lists import list_text
    from sync.head_office.service import Service

    place = office(home, database_url)
    try:
        text = list_text(Service(place), name, store, first_day, last_day)
    finally:
        place.close()
    if path is not None:
        path.write_text(text, encoding="utf-8")
        click.echo(str(path))
    else:
        click.echo(text.removeprefix("\ufeff"), nl=False)
