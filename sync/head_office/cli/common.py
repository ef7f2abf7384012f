"""Options that every `hq` command shares."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pos.i18n import gettext as _

if TYPE_CHECKING:
    from sync.head_office.database import HeadOffice

_Command = TypeVar("_Command", bound=Callable[..., Any])


def home_option(command: _Command) -> _Command:
    """`--home` and `--database`."""
    command = click.option(
        "--database", "database_url", default=None, help=_("sqlite:///… or postgresql://…")
    )(command)
    return click.option(
        "--home", default=None, help=_("Head office's folder, or a demo's or replay's folder.")
    )(command)


def office(home: str | None, database_url: str | None, *, read_only: bool = False) -> HeadOffice:
    """Open head office; writing commands migrate an older database first.

    Databases and their drivers load here and not with the options, so that help comes at once.
    """
    from sync.head_office.database import open_head_office
    from sync.head_office.version import app_version

    return open_head_office(
        home,
        database_url=database_url,
        read_only=read_only,
        app_version="" if read_only else app_version(),
    )


def print_json(value: Any) -> None:
    """Print a value as JSON for programs."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
