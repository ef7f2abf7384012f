"""`pos db`: status, upgrade and rebuild of the home's databases."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pos.commands.common import (
    CHECK_FAILED,
    HomeGroup,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import N_
from pos.i18n import gettext as _

_STATES = {
    "absent": N_("not there"),
    "unreadable": N_("cannot be read"),
    "current": N_("up to date"),
    "old": N_("older than this program: run `pos db upgrade`"),
    "newer": N_("newer than this program: install the newer version again"),
}


@click.group(cls=HomeGroup)
def db() -> None:
    """Status, upgrade and rebuild of the databases."""


@db.command()
@home_option
@json_option
def status(home: Path | None, *, as_json: bool) -> None:
    """Say how the two databases are; exit code 1 when one cannot be used."""
    from pos.store.upkeep import database_status

    folder = find_journal(home)
    files = database_status(folder)
    if as_json:
        import msgspec

        print_json([{**msgspec.to_builtins(file), "state": file.state} for file in files])
    else:
        for file in files:
            click.echo(
                f"{file.name:<17} {_(_STATES[file.state])}"
                f"  {file.version}/{file.newest}  {file.bytes:,} + {file.wal_bytes:,} B"
            )
            for table, count in file.rows.items():
                click.echo(f"  {table:<14} {count:>12,}")
            if file.held_by:
                click.echo("  " + _("written by process %(holder)s") % {"holder": file.held_by})
            if file.error:
                click.echo(f"  {file.error}", err=True)
    if any(file.state in {"unreadable", "newer", "old"} for file in files):
        sys.exit(CHECK_FAILED)


@db.command()
@home_option
def upgrade(home: Path | None) -> None:
    """Bring both databases up to this program; each is copied first."""
    from pos.store.upkeep import upgrade as run_upgrade
    from pos.version import __version__

    for name, migrated in run_upgrade(find_journal(home), __version__):
        if migrated.applied:
            click.echo(
                _("%(name)s: %(scripts)s applied; before that it is in %(backup)s")
                % {
                    "name": name,
                    "scripts": ", ".join(migrated.applied),
                    "backup": migrated.backup,
                }
            )
        else:
            click.echo(_("%(name)s: up to date") % {"name": name})


@db.command()
@home_option
@json_option
def rebuild(home: Path | None, *, as_json: bool) -> None:
    """Make every figure beside the journal again from it; the till must not be running.

    A copy is made first, and everything happens in one transaction.
    """
    from pos.store.upkeep import rebuild_projections

    folder = find_journal(home)
    result = rebuild_projections(folder)
    if as_json:
        print_json(
            {
                "identical": not result.differed,
                "differed": list(result.differed),
                "entries": result.entries,
                "backup": str(result.backup),
            }
        )
        return
    click.echo(_("The journal as it was: %(path)s") % {"path": result.backup})
    if result.differed:
        click.echo(
            _("✓ Rebuilt from %(entries)s entries; these differed: %(tables)s")
            % {"entries": result.entries, "tables": ", ".join(result.differed)}
        )
    else:
        click.echo(
            _("✓ Rebuilt from %(entries)s entries: identical.") % {"entries": result.entries}
        )
