"""`hq sample-shop`: what a demonstration's head office has to offer."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.command("sample-shop")
@home_option
@click.option("--store", required=True, help=_("The store that receives its orders."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def sample_shop(home: str | None, database_url: str | None, store: str, *, as_json: bool) -> None:
    """Publish the sample shop: items, suppliers, rules, orders. For demonstrations alone."""
    from sync.head_office.feed import Feed
    from sync.head_office.sample_goods import stock_sample_shop

    place = office(home, database_url)
    today = place.today()
    done = stock_sample_shop(Feed(place), store, today)
    place.close()
    if as_json:
        print_json(done)
    else:
        click.echo(
            _("{items} items, {suppliers} suppliers, {rules} rules, {orders} orders").format(
                items=done.items,
                suppliers=done.suppliers,
                rules=done.rules,
                orders=done.orders,
            )
        )
