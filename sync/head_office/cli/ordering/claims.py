"""`hq goods claim|judge`: claims of stores, and goods set apart that wait for a verdict."""

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


@click.group("claim")
def claim() -> None:
    """Claims of stores against suppliers and senders."""


@claim.command("list")
@home_option
@click.option("--store", default="", help=_("This store only."))
def claim_list(home: str | None, database_url: str | None, store: str) -> None:
    """List claims with their answers as JSON."""
    from sync.head_office.goods_claims import Claims

    with reading(home, database_url) as orders:
        print_json(Claims(orders).all(store_id=store))


@claim.command("answer")
@home_option
@by_option
@store_option
@note_option
@click.argument("document_uuid")
@click.argument("answer", type=click.Choice(["accepted", "credited", "replaced", "refused"]))
@click.option("--amount", default="0", help=_("What is credited."))
def claim_answer(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    document_uuid: str,
    answer: str,
    amount: str,
) -> None:
    """Answer a claim."""
    from pos.domain.money import parse_amount
    from sync.head_office.goods_claims import Claims

    with acting(home, database_url, by) as (orders, person):
        Claims(orders).answer(
            person, store, document_uuid, answer, amount_minor=parse_amount(amount), note=note
        )


@click.group("judge")
def judge() -> None:
    """Goods set apart at stores: list, judge."""


@judge.command("list")
@home_option
@click.option("--store", default="", help=_("This store only."))
def judge_list(home: str | None, database_url: str | None, store: str) -> None:
    """List goods that wait for judgement as JSON."""
    from sync.head_office.goods_claims import Claims

    with reading(home, database_url) as orders:
        print_json(Claims(orders).set_apart(store))


@judge.command("order")
@home_option
@by_option
@store_option
@note_option
@click.argument("item_code")
@click.argument("quantity")
@click.argument("verdict", type=click.Choice(["back", "return", "scrap"]))
@click.option("--batch", default="", help=_("This batch only."))
def judge_order(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    item_code: str,
    quantity: str,
    verdict: str,
    batch: str,
) -> None:
    """Order a store to put goods back, send them back or scrap them; prints the order's number."""
    from pos.domain.quantity import parse_quantity
    from sync.head_office.goods_claims import Claims

    with acting(home, database_url, by) as (orders, person):
        made = Claims(orders).judge(
            person,
            store_id=store,
            item_code=item_code,
            batch=batch,
            quantity_milli=parse_quantity(quantity),
            verdict=verdict,
            note=note,
        )
        click.echo(made.order_id)
