"""`pos user`: the operators of a shop that stands alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import HomeGroup, fail, find_journal, home_option, json_option, print_json
from pos.commands.till_access import ask_secret, opened_till, reading_till, refuse, signed_on
from pos.i18n import gettext as _
from pos.i18n import language as spoken

if TYPE_CHECKING:
    from pos.services import operators
    from pos.services.context import Till

_by = click.option("--by", metavar="ID", help="Who does this; the PIN is asked for.")


@click.group(cls=HomeGroup)
def user() -> None:
    """Operators of a shop that stands alone; head office's are made there.

    A PIN is asked for at the terminal, or read from stdin, one a line: first that of --by, then
    the new one.
    """


@user.command("list")
@home_option
@json_option
def list_users(home: Path | None, *, as_json: bool) -> None:
    """List operators with their roles; never a PIN or what is kept of it."""
    from pos.services.people import people

    folder = find_journal(home)
    with reading_till(folder) as till:
        found = people(till)
        roles = till.roles
    if as_json:
        print_json(
            [
                {
                    "operator_id": one.operator_id,
                    "name": one.name,
                    "role": one.role,
                    "language": one.language,
                    "active": one.active,
                    "has_pin": bool(one.verifier),
                    "head_office": one.owned_by_head_office,
                }
                for one in found
            ]
        )
        return
    for one in found:
        role = roles.get(one.role)
        name = one.role if role is None else role.name_zh if spoken() == "zh_CN" else role.name_en
        marks = [
            *([] if one.active else [_("left")]),
            *([] if one.verifier else [_("no PIN yet")]),
            *([_("head office's")] if one.owned_by_head_office else []),
        ]
        click.echo(f"{one.operator_id:<10} {one.name}  {name}  {', '.join(marks)}".rstrip())


@user.command()
@click.argument("operator_id")
@home_option
@click.option("--name", required=True)
@click.option("--role", required=True, help="cashier, receiver, counter_head, manager, …")
@click.option("--language", type=click.Choice(["zh_CN", "en"]), default="zh_CN")
@_by
def add(
    operator_id: str, *, home: Path | None, name: str, role: str, language: str, by: str | None
) -> None:
    """Add an operator; the PIN is asked for."""
    from pos.services import operators
    from pos.setup import NewOperator, check_operators

    with opened_till(find_journal(home)) as till, signed_on(till, by):
        if operators.person(till, operator_id) is not None:
            fail(
                _("Operator %(id)s is there already.") % {"id": operator_id},
                _("`pos user set` changes name and role, `pos user reset-pin` the PIN."),
            )
        pin = ask_secret(_("PIN of %(name)s") % {"name": name}, confirm=True)
        new = NewOperator(
            operator_id=operator_id, name=name, role=role, pin=pin, language=language
        )
        check_operators([new], till.roles, till.settings, demo=_is_demo(till))
        done = operators.set_operator(
            till, operator_id, name=name, role=role, language=language, pin=pin
        )
        if not isinstance(done, operators.OperatorChanged):
            refuse(done)
        done.saved.result()
    click.echo(_("✓ %(name)s is operator %(id)s.") % {"name": name, "id": operator_id})


@user.command("set")
@click.argument("operator_id")
@home_option
@click.option("--name")
@click.option("--role")
@click.option("--language", type=click.Choice(["zh_CN", "en"]))
@click.option("--active/--left", default=None, help="Whether this person may sign on.")
@_by
def set_user(
    operator_id: str,
    *,
    home: Path | None,
    name: str | None,
    role: str | None,
    language: str | None,
    active: bool | None,
    by: str | None,
) -> None:
    """Change an operator's name, role or language, or say that they left."""
    from pos.services import operators

    if name is None and role is None and language is None and active is None:
        fail(_("There is nothing to change."), _("Give --name, --role, --language or --left."))
    with opened_till(find_journal(home)) as till, signed_on(till, by):
        found = _person(till, operator_id)
        done = operators.set_operator(
            till,
            operator_id,
            name=name or found.name,
            role=role or found.role,
            language=language or found.language,
            active=found.active if active is None else active,
        )
        if not isinstance(done, operators.OperatorChanged):
            refuse(done)
        done.saved.result()
    click.echo(_("✓ Operator %(id)s is changed.") % {"id": operator_id})


@user.command("reset-pin")
@click.argument("operator_id")
@home_option
@_by
@click.option("--recovery-code", help="The code printed by `pos init`, instead of --by.")
def reset_pin(
    operator_id: str, *, home: Path | None, by: str | None, recovery_code: str | None
) -> None:
    """Set an operator's PIN anew, by a manager or by the recovery code of `pos init`.

    The recovery code serves once; the next one is printed here.
    """
    from contextlib import nullcontext

    from pos.services import pin_changes

    with (
        opened_till(find_journal(home)) as till,
        nullcontext() if recovery_code else signed_on(till, by),
    ):
        found = _person(till, operator_id)
        pin = ask_secret(_("New PIN of %(name)s") % {"name": found.name}, confirm=True)
        _refuse_demo_pin(till, pin)
        done = pin_changes.reset_pin(till, operator_id, pin, recovery_code=recovery_code or "")
        if not isinstance(done, pin_changes.PinChanged):
            refuse(done)
        done.saved.result()
    click.echo(_("✓ The PIN of operator %(id)s is set.") % {"id": operator_id})
    if done.recovery_code:
        click.secho(_("New recovery code: %(code)s") % {"code": done.recovery_code}, bold=True)
        click.echo(_("Write it down and lock it away: the old one is used up."))


def _person(till: Till, operator_id: str) -> operators.Person:
    from pos.services import operators

    found = operators.person(till, operator_id)
    if found is None:
        fail(
            _("There is no operator %(id)s.") % {"id": operator_id},
            _("`pos user list` names them."),
        )
    return found


def _is_demo(till: Till) -> bool:
    from pos.services import operators

    return bool(operators.demo_operators(till))


def _refuse_demo_pin(till: Till, pin: str) -> None:
    from pos.config import load_sample_shop

    if not _is_demo(till) and load_sample_shop().is_demo(pin=pin):
        fail(
            _("This PIN belongs to the demonstration."),
            _("Everybody can read it there: choose another PIN."),
        )
