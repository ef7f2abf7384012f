"""`pos demo`: look around in a sample shop, without hardware and without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from pos.i18n import gettext as _


@click.command()
@click.option(
    "--home",
    "directory",
    type=click.Path(path_type=Path),
    help="Folder to keep the demonstration in; without it a temporary one is used.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Drive the till by itself and compare its day with head office's.",
)
@click.option("--json", "as_json", is_flag=True, help="With --check: the findings as JSON.")
@click.argument("words", nargs=-1)
def demo(directory: Path | None, words: tuple[str, ...], *, check: bool, as_json: bool) -> None:
    """A till with a sample shop, a head office, and simulated scanner and printer.

    WORDS talk to the devices of a demonstration that runs in another terminal: `scan CODE…`,
    `printer paper-out`, `scanner unplug`, `receipt`; `head-office` says how to sign in there.
    """
    from pos.demo import missing_extra

    missing = missing_extra()
    if missing:
        click.echo(
            _(
                "The demonstration brings its own head office and needs the extra `%(extra)s`: "
                "install `guitai[%(extra)s]`."
            )
            % {"extra": missing},
            err=True,
        )
        sys.exit(2)
    latest = Path(tempfile.gettempdir()) / f"guitai-demo-{os.getuid()}"
    if words == ("head-office",):
        shop = directory or latest.resolve()
        try:
            click.echo((shop / "head-office.txt").read_text(encoding="utf-8"), nl=False)
        except OSError as error:
            raise click.ClickException(
                _("No demonstration is running there (%(error)s). Start one with `pos demo`.")
                % {"error": error}
            ) from error
        return
    if words:
        from pos.demo.shop import tell

        try:
            answer = tell(directory or latest.resolve(), list(words))
        except OSError as error:
            raise click.ClickException(
                _("No demonstration is running there (%(error)s). Start one with `pos demo`.")
                % {"error": error}
            ) from error
        # A slip comes as one line of JSON; people read it as it was printed.
        click.echo(json.loads(answer) if answer.startswith('"') else answer)
        return
    if check:
        from pos.demo.check import run_check

        with tempfile.TemporaryDirectory(prefix="guitai-check-") as folder:
            sys.exit(run_check(directory or Path(folder), as_json=as_json))
    if directory is not None:
        _run(directory.absolute(), latest)
    else:
        with tempfile.TemporaryDirectory(prefix="guitai-demo-") as folder:
            _run(Path(folder), latest)


def _run(directory: Path, latest: Path) -> None:
    from pos.demo.shop import DemoShop

    click.echo(_("Setting the sample shop up …"))
    latest.unlink(missing_ok=True)
    latest.symlink_to(directory)
    with DemoShop(directory) as shop:
        environment = {
            **os.environ,
            "GUITAI_DEMO_URL": shop.url,
            "GUITAI_DEMO_PASSWORD": shop.password,
        }
        done = subprocess.run(
            [sys.executable, *shop.till_arguments()], env=environment, check=False
        )
    click.echo(
        _("Head office was at %(url)s. Goodbye.") % {"url": shop.url}
        if done.returncode == 0
        else _("The till ended with %(code)s; its log is in %(folder)s.")
        % {"code": done.returncode, "folder": shop.till_home / "logs"}
    )
    sys.exit(done.returncode)
