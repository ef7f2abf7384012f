"""`pos keys`: the key card of this till, to print and to keep beside it."""

from __future__ import annotations

from pathlib import Path

import click

from pos.commands.common import HomeCommand, home_option, json_option, print_json
from pos.i18n import gettext as _


@click.command(cls=HomeCommand)
@home_option
@click.option(
    "--keymap", help="Another key map than the till's: default, ecr, guanjiapo, western."
)
@json_option
def keys(home: Path | None, *, keymap: str | None, as_json: bool) -> None:
    """Show the keys of the sale screen and the number pad's meanings."""
    from pos.config import load_keymap, load_settings, pos_home
    from pos.ui.commands import NAMES, key_name
    from pos.ui.keys import PAD_KEYS, PAD_TABLE

    settings = load_settings(pos_home(home))
    card = load_keymap(keymap or settings.ui.keymap, None if keymap else settings.ui.keys)
    if as_json:
        print_json(
            {
                "keymap": card.name,
                "keys": {command: list(bound) for command, bound in card.keys.items()},
                "pad": {state.value: dict(row) for state, row in PAD_TABLE.items()},
            }
        )
        return
    click.echo(_("Key map: %(name)s") % {"name": card.name})
    for command, bound in card.keys.items():
        shown = " / ".join(map(key_name, bound)) or "-"
        click.echo(f"  {shown:<14} {_(NAMES[command][1])}")
    click.echo(_("Number pad; everything can be done with it alone. All functions: 0 Enter."))
    for state, row in PAD_TABLE.items():
        cells = "  ".join(f"{key} {row[key].replace('_', ' ')}" for key in PAD_KEYS if key in row)
        click.echo(f"  {state.value.replace('_', ' '):<14} {cells}")
