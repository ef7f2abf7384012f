"""`pos`: the till's command line. Commands load when they are called, so `--help` is quick."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from pos.version import __version__

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("pos.commands.run:run", "Open the till (what `pos` alone does)."),
    "demo": ("pos.commands.demo:demo", "A sample shop with head office and simulated devices."),
    "init": (
        "pos.commands.init:init",
        "Set up this workstation: store, people, tenders, devices.",
    ),
    "import": ("pos.commands.items:import_items", "Import items of a shop that stands alone."),
    "replay": ("pos.commands.replay:replay", "Trade a till roll from any system again."),
    "journal": ("pos.commands.journal:journal", "Verify, export or show the journal."),
    "db": ("pos.commands.db:db", "Status, upgrade and rebuild of the databases."),
    "backup": ("pos.commands.backup:backup", "Back this home up."),
    "restore": ("pos.commands.backup:restore", "Restore a backup into a new home."),
    "verify": ("pos.commands.backup:verify", "Verify a backup."),
    "user": ("pos.commands.user:user", "Operators of a shop that stands alone."),
    "config": ("pos.commands.config:config", "Show, check or set settings."),
    "keys": ("pos.commands.keys:keys", "The key card of this till."),
    "receipt": ("pos.commands.receipt:receipt", "Preview a receipt as it prints."),
    "reprint": ("pos.commands.receipt:reprint", "Print a receipt again, marked and counted."),
    "doctor": ("pos.commands.doctor:doctor", "Check terminal, disk, clock, devices and line."),
    "scan-test": ("pos.commands.scan_test:scan_test", "Show what a scanner sends."),
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
        module_name, _, attribute = target[0].partition(":")
        command: click.Command = getattr(importlib.import_module(module_name), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=LazyGroup, invoke_without_command=True)
@click.version_option(__version__, prog_name="pos")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Guitai 柜台, the till. Without a command it opens the till."""
    if ctx.invoked_subcommand is None:
        command = cli.get_command(ctx, "run")
        if command is not None:
            ctx.invoke(command)


def main(arguments: list[str] | None = None) -> None:
    """Run `pos`; errors that carry a hint are shown as sentences, never as a trace."""
    try:
        cli.main(args=arguments, prog_name="pos")
    except Exception as error:  # the outermost edge: anything with a hint becomes a sentence
        message = explained(error)
        if message is None:
            raise
        click.echo(message, err=True)
        sys.exit(2)


def explained(error: Any) -> str | None:
    """The sentence for an error of ours: what went wrong and what to do; None for a bug."""
    hint = getattr(error, "hint", None)
    if not isinstance(hint, str):
        return None
    return f"{error}\n{hint}" if hint else str(error)
