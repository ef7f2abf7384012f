"""`pos backup`, `pos restore` and `pos verify`: copies of a home, checked before they count (R32)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import (
    CHECK_FAILED,
    TEMPORARY,
    HomeCommand,
    fail,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.config import Settings
    from pos.store.backup_folder import BackupInfo

_NICE = 15
"""How far a round steps behind everything else on the machine."""

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command(cls=HomeCommand)
@home_option
@click.option("--to", "target", type=_FOLDER, help="Folder of the backups, on another disk.")
@click.option("--incremental", is_flag=True, help="Only the journal rows since the last backup.")
@click.option("--full", is_flag=True, help="Everything (default).")
@click.option(
    "--due", is_flag=True, help="What the settings ask for now, in their places, at low priority."
)
@json_option
def backup(
    home: Path | None,
    *,
    target: Path | None,
    incremental: bool,
    full: bool,
    due: bool,
    as_json: bool,
) -> None:
    """Back this home up, while the till may go on trading; the copy is verified before it counts.

    Without --to it goes to backup.directory of the settings, else to the home's backups folder.
    The running till calls --due when a day was closed and every few minutes. A backup holds the
    keys of this till: keep the medium as safe as the till.
    """
    from pos.config import HomePaths, load_settings
    from pos.store.backup import full_backup, incremental_backup, prune
    from pos.store.backup_rounds import backup_lock

    if incremental + full + due > 1:
        fail(_("Choose one of --incremental, --full and --due."))
    folder = find_journal(home)
    settings = load_settings(folder)
    if due:
        if target is not None:
            fail(_("--due goes to the places of the settings: leave --to out."))
        _make_due(folder, settings, as_json=as_json)
        return
    place = target
    if place is None:
        place = Path(settings.backup.directory or HomePaths(folder).backups).expanduser()
        if settings.backup.directory and not place.is_dir():
            # Made here, under the mount point of a missing stick, it would fill the till's disk.
            fail(
                _("The backup folder {target} is not there.").format(target=place),
                _(
                    "Plug the stick or disk in; if the folder is new, make it: mkdir -p {target}"
                ).format(target=place),
                code=TEMPORARY,
            )
    place = place.absolute()
    with backup_lock(folder):
        if incremental:
            made = incremental_backup(folder, place)
        else:
            made = full_backup(folder, place)
            prune(place, keep=settings.backup.keep_full)
    if as_json:
        print_json(_as_dict(made) if made is not None else None)
    elif made is None:
        click.echo(_("Nothing new since the last backup in %(place)s.") % {"place": place})
    else:
        _print(made)


def _make_due(folder: Path, settings: Settings, *, as_json: bool) -> None:
    """A round over every place; exit 1 when one of them failed."""
    import os
    import sys

    import msgspec

    from pos.store.backup_rounds import plan_of, run_round

    os.nice(_NICE)  # the till sells meanwhile
    places = run_round(folder, plan_of(settings.backup))
    if as_json:
        print_json([msgspec.to_builtins(one) for one in places])
    for one in places if not as_json else ():
        if one.error:
            click.echo("✗ " + _(one.error).format_map(one.values), err=True)
            click.echo("  " + _(one.hint).format_map(one.values), err=True)
        else:
            newest = max(one.last_full_ms, one.last_increment_ms)
            made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(newest / 1000))
            click.echo(
                _("✓ %(place)s: everything up to number %(seq)s, the last backup is of %(made)s")
                % {"place": one.path, "seq": one.head.seq, "made": made}
            )
    if any(one.error for one in places):
        sys.exit(CHECK_FAILED)


@click.command(cls=HomeCommand)
@click.argument("backup", metavar="BACKUP", type=_FOLDER)
@json_option
def verify(backup: Path, *, as_json: bool) -> None:
    """Check BACKUP, a folder made by `pos backup`: files, database, hash chain. Exit 1 if broken."""
    from pos.store.backup import verify_backup

    _must_be_backup(backup)
    info = verify_backup(backup)
    if as_json:
        print_json(_as_dict(info))
    else:
        click.echo(_("✓ The backup is whole."))
        _print(info)


@click.command(cls=HomeCommand)
@click.argument("backup", metavar="BACKUP", type=_FOLDER)
@click.option("--home", type=_FOLDER, required=True, help="New home: a folder without a journal.")
@json_option
def restore(backup: Path, home: Path, *, as_json: bool) -> None:
    """Make a new home of BACKUP and the increments that join on to it; never over a journal.

    The restored till opens a new epoch at its next start, so that head office can tell its new
    sales from those that the backup lacks.
    """
    from pos.store.backup import restore as run_restore
    from pos.store.upkeep import rebuild_projections

    _must_be_backup(backup)
    folder = home.absolute()
    mark = run_restore(backup, folder)
    # Increments bring journal rows alone: the figures beside them are made again here.
    rebuilt = rebuild_projections(folder)
    if as_json:
        print_json({"home": str(folder), "entries": rebuilt.entries, "seq": mark.head.seq})
        return
    click.echo(
        _("✓ Restored into %(home)s: %(entries)s entries, the last is number %(seq)s.")
        % {"home": folder, "entries": rebuilt.entries, "seq": mark.head.seq}
    )
    click.echo(_("Stop the old till for good before this one sells: two tills must not be one."))


def _must_be_backup(folder: Path) -> None:
    if not (folder / "manifest.json").is_file():
        fail(
            _("%(path)s is no backup: it has no manifest.json.") % {"path": folder},
            _("Name one folder of a backup, such as backups/full-20261121T140000000Z."),
        )


def _as_dict(info: BackupInfo) -> dict[str, object]:
    import msgspec

    built: dict[str, object] = msgspec.to_builtins(info)
    return built


def _print(info: BackupInfo) -> None:
    made = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(info.created_utc_ms / 1000))
    click.echo(
        _("%(path)s (%(kind)s, %(made)s): %(entries)s entries up to number %(seq)s")
        % {
            "path": info.path,
            "kind": _("increment") if info.kind == "increment" else _("full"),
            "made": made,
            "entries": info.entries,
            "seq": info.head.seq,
        }
    )
