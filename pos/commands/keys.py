"""`pos keys`: the key card of this till, to print and to keep beside it."""

from __future__ import annotations

from pathlib import Path

import click

from pos.commands.common import HomeCommand, home_option, json_option, print_json
from pos.i18n import N_
from pos.i18n import gettext as _

_STATES = {
    "sale_empty": N_("selling"),
    "sale_digits": N_("selling, digits typed"),
    "sale_unknown": N_("unknown code scanned"),
    "subtotal": N_("subtotal"),
    "pay_empty": N_("paying"),
    "pay_digits": N_("paying, digits typed"),
    "pay_tender": N_("paying, amount * tender"),
    "dialog": N_("dialog"),
    "number": N_("dialog with a number"),
    "list": N_("list"),
    "read": N_("page to read"),
    "goods_empty": N_("counting goods"),
    "goods_digits": N_("counting goods, digits typed"),
}
"""State of the number pad → its name on the card."""


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
    from pos.ui.keys import MEANINGS, PAD_KEYS, PAD_TABLE
    from pos.ui.text_grid import cells

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
    width = max(cells(_(name)) for name in _STATES.values())
    for state, row in PAD_TABLE.items():
        meant = [
            f"{key.title()} {_(MEANINGS[row[key]])}"
            for key in PAD_KEYS
            if row.get(key) in MEANINGS
        ]
        name = _(_STATES[state.value])
        click.echo(f"  {name}{' ' * (width - cells(name))}  {'  '.join(meant)}")
