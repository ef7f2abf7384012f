"""`hq person add|change|list`: people of head office and their roles."""

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
def person_add(
    home: str | None, database_url: str | None, name: str, role: str, operator_id: str
) -> None:
    """Add a person; the password is printed once."""
    from sync.head_office import people

    place = office(home, database_url)
    try:
        if name in {known[0] for known in people.people(place)}:
            raise ValueError(_("{name} is there already: use hq person change").format(name=name))
        made = people.new_password()
        people.set_password(place, name, made, role)
        if operator_id:
            people.change(place, name, operator_id=operator_id)
    finally:
        place.close()
    click.echo(made)


@person.command("change")
@home_option
@click.argument("name")
@click.option("--role", type=click.Choice(_ROLES), default=None, help=_("What the person does."))
@click.option("--operator", "operator_id", default=None, help=_("The person's number at a till."))
@click.option("--active/--inactive", default=None, help=_("Whether the person may sign in."))
def person_change(
    home: str | None,
    database_url: str | None,
    name: str,
    role: str | None,
    operator_id: str | None,
    *,
    active: bool | None,
) -> None:
    """Change a person's role, their number at a till, or whether they may sign in."""
    from sync.head_office import people

    place = office(home, database_url)
    try:
        people.change(place, name, role=role, operator_id=operator_id, active=active)
    finally:
        place.close()


@person.command("list")
@home_option
def person_list(home: str | None, database_url: str | None) -> None:
    """List people as JSON."""
    from sync.head_office import people

    place = office(home, database_url, read_only=True)
    print_json(
        [
            {"name": name, "role": role, "operator_id": number, "active": active}
            for name, role, number, active in people.people(place)
        ]
    )
    place.close()
