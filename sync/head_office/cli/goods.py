"""`hq import-items, operator, hold`: what goes down to the tills."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.command("import-items")
@home_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--effective-day", default="", help=_("Business day from which the prices count."))
@click.option("--store", default="", help=_("For this store only."))
@click.option("--dry-run", is_flag=True, help=_("Check the file and change nothing."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def import_items(
    home: str | None,
    database_url: str | None,
    file: Path,
    effective_day: str,
    store: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Import items, codes and prices from CSV or xlsx; only what differs is published."""
    from sync.head_office import catalogue
    from sync.head_office.feed import Feed

    place = office(home, database_url)
    result = catalogue.import_items(
        Feed(place), file, effective_day=effective_day, scope=store, by="cli", dry_run=dry_run
    )
    place.close()
    if as_json:
        print_json(result)
    else:
        click.echo(
            _("{rows} rows, {changed} items changed, {problems} problems").format(
                rows=result.rows, changed=result.published, problems=len(result.problems)
            )
        )
        for problem in (*result.problems, *result.notes):
            click.echo(problem.text(_), err=True)
    if result.problems:
        sys.exit(1)


@click.group()
def operator() -> None:
    """Operators of the tills."""


@operator.command("add")
@home_option
@click.argument("operator_id")
@click.option("--name", required=True, help=_("Name of the operator."))
@click.option("--role", required=True, help=_("One of the roles, such as cashier or manager."))
@click.option("--pin", default=None, help=_("Asked for when it is not given."))
@click.option("--language", default="", help=_("zh_CN or en; the shop's when left out."))
@click.option("--store", default="", help=_("At this store only."))
@click.option("--inactive", is_flag=True, help=_("May not sign on any more."))
def operator_add(
    home: str | None,
    database_url: str | None,
    operator_id: str,
    name: str,
    role: str,
    pin: str | None,
    language: str,
    store: str,
    *,
    inactive: bool,
) -> None:
    """Add an operator, or change one: the PIN is replaced."""
    from sync.head_office import personnel
    from sync.head_office.feed import Feed

    secret = pin or click.prompt(_("PIN"), hide_input=True, confirmation_prompt=True)
    place = office(home, database_url)
    try:
        personnel.set_operator(
            Feed(place),
            None,
            operator_id,
            name=name,
            role=role,
            pin=secret,
            language=language,
            active=not inactive,
            store_id=store,
        )
    finally:
        place.close()


@click.group()
def hold() -> None:
    """Holds: what is held is not sold."""


@hold.command("add")
@home_option
@click.argument("item_code")
@click.option("--reason", required=True, help=_("Why; it is kept."))
@click.option("--batch", default="", help=_("This batch only."))
@click.option(
    "--serial", default="", help=_("The pack with this serial number or trace code only.")
)
@click.option("--store", default="", help=_("At this store only."))
def hold_add(
    home: str | None,
    database_url: str | None,
    item_code: str,
    reason: str,
    batch: str,
    serial: str,
    store: str,
) -> None:
    """Hold an item, one batch of it or one pack; prints the hold's id."""
    from sync.head_office import catalogue
    from sync.head_office.feed import Feed

    place = office(home, database_url)
    hold_id = catalogue.hold(
        Feed(place), item_code, reason, batch=batch, serial=serial, scope=store, by="cli"
    )
    click.echo(hold_id)
    place.close()


@hold.command("lift")
@home_option
@click.argument("hold_id")
@click.option("--store", default="", help=_("The store of the hold, when it has one."))
def hold_lift(home: str | None, database_url: str | None, hold_id: str, store: str) -> None:
    """Lift a hold by its id."""
    from sync.head_office import catalogue
    from sync.head_office.feed import Feed

    place = office(home, database_url)
    catalogue.lift_hold(Feed(place), hold_id, scope=store, by="cli")
    place.close()
