"""`hq goods supplier`: add, approve, evaluate, list, figures."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering.options import acting, by_option, note_option, reading


@click.group("supplier")
def supplier() -> None:
    """Suppliers: add, approve, evaluate, list, figures."""


@supplier.command("add")
@home_option
@by_option
@click.argument("supplier_id")
@click.option("--name", required=True, help=_("Name of the supplier."))
@click.option("--contact", default="", help=_("Whom to call."))
@click.option("--phone", default="", help=_("Telephone."))
@click.option("--weekdays", default="", help=_("Days it delivers: 14 is Monday and Thursday."))
@click.option("--lead-days", default=1, help=_("Days from order to delivery."))
@click.option("--tolerance-bp", default=0, help=_("How much more is taken, in 1/100 per cent."))
@click.option("--seal/--no-seal", default=True, help=_("Whether delivery notes bear a seal."))
def supplier_add(
    home: str | None,
    database_url: str | None,
    by: str,
    supplier_id: str,
    name: str,
    contact: str,
    phone: str,
    weekdays: str,
    lead_days: int,
    tolerance_bp: int,
    *,
    seal: bool,
) -> None:
    """Add a supplier or change one; somebody else approves it."""
    from pos.domain.goods.orders import Supplier
    from sync.head_office.goods_suppliers import Suppliers

    with acting(home, database_url, by) as (orders, person):
        keeper = Suppliers(orders.feed)
        before = keeper.find(supplier_id)
        made = Supplier(
            supplier_id=supplier_id,
            name=name,
            state=before.supplier.state if before else "active",
            contact=contact,
            phone=phone,
            delivery_weekdays=weekdays,
            lead_days=lead_days,
            tolerance_bp=tolerance_bp,
            needs_seal=seal,
        )
        print_json(keeper.enter(person, made))


@supplier.command("approve")
@home_option
@by_option
@note_option
@click.argument("supplier_id")
def supplier_approve(
    home: str | None, database_url: str | None, by: str, note: str, supplier_id: str
) -> None:
    """Approve a supplier whom somebody else entered."""
    from sync.head_office.goods_suppliers import Suppliers

    with acting(home, database_url, by) as (orders, person):
        print_json(Suppliers(orders.feed).approve(person, supplier_id, note))


@supplier.command("state")
@home_option
@by_option
@note_option
@click.argument("supplier_id")
@click.argument("state", type=click.Choice(["active", "rectify", "dropped"]))
def supplier_state(
    home: str | None, database_url: str | None, by: str, note: str, supplier_id: str, state: str
) -> None:
    """Take a supplier as active, let it rectify, or drop it."""
    from sync.head_office.goods_suppliers import Suppliers

    with acting(home, database_url, by) as (orders, person):
        print_json(Suppliers(orders.feed).set_state(person, supplier_id, state, note))


@supplier.command("list")
@home_option
def supplier_list(home: str | None, database_url: str | None) -> None:
    """List suppliers as JSON."""
    from sync.head_office.goods_suppliers import Suppliers

    with reading(home, database_url) as orders:
        print_json(Suppliers(orders.feed).all())


@supplier.command("figures")
@home_option
@click.option("--from", "first", required=True, help=_("First business day."))
@click.option("--to", "last", required=True, help=_("Last business day."))
def supplier_figures(home: str | None, database_url: str | None, first: str, last: str) -> None:
    """Print what deliveries say of each supplier, as JSON."""
    from sync.head_office import goods_figures

    with reading(home, database_url) as orders:
        print_json(list(goods_figures.figures(orders.office, first, last).values()))


@supplier.command("prices")
@home_option
@click.option("--item", default="", help=_("This item only."))
@click.option("--supplier", "supplier_id", default="", help=_("This supplier only."))
def supplier_prices(
    home: str | None, database_url: str | None, item: str, supplier_id: str
) -> None:
    """Print what goods were bought for, the latest first, as JSON."""
    from sync.head_office import goods_figures

    with reading(home, database_url) as orders:
        print_json(
            goods_figures.price_history(orders.dialect, item_code=item, supplier_id=supplier_id)
        )
