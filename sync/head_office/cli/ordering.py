"""`hq goods …`: suppliers, rules, orders, requisitions, recalls, invoices."""

from __future__ import annotations

import click


@click.group()
def goods() -> None:
    """Suppliers, rules, orders, requisitions, recalls, invoices."""
