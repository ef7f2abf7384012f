"""`hq goods …`: suppliers, lists, orders, requisitions, recalls, invoices, claims.

Whoever acts is named with --by and has to be a person of head office with the right for it. A
command's module is loaded when it is asked for.
"""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "supplier": ("suppliers", "supplier"),
    "import": ("lists", "import_any"),
    "import-suppliers": ("lists", "import_suppliers"),
    "import-class-rules": ("lists", "import_class_rules"),
    "import-item-rules": ("lists", "import_item_rules"),
    "export": ("lists", "export"),
    "po": ("purchase_orders", "po"),
    "orders": ("purchase_orders", "list_orders"),
    "order": ("purchase_orders", "show_order"),
    "dispatch": ("dispatches", "dispatch"),
    "requisition": ("requisitions", "requisition"),
    "recall": ("recalls", "recall"),
    "match": ("invoices", "match"),
    "claim": ("claims", "claim"),
    "judge": ("claims", "judge"),
}
"""Command → module of this package that holds it, and its name there."""


class GoodsGroup(click.Group):
    """A group that imports a command's module when the command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands by name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f"{__name__}.{module}"), name)
        return command


@click.group(cls=GoodsGroup)
def goods() -> None:
    """Suppliers, rules, orders, requisitions, recalls, invoices."""
