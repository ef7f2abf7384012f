"""`hq init, add-store, enrol, revoke, token, password, declare`: who belongs to head office."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.command()
@home_option
@click.option("--currency", default="CNY", help=_("Currency of stores that name none."))
@click.option(
    "--enrolments-from",
    default=None,
    help=_("Take over stores and enrolled tills from another head office's folder."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def init(
    home: str | None,
    database_url: str | None,
    currency: str,
    enrolments_from: str | None,
    *,
    as_json: bool,
) -> None:
    """Create a head office. The administrator's password is printed once."""
    from pos.domain.money import check_currency
    from sync.head_office import people, stores
    from sync.head_office.database import initialise, open_head_office
    from sync.head_office.home import locate
    from sync.head_office.version import app_version

    place = locate(home, database_url)
    made = initialise(
        place,
        currency=check_currency(currency),
        app_version=app_version(),
        database_url=database_url,
    )
    password = ""
    if not people.has_people(made):
        password = people.new_password()
        people.set_password(made, "admin", password)
    copied = 0
    if enrolments_from:
        source = open_head_office(enrolments_from, read_only=True)
        copied = stores.copy_enrolments(source, made)
        source.close()
    made.close()
    if as_json:
        print_json({"home": str(place.path), "password": password, "copied": copied})
        return
    click.echo(_("Head office: {path}").format(path=place.path))
    if password:
        click.echo(_("Sign in as admin with this password, shown once:"))
        click.echo(f"    {password}")


@click.command("add-store")
@home_option
@click.argument("store_id")
@click.option("--name", default="", help=_("Name of the store, as people call it."))
@click.option("--currency", default="", help=_("Fixed once the store is there."))
@click.option("--contact", default="", help=_("Whom to call when its day is missing."))
def add_store(
    home: str | None,
    database_url: str | None,
    store_id: str,
    name: str,
    currency: str,
    contact: str,
) -> None:
    """Add a store, or change its name and contact."""
    from sync.head_office import stores

    place = office(home, database_url)
    stores.add_store(place, store_id, name=name, currency=currency, contact=contact)
    place.close()


@click.command()
@home_option
@click.option("--store", required=True, help=_("Number of the store."))
@click.option("--workstation", required=True, help=_("Number of the till."))
@click.option(
    "--minutes",
    default=15,
    type=click.IntRange(1, 7 * 24 * 60),
    help=_("How long the code is good for."),
)
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def enrol(
    home: str | None,
    database_url: str | None,
    store: str,
    workstation: str,
    minutes: int,
    *,
    as_json: bool,
) -> None:
    """Make a code that lets one till enrol once, within some minutes."""
    from sync.head_office.auth import Auth

    place = office(home, database_url)
    code = Auth(place).new_code(store, workstation, lifetime_ms=minutes * 60_000)
    place.close()
    if as_json:
        print_json({"code": code, "store": store, "workstation": workstation, "minutes": minutes})
    else:
        click.echo(code)


@click.command()
@home_option
@click.option("--store", required=True, help=_("Number of the store."))
@click.option("--workstation", required=True, help=_("Number of the till."))
def revoke(home: str | None, database_url: str | None, store: str, workstation: str) -> None:
    """Refuse a till's key from now on; what it already sent stays."""
    from sync.head_office.auth import Auth

    place = office(home, database_url)
    count = Auth(place).revoke(store, workstation)
    place.close()
    click.echo(_("{count} keys revoked").format(count=count))


@click.group()
def token() -> None:
    """Read-only tokens for other systems and for Excel's "From Web"."""


@token.command("add")
@home_option
@click.argument("name")
@click.option("--store", default="", help=_("Let it read this store only."))
def token_add(home: str | None, database_url: str | None, name: str, store: str) -> None:
    """Make a token; it is printed once."""
    from sync.head_office import people

    place = office(home, database_url)
    click.echo(people.add_token(place, name, store))
    place.close()


@token.command("list")
@home_option
def token_list(home: str | None, database_url: str | None) -> None:
    """List tokens as JSON."""
    from sync.head_office import people

    place = office(home, database_url)
    print_json(
        [
            {"name": name, "store_id": store, "created_utc_ms": made, "revoked_utc_ms": revoked}
            for name, store, made, revoked in people.tokens(place)
        ]
    )
    place.close()


@token.command("revoke")
@home_option
@click.argument("name")
def token_revoke(home: str | None, database_url: str | None, name: str) -> None:
    """Refuse the tokens of that name from now on."""
    from sync.head_office import people

    place = office(home, database_url)
    click.echo(_("{count} tokens revoked").format(count=people.revoke_token(place, name)))
    place.close()


@click.command()
@home_option
@click.argument("name", default="admin")
def password(home: str | None, database_url: str | None, name: str) -> None:
    """Give a person a new password; it is printed once."""
    from sync.head_office import personnel

    place = office(home, database_url)
    try:
        made = personnel.new_password(place, None, name)
    finally:
        place.close()
    click.echo(made)


@click.command()
@home_option
@click.option("--store", required=True, help=_("Number of the store."))
@click.option("--workstation", required=True, help=_("Number of the till."))
@click.option("--day", required=True, help=_("Business day, such as 2026-11-21."))
@click.option(
    "--kind",
    type=click.Choice(["not_trading", "waived"]),
    required=True,
    help=_("The till did not trade, or its day is waived."),
)
@click.option("--by", required=True, help=_("Who declares it."))
@click.option("--reason", required=True, help=_("Why; it is kept."))
def declare(
    home: str | None,
    database_url: str | None,
    store: str,
    workstation: str,
    day: str,
    kind: str,
    by: str,
    reason: str,
) -> None:
    """Declare a till-day as not trading, or let finance waive it; audited."""
    from sync.head_office import completeness

    place = office(home, database_url)
    completeness.declare(
        place,
        store_id=store,
        business_day=day,
        workstation_id=workstation,
        kind=kind,
        by=by,
        reason=reason,
    )
    place.close()
