"""`hq goods po|orders|order`: purchase orders, and orders of every kind looked at."""

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


@click.group("po")
def po() -> None:
    """Purchase orders: draft, audit, place, close."""


@po.command("draft")
@home_option
@by_option
@store_option
@line_option
@note_option
@click.option("--supplier", "supplier_id", required=True, help=_("Number of the supplier."))
@click.option("--due", required=True, help=_("Day of delivery, such as 2026-11-21."))
@click.option("--contract", default="", help=_("Contract number."))
def po_draft(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    lines: tuple[str, ...],
    note: str,
    supplier_id: str,
    due: str,
    contract: str,
) -> None:
    """Write a draft; prints its number."""
    from sync.head_office.goods_items import typed_lines
    from sync.head_office.goods_purchasing import Purchasing

    with acting(home, database_url, by) as (orders, person):
        made = Purchasing(orders).draft(
            person,
            store_id=store,
            supplier_id=supplier_id,
            due_day=due,
            lines=typed_lines("\n".join(lines)),
            contract_no=contract,
            note=note,
        )
        click.echo(made.order_id)


def _po_act(name: str, call: str, text: str, *, noted: bool) -> None:
    @po.command(name, help=text, short_help=text)
    @home_option
    @by_option
    @store_option
    @note_option
    @click.argument("order_id")
    def command(
        home: str | None, database_url: str | None, by: str, store: str, note: str, order_id: str
    ) -> None:
        from sync.head_office.goods_purchasing import Purchasing

        with acting(home, database_url, by) as (orders, person):
            act = getattr(Purchasing(orders), call)
            done = act(person, store, order_id, *((note,) if noted else ()))
            click.echo(done.state.value)


_po_act("audit", "audit", _("Audit an order that somebody else wrote."), noted=True)
_po_act("send-back", "send_back", _("Make an audited order a draft again."), noted=True)
_po_act("place", "place", _("Place an audited order: the store can receive it."), noted=False)
_po_act("close", "close", _("End an order although not everything came."), noted=True)
_po_act("cancel", "cancel", _("Cancel an order of which nothing came."), noted=True)


@click.command("orders")
@home_option
@click.option("--store", default="", help=_("This store only."))
@click.option("--kind", default="", help=_("This kind only, such as purchase or dispatch."))
@click.option("--state", default="", help=_("This state only, such as placed."))
def list_orders(
    home: str | None, database_url: str | None, store: str, kind: str, state: str
) -> None:
    """List orders of every kind as JSON, the latest first."""
    with reading(home, database_url) as orders:
        print_json(
            orders.documents(
                kinds=(kind,) if kind else (), states=(state,) if state else (), store_id=store
            )
        )


@click.command("order")
@home_option
@store_option
@click.argument("order_id")
def show_order(home: str | None, database_url: str | None, store: str, order_id: str) -> None:
    """Show one order with its history as JSON."""
    with reading(home, database_url) as orders:
        print_json(
            {"order": orders.get(store, order_id), "history": orders.events(store, order_id)}
        )
