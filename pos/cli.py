"""`pos`: the till's command line. Commands load when they are called, so `--help` is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from pos.i18n import N_, set_language, terminal_language
from pos.i18n import gettext as _
from pos.version import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("pos.commands.run:run", N_("Open the till (what `pos` alone does).")),
    "demo": (
        "pos.commands.demo:demo",
        N_("A sample shop with head office and simulated devices."),
    ),
    "init": (
        "pos.commands.init:init",
        N_("Set up this workstation: store, people, tenders, devices."),
    ),
    "import": ("pos.commands.items:import_items", N_("Import items of a shop that stands alone.")),
    "goods": (
        "pos.commands.goods:goods",
        N_("Suppliers and goods rules of a shop that stands alone."),
    ),
    "replay": ("pos.commands.replay:replay", N_("Trade a till roll from any system again.")),
    "journal": ("pos.commands.journal:journal", N_("Verify, export or show the journal.")),
    "db": ("pos.commands.db:db", N_("Status, upgrade and rebuild of the databases.")),
    "backup": ("pos.commands.backup:backup", N_("Back this home up.")),
    "restore": ("pos.commands.backup:restore", N_("Restore a backup into a new home.")),
    "verify": ("pos.commands.backup:verify", N_("Verify a backup.")),
    "user": ("pos.commands.user:user", N_("Operators of a shop that stands alone.")),
    "config": ("pos.commands.config:config", N_("Show, check or set settings.")),
    "keys": ("pos.commands.keys:keys", N_("The key card of this till.")),
    "receipt": ("pos.commands.receipt:receipt", N_("Preview a receipt as it prints.")),
    "reprint": ("pos.commands.receipt:reprint", N_("Print a receipt again, marked and counted.")),
    "labels": (
        "pos.commands.labels:labels",
        N_("Price cards and labels; the cards that a price change made wrong."),
    ),
    "doctor": ("pos.commands.doctor:doctor", N_("Check terminal, disk, clock, devices and line.")),
    "find-devices": (
        "pos.commands.find_devices:find_devices",
        N_("Find printer and scanner: which port, which speed."),
    ),
    "scan-test": ("pos.commands.scan_test:scan_test", N_("Show what a scanner sends.")),
    "scale-labels": (
        "pos.commands.scale_labels:scale_labels",
        N_("Find the layout of weighed labels from two of them."),
    ),
    "command-sheet": (
        "pos.commands.command_sheet:command_sheet",
        N_("Print the codes that drive the till without a keyboard."),
    ),
    "manual": ("pos.commands.manual:manual", N_("A role's manual, from the pages that F1 shows.")),
}
"""Name → where the command lives, and its line in the help."""


class LazyGroup(click.Group):
    """A group whose commands are imported only when they run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        target = COMMANDS.get(cmd_name)
        if target is None:
            return None
        module_name, _colon, attribute = target[0].partition(":")
        command: click.Command = getattr(importlib.import_module(module_name), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section(_("Commands")):
            formatter.write_dl([(name, _(line)) for name, (_where, line) in COMMANDS.items()])


@click.command(cls=LazyGroup, invoke_without_command=True)
@click.version_option(__version__, prog_name="pos")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Guitai 柜台, the till. Without a command it opens the till."""
    if ctx.invoked_subcommand is None:
        command = cli.get_command(ctx, "run")
        if command is not None:
            with command.make_context("run", [], parent=ctx) as context:
                command.invoke(context)


def main(arguments: list[str] | None = None) -> None:
    """Run `pos`; errors that carry a hint are shown as sentences, never as a trace."""
    set_language(terminal_language() or "en")
    try:
        cli.main(args=arguments, prog_name="pos")
    except Exception as error:  # the outermost edge: anything with a hint becomes a sentence
        message = explained(error)
        if message is None:
            raise
        click.echo(message, err=True)
        sys.exit(2)


def explained(error: Any) -> str | None:
    """What went wrong and what to do, in the language in use; None for a bug."""
    if not isinstance(getattr(error, "hint", None), str):
        return None
    from pos.commands.common import hint_of, sentence

    return f"{sentence(error)}\n{hint_of(error)}".strip()
