"""`hq goods requisition`: what stores ask for, and what they are granted."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering.options import (
    acting,
    by_option,
    note_option,
    reading,
    store_option,
)


@click.group("requisition")
def requisition() -> None:
    """Requisitions from stores: list, answer, one order out of several."""


@requisition.command("list")
@home_option
@click.option("--store", default="", help=_("This store only."))
def requisition_list(home: str | None, database_url: str | None, store: str) -> None:
    """List requisitions with their answers as JSON."""
    from sync.head_office.goods_requisitions import Requisitions

    with reading(home, database_url) as orders:
        print_json(Requisitions(orders).all(store_id=store))


@requisition.command("answer")
@home_option
@by_option
@store_option
@note_option
@click.argument("document_uuid")
@click.option(
    "--grant", "grants", multiple=True, help=_("'LINE QUANTITY'; lines not named are granted.")
)
def requisition_answer(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    document_uuid: str,
    grants: tuple[str, ...],
) -> None:
    """Answer a requisition within the allocation; prints confirmed, limited or refused."""
    from pos.domain.quantity import parse_quantity
    from sync.head_office.goods_requisitions import Requisitions

    granted: dict[int, int] = {}
    for text in grants:
        number, _blank, quantity = text.partition(" ")
        granted[int(number)] = parse_quantity(quantity.strip())
    with acting(home, database_url, by) as (orders, person):
        click.echo(Requisitions(orders).answer(person, store, document_uuid, granted, note).answer)


@requisition.command("dispatch")
@home_option
@by_option
@store_option
@note_option
@click.argument("document_uuids", nargs=-1, required=True)
def requisition_dispatch(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    document_uuids: tuple[str, ...],
) -> None:
    """Send what was granted as one dispatch; prints its number."""
    from sync.head_office.goods_requisitions import Requisitions

    with acting(home, database_url, by) as (orders, person):
        made = Requisitions(orders).dispatch(person, store, document_uuids, note)
        click.echo(made.order_id)


@requisition.command("purchase")
@home_option
@by_option
@store_option
@click.option("--supplier", "supplier_id", required=True, help=_("Number of the supplier."))
@click.option("--due", required=True, help=_("Day of delivery, such as 2026-11-21."))
@click.argument("document_uuids", nargs=-1, required=True)
def requisition_purchase(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    supplier_id: str,
    due: str,
    document_uuids: tuple[str, ...],
) -> None:
    """Draft one purchase order of what was granted; prints its number."""
    from sync.head_office.goods_requisitions import Requisitions

    with acting(home, database_url, by) as (orders, person):
        made = Requisitions(orders).purchase(
            person, store, document_uuids, supplier_id=supplier_id, due_day=due
        )
        click.echo(made.order_id)


@requisition.command("allocate")
@home_option
@by_option
@store_option
@click.argument("month")
@click.argument("item_code")
@click.argument("forecast")
@click.option("--factor", default=100, help=_("Season, in per cent."))
def requisition_allocate(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    month: str,
    item_code: str,
    forecast: str,
    factor: int,
) -> None:
    """Set how much of an item a store may be granted in a month."""
    from pos.domain.quantity import parse_quantity
    from sync.head_office.goods_requisitions import Requisitions

    with acting(home, database_url, by) as (orders, person):
        print_json(
            Requisitions(orders).allowances.allocate(
                person,
                store_id=store,
                month=month,
                item_code=item_code,
                forecast_milli=parse_quantity(forecast),
                factor_percent=factor,
            )
        )
