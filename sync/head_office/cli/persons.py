"""`hq person add|change|list|changes`: people of head office and their roles."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json

_ROLES = ("admin", "finance", "goods", "quality", "clerk")


@click.group()
def person() -> None:
    """People of head office: who may sign in, and what they may do there."""


@person.command("add")
@home_option
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), required=True, help=_("What the person does."))
@click.option("--operator", "operator_id", default="", help=_("The person's number at a till."))
@click.option("--language", default="", help=_("zh_CN or en; the browser's when left out."))
def person_add(
    home: str | None,
    database_url: str | None,
    name: str,
    role: str,
    operator_id: str,
    language: str,
) -> None:
    """Add a person; the password is printed once."""
    from sync.head_office import personnel

    place = office(home, database_url)
    try:
        made = personnel.add(place, None, name, role, operator_id=operator_id, language=language)
    finally:
        place.close()
    click.echo(made)


@person.command("change")
@home_option
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default=None, help=_("What the person does."))
@click.option("--operator", "operator_id", default=None, help=_("The person's number at a till."))
@click.option("--language", default=None, help=_("zh_CN or en; the browser's when left out."))
@click.option("--active/--inactive", default=None, help=_("Whether the person may sign in."))
def person_change(
    home: str | None,
    database_url: str | None,
    name: str,
    role: str | None,
    operator_id: str | None,
    language: str | None,
    *,
    active: bool | None,
) -> None:
    """Change a person's role, number at a till, language, or whether they may sign in."""
    from sync.head_office import personnel

    place = office(home, database_url)
    try:
        personnel.change(
            place,
            None,
            name,
            role=role,
            operator_id=operator_id,
            language=language,
            active=active,
        )
    finally:
        place.close()


@person.command("list")
@home_option
def person_list(home: str | None, database_url: str | None) -> None:
    """List people as JSON."""
    from sync.head_office import personnel

    place = office(home, database_url, read_only=True)
    print_json(personnel.staff(place))
    place.close()


@person.command("changes")
@home_option
@click.option("--limit", default=100, help=_("How many, the latest first."))
def person_changes(home: str | None, database_url: str | None, limit: int) -> None:
    """List what was changed about people and operators, and by whom, as JSON."""
    from sync.head_office import personnel

    place = office(home, database_url, read_only=True)
    print_json(personnel.events(place, limit=limit))
    place.close()
