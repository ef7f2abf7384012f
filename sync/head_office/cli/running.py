"""`hq serve, ingest, rebuild, verify, backup, restore`: keeping head office going."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", help=_("Address to listen at."))
@click.option("--port", default=0, type=click.IntRange(0, 65535), help=_("0 = any free one."))
@click.option(
    "--ready-file",
    default=None,
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("File to write the address into once it answers."),
)
@click.option("--parent-pid", default=0, help=_("End when this process is gone."))
def serve(
    home: str | None,
    database_url: str | None,
    host: str,
    port: int,
    ready_file: Path | None,
    parent_pid: int,
) -> None:
    """Serve tills, pages and the API until SIGTERM."""
    from sync.head_office.home import locate
    from sync.head_office.serve import serve as run
    from sync.head_office.version import app_version

    place = locate(home, database_url)
    if parent_pid:
        threading.Thread(target=_end_with, args=(parent_pid,), daemon=True).start()
    run(
        home=str(place.path),
        database_url=database_url,
        host=host,
        port=port,
        ready_file=ready_file,
        app_version=app_version(),
    )


def _end_with(parent_pid: int) -> None:
    """A demonstration's or replay's head office does not outlive it, however it ended."""
    while os.getppid() == parent_pid:
        time.sleep(0.5)  # a dead parent's children are adopted; nothing tells of it
    os.kill(os.getpid(), signal.SIGTERM)


@click.command()
@home_option
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def ingest(home: str | None, database_url: str | None, files: tuple[Path, ...]) -> None:
    """Take in journal segments; what is here already is not booked twice."""
    from sync.head_office.upkeep import ingest_file

    place = office(home, database_url)
    failed = False
    for file in files:
        taken = ingest_file(place, file)
        for problem in taken.problems:
            click.echo(f"{file}: {problem}", err=True)
        failed = failed or bool(taken.problems)
        click.echo(
            _("{file}: {new} new entries of {count}").format(
                file=file, new=taken.new, count=taken.entries
            )
        )
    place.close()
    if failed:
        sys.exit(1)


@click.command()
@home_option
def rebuild(home: str | None, database_url: str | None) -> None:
    """Derive every figure again from the journal, in one transaction."""
    from sync.head_office import projections

    place = office(home, database_url)
    count = projections.rebuild(place.dialect)
    place.close()
    click.echo(_("{count} entries booked again").format(count=count))


@click.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def verify(home: str | None, database_url: str | None, *, as_json: bool) -> None:
    """Check chains, sequences, and that the figures are those of the journal."""
    from sync.head_office.upkeep import verify as check

    place = office(home, database_url)
    result = check(place)
    place.close()
    if as_json:
        print_json(result)
    else:
        click.echo(
            _("{entries} entries in {epochs} epochs, {problems} problems").format(
                entries=result.entries, epochs=result.epochs, problems=len(result.problems)
            )
        )
        for problem in result.problems:
            click.echo(problem, err=True)
    if result.problems:
        sys.exit(1)


@click.command()
@home_option
@click.argument("target", required=False, type=click.Path(path_type=Path))
def backup(home: str | None, database_url: str | None, target: Path | None) -> None:
    """Copy the database while it is served, check the copy, and print its name."""
    from sync.head_office.upkeep import backup as copy

    place = office(home, database_url, read_only=True)
    click.echo(str(copy(place, target)))
    place.close()


@click.command()
@home_option
def restore(home: str | None, database_url: str | None) -> None:
    """Begin a new life after an older database was put back (R16)."""
    place = office(home, database_url)
    click.echo(place.renew_incarnation())
    place.close()
