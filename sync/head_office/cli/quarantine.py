"""`hq quarantine list|show|release`: entries that head office keeps as bytes only (R9)."""

from __future__ import annotations

import sys

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.group()
def quarantine() -> None:
    """Entries kept as bytes only, because they could not be read or do not give their hash."""


@quarantine.command("list")
@home_option
@click.option("--all", "everything", is_flag=True, help=_("Those released before as well."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def quarantine_list(
    home: str | None, database_url: str | None, *, everything: bool, as_json: bool
) -> None:
    """List what waits; exits 1 when anything does."""
    from sync.head_office.quarantine import listed

    place = office(home, database_url, read_only=True)
    found = listed(place, everything=everything)
    place.close()
    if as_json:
        print_json(found)
    else:
        for held in found:
            mark = _(" (released)") if held.released_utc_ms else ""
            click.echo(f"{held.key}  {held.workstation_id}  {held.reason}{mark}")
        if not found:
            click.echo(_("Nothing is in quarantine."))
    if any(not held.released_utc_ms for held in found):
        sys.exit(1)


@quarantine.command("show")
@home_option
@click.argument("key")
def quarantine_show(home: str | None, database_url: str | None, key: str) -> None:
    """Show one entry, by the name that `list` gives it, as JSON."""
    from sync.head_office.quarantine import show

    place = office(home, database_url, read_only=True)
    try:
        print_json(show(place, key))
    finally:
        place.close()


@quarantine.command("release")
@home_option
@click.argument("key")
@click.option("--by", required=True, help=_("Who looked at it."))
@click.option("--reason", default="", help=_("Why; it is kept."))
def quarantine_release(
    home: str | None, database_url: str | None, key: str, by: str, reason: str
) -> None:
    """Book one entry; one that is booked already under another sequence is not booked twice."""
    from sync.head_office.quarantine import RELEASED, release

    place = office(home, database_url)
    try:
        outcome = release(place, key, by=by, reason=reason)
    finally:
        place.close()
    click.echo(_("Booked.") if outcome == RELEASED else _("It was booked already; nothing is."))
