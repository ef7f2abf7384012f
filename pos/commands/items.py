"""`pos import`: items, classes and quick keys of a shop that stands alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from pos.commands.common import (
    CHECK_FAILED,
    HomeCommand,
    find_home,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.store.item_import import ImportPlan
    from pos.store.item_inbox import Result

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN_PROBLEMS = 20
_WAIT_S = 10.0
"""How long `pos import` waits for a running uploader to take the list."""


@click.command("import", cls=HomeCommand)
@click.argument("file", type=_FILE, required=False)
@home_option
@click.option("--dry-run", is_flag=True, help="Say what it would do; write nothing.")
@click.option("--effective-day", metavar="DAY", help="Business day from which the prices hold.")
@click.option("--strict", is_flag=True, help="One bad row and nothing is imported.")
@click.option("--classes", type=_FILE, help="Item classes, CSV class_code,name,name_en,parent.")
@click.option("--quick-keys", type=_FILE, help="TOML file with [[quick_keys]].")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=_WAIT_S,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait when the uploader has to take the list.",
)
@json_option
def import_items(
    file: Path | None,
    *,
    home: Path | None,
    dry_run: bool,
    effective_day: str | None,
    strict: bool,
    classes: Path | None,
    quick_keys: Path | None,
    wait_s: float,
    as_json: bool,
) -> None:
    """Import FILE, an item list as CSV or XLSX; needs item_code, name and price.

    Good rows go in, in one transaction; bad ones are named and left out, unless --strict. Prices
    hold from the business day given on, today without it. A till that belongs to a head office
    gets its items from there.
    """
    from pos.setup import SetUpRefused, check_day, is_enrolled
    from pos.store.errors import NotAllowedHere

    folder = find_home(home)
    if file is None and classes is None and quick_keys is None:
        raise SetUpRefused(
            N_("There is nothing to import."), hint=N_("Name an item list: pos import items.csv")
        )
    day = effective_day or _today()
    check_day(day)
    if is_enrolled(folder):
        raise NotAllowedHere(
            N_("{path} was not imported: head office owns this till's catalogue."),
            path=file or folder,
        )
    if dry_run:
        if file is not None:
            _report(_plan(folder, file), dry_run=True, as_json=as_json)
        return
    done = _run(folder, file, day, strict=strict, classes=classes, quick_keys=quick_keys)
    if isinstance(done, Path):
        done = _await(folder, done, wait_s, as_json=as_json)
    if done is not None:
        _report(done, dry_run=False, as_json=as_json)


def _today() -> str:
    from datetime import date

    return date.today().isoformat()  # noqa: DTZ011 - the shop's own calendar, as its clock shows it


class ProgressBar:
    """How much of the file has been read, on stderr and only for somebody who looks."""

    def __init__(self, label: str) -> None:
        self._bar: Any = click.progressbar(length=1000, label=label, file=sys.stderr)

    def __enter__(self) -> Self:
        """Begin the line."""
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """End the line."""
        self._bar.__exit__(None, None, None)

    def show(self, rows: int, fraction: float) -> None:
        """Bring the bar up to date."""
        self._bar.update(max(0, round(fraction * 1000) - self._bar.pos))


def _plan(folder: Path, file: Path) -> ImportPlan:
    from pos.store.item_import import plan_import
    from pos.store.reference import ReferenceReader

    reader = ReferenceReader(folder)
    try:
        with ProgressBar(_("Reading")) as bar:
            return plan_import(file, reader, bar.show)
    finally:
        reader.close()


def _run(
    folder: Path,
    file: Path | None,
    day: str,
    *,
    strict: bool,
    classes: Path | None,
    quick_keys: Path | None,
) -> ImportPlan | Path | None:
    """What was imported, or where the list waits for the uploader that holds the lock."""
    from pos.commands.init_answers import read_quick_keys
    from pos.config.mnemonic import mnemonic
    from pos.setup import quick_key_rows, read_classes
    from pos.store import item_inbox
    from pos.store.errors import FileLocked
    from pos.store.item_import import run_import
    from pos.store.locks import REFERENCE_LOCK, read_holder
    from pos.store.reference_values import Changes
    from pos.store.reference_writer import ReferenceWriter
    from pos.version import __version__

    changes = Changes(
        classes=read_classes(classes) if classes is not None else (),
        quick_keys=quick_key_rows(read_quick_keys(quick_keys)) if quick_keys is not None else (),
    )
    try:
        writer = ReferenceWriter.open(folder, app_version=__version__)
    except FileLocked:
        holder = read_holder(folder / REFERENCE_LOCK)
        if file is None or not item_inbox.is_taker(holder.command) or changes != Changes():
            raise
        return item_inbox.hand_over(folder, file, day, strict=strict)
    with writer:
        item_inbox.take_all(writer, mnemonic)
        plan = None
        if file is not None:
            with ProgressBar(_("Importing")) as bar:
                plan = run_import(
                    writer,
                    file,
                    effective_day=day,
                    progress=bar.show,
                    mnemonic=mnemonic,
                    refuse_bad_rows=strict,
                )
        if changes != Changes():
            writer.add_local(changes)
            click.echo(
                _("%(classes)s classes and %(keys)s quick keys set.")
                % {"classes": len(changes.classes), "keys": len(changes.quick_keys)}
            )
    return plan


def _await(folder: Path, left: Path, wait_s: float, *, as_json: bool) -> ImportPlan | None:
    """What the uploader made of the list; None when it has not taken it yet. Raises ImportRefused."""
    from pos.store import item_inbox
    from pos.store.locks import REFERENCE_LOCK, read_holder

    result: Result | None = item_inbox.await_result(folder, left, wait_s)
    if result is None:
        if as_json:
            print_json({"dry_run": False, "waiting": str(left)})
            return None
        click.echo(
            _("The uploader (process %(pid)s) is at work: the list waits for it in %(path)s.")
            % {"pid": read_holder(folder / REFERENCE_LOCK).pid, "path": left}
        )
        click.echo(_("`pos-sync status` tells what became of it."))
        return None
    if result.error is not None:
        raise result.error
    return result.plan


def _report(plan: ImportPlan, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        import msgspec

        print_json({"dry_run": dry_run, **msgspec.to_builtins(plan)})
    else:
        text = (
            _(
                "%(rows)s items would be imported: %(new)s new, %(known)s known, %(codes)s barcodes."
            )
            if dry_run
            else _("%(rows)s items imported: %(new)s new, %(known)s known, %(codes)s barcodes.")
        )
        click.echo(
            text
            % {
                "rows": plan.rows,
                "new": plan.new_items,
                "known": plan.changed_items,
                "codes": plan.barcodes,
            }
        )
    for problem in plan.problems[:_SHOWN_PROBLEMS]:
        click.echo(f"  {problem.text(_)}", err=True)
    if plan.bad_rows:
        click.echo(
            ngettext("%(rows)s row was left out.", "%(rows)s rows were left out.", plan.bad_rows)
            % {"rows": plan.bad_rows},
            err=True,
        )
        sys.exit(CHECK_FAILED)
