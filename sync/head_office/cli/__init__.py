"""`hq`: head office's command line. Commands are loaded when they are called, so help is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from pos.i18n import N_, set_language, terminal_language
from pos.i18n import gettext as _

COMMANDS = {
    "init": "admin",
    "add-store": "admin",
    "enrol": "admin",
    "revoke": "admin",
    "token": "admin",
    "password": "admin",
    "person": "persons",
    "declare": "admin",
    "approve-code": "approvals",
    "quarantine": "quarantine",
    "import-items": "goods",
    "operator": "goods",
    "hold": "goods",
    "goods": "ordering",
    "quality": "quality",
    "sample-shop": "sample",
    "count": "counts",
    "stock": "stock",
    "serve": "running",
    "daily": "reading",
    "status": "reading",
    "pull": "reading",
    "ingest": "running",
    "rebuild": "running",
    "verify": "running",
    "backup": "running",
    "restore": "running",
}
"""Command → module of this package that holds it."""

_EXTRAS = {
    "litestar": "hq",
    "uvicorn": "hq",
    "jinja2": "hq",
    "xlsxwriter": "hq",
    "openpyxl": "hq",
    "psycopg": "postgres",
}

_SUMMARIES = {
    "init": N_("Create a head office and its administrator's password."),
    "add-store": N_("Add a store, or change its name."),
    "enrol": N_("Make a one-use code by which a till enrols."),
    "revoke": N_("Refuse a till's key from now on."),
    "token": N_("Read-only tokens for other systems."),
    "password": N_("Set a person's password."),
    "person": N_("People of head office and their roles."),
    "declare": N_("Declare a till-day as not trading, or waive it."),
    "approve-code": N_("Answer a till's request for approval by telephone."),
    "quarantine": N_("Entries kept as bytes only: list, show, release."),
    "import-items": N_("Import items, codes and prices from CSV or xlsx."),
    "operator": N_("Add or change an operator."),
    "hold": N_("Hold goods, or lift a hold."),
    "goods": N_("Suppliers, rules, orders, requisitions, recalls, invoices."),
    "quality": N_("Lists of quality over all stores: dates, recalls, readings, devices."),
    "sample-shop": N_("Publish the sample shop's goods: for demonstrations."),
    "count": N_("Stock counts: open, draw, show, reasons, approve."),
    "stock": N_("Stock: reports, history, transfers, ledgers."),
    "serve": N_("Serve tills, pages and the API."),
    "daily": N_("Print a day's sales."),
    "status": N_("Print which tills have not synced, and why."),
    "pull": N_("Save a day's sales as a file."),
    "ingest": N_("Take in journal segments from files."),
    "rebuild": N_("Derive every figure again from the journal."),
    "verify": N_("Check chains, sequences and figures."),
    "backup": N_("Copy the database, verified."),
    "restore": N_("Begin a new life after a backup was put back."),
}


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        loaded = importlib.import_module(f"{__name__}.{module}")
        command: click.Command = getattr(loaded, cmd_name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any of them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(text)) for name, text in _SUMMARIES.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="guitai", prog_name="hq")
def cli() -> None:
    """Guitai head office."""


def main(arguments: list[str] | None = None) -> None:
    """Run `hq`; a missing extra is named and exits 2, as every wrong call does."""
    set_language(terminal_language() or "en")
    try:
        cli.main(args=arguments, prog_name="hq", standalone_mode=True)
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        click.echo(
            _("This command needs the extra '{extra}': pip install 'guitai[{extra}]'").format(
                extra=extra
            ),
            err=True,
        )
        sys.exit(2)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        # A list's refusal is told in the reader's language; its class is loaded only with a list.
        text = error.text(_) if hasattr(error, "text") else str(error)
        click.echo(f"hq: {text}", err=True)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """Of a failure whose message is all that a user needs; None for one that shows its trace.

    75 when another try may go well: nobody answers, or a file is in use; 2 when the call is wrong.
    """
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"ConnectionError", "TimeoutError", "URLError", "BlockingIOError"}:
        return 75
    wrong_call = {"DatabaseSetupError", "ListRefused", "LookupError", "ValueError", "OSError"}
    return 2 if names & wrong_call else None


__all__: list[Any] = ["COMMANDS", "cli", "main"]
