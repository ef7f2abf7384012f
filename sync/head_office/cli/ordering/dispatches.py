"""`hq goods dispatch`: goods from head office to stores, and the copies of their notes."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering.options import (
    acting,
    by_option,
    line_option,
    note_option,
    reading,
    store_option,
)


@click.group("dispatch")
def dispatch() -> None:
    """Dispatches from head office to stores, and their copies."""


@dispatch.command("send")
@home_option
@by_option
@store_option
@line_option
@note_option
@click.option("--due", default="", help=_("Day of arrival."))
def dispatch_send(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    lines: tuple[str, ...],
    note: str,
    due: str,
) -> None:
    """Send goods to a store; prints the dispatch's number."""
    from sync.head_office.goods_dispatching import Dispatching
    from sync.head_office.goods_items import typed_lines

    with acting(home, database_url, by) as (orders, person):
        made = Dispatching(orders).send(
            person,
            store_id=store,
            lines=typed_lines("\n".join(lines)),
            due_day=due,
            note=note,
        )
        click.echo(made.order_id)


@dispatch.command("copy-back")
@home_option
@by_option
@store_option
@click.argument("order_id")
@click.argument("copy", type=click.Choice(["goods", "finance_1", "finance_2"]))
def dispatch_copy_back(
    home: str | None, database_url: str | None, by: str, store: str, order_id: str, copy: str
) -> None:
    """Note that a copy of a dispatch note came back."""
    from sync.head_office.goods_dispatching import Dispatching

    with acting(home, database_url, by) as (orders, person):
        Dispatching(orders).copy_back(person, store, order_id, copy)


@dispatch.command("cancel")
@home_option
@by_option
@store_option
@note_option
@click.argument("order_id")
def dispatch_cancel(
    home: str | None, database_url: str | None, by: str, store: str, note: str, order_id: str
) -> None:
    """Cancel a dispatch of which nothing came, or close one."""
    from sync.head_office.goods_dispatching import Dispatching

    with acting(home, database_url, by) as (orders, person):
        Dispatching(orders).recall_back(person, store, order_id, note)


@dispatch.command("copies")
@home_option
def dispatch_copies(home: str | None, database_url: str | None) -> None:
    """List received dispatches whose copies are due back, as JSON."""
    from sync.head_office.goods_dispatching import Dispatching

    with reading(home, database_url) as orders:
        print_json(Dispatching(orders).copies_out())
