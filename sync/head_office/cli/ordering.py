"""`hq goods …`: suppliers, lists, purchase orders and dispatches; the rest is in `ordering_more`.

Whoever acts is named with --by and has to be a person of head office with the right for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json

if TYPE_CHECKING:
    from sync.head_office.goods_orders import GoodsOrders
    from sync.head_office.people import Person

_Command = TypeVar("_Command", bound=Callable[..., Any])


def by_option(command: _Command) -> _Command:
    """`--by`."""
    return click.option("--by", required=True, help=_("Person of head office who does it."))(
        command
    )


def store_option(command: _Command) -> _Command:
    """`--store`, required."""
    return click.option("--store", required=True, help=_("Number of the store."))(command)


def line_option(command: _Command) -> _Command:
    """`--line`, several."""
    return click.option(
        "--line",
        "lines",
        multiple=True,
        help=_("'ITEM QUANTITY PRICE', once for each line."),
    )(command)


def note_option(command: _Command) -> _Command:
    """`--note`."""
    return click.option("--note", default="", help=_("Why; it is kept."))(command)


@contextmanager
def acting(
    home: str | None, database_url: str | None, by: str
) -> Iterator[tuple[GoodsOrders, Person]]:
    """Orders of an open head office, and the person who acts."""
    from sync.head_office import people
    from sync.head_office.feed import Feed
    from sync.head_office.goods_following import follow_all
    from sync.head_office.goods_orders import GoodsOrders

    place = office(home, database_url)
    try:
        orders = GoodsOrders(Feed(place))
        follow_all(orders)
        yield orders, people.by_name(place, by)
    finally:
        place.close()


@contextmanager
def reading(home: str | None, database_url: str | None) -> Iterator[GoodsOrders]:
    """Orders of a head office that is only read."""
    from sync.head_office.feed import Feed
    from sync.head_office.goods_orders import GoodsOrders

    place = office(home, database_url, read_only=True)
    try:
        yield GoodsOrders(Feed(place))
    finally:
        place.close()


class _MoreGroup(click.Group):
    """A group whose further commands are loaded from `ordering_more` when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands of both modules."""
        return sorted({*super().list_commands(ctx), *_more().COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command of either module."""
        found = super().get_command(ctx, cmd_name)
        return found or _more().COMMANDS.get(cmd_name)


def _more() -> Any:
    from sync.head_office.cli import ordering_more

    return ordering_more


@click.group(cls=_MoreGroup)
def goods() -> None:
    """Suppliers, rules, orders, requisitions, recalls, invoices."""


# ------------------------------------------------------------------------------- suppliers


@goods.group("supplier")
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


# ----------------------------------------------------------------------------------- lists


def _import(name: str, dataset: str) -> None:
    @goods.command(name)
    @home_option
    @by_option
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--approved-by", default="", help=_("Another person, who approves suppliers."))
    @click.option("--dry-run", is_flag=True, help=_("Check the file and change nothing."))
    @click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
    def command(
        home: str | None,
        database_url: str | None,
        by: str,
        file: Path,
        approved_by: str,
        *,
        dry_run: bool,
        as_json: bool,
    ) -> None:
        """Import a list from CSV or xlsx; only what differs is published."""
        from sync.head_office import people
        from sync.head_office.goods_lists import import_list
        from sync.head_office.goods_suppliers import Suppliers

        with acting(home, database_url, by) as (orders, person):
            done = import_list(orders.feed, person, file, dataset=dataset, dry_run=dry_run)
            if approved_by and not dry_run:
                approver = people.by_name(orders.office, approved_by)
                keeper = Suppliers(orders.feed)
                for record in keeper.all():
                    if not record.approved:
                        keeper.approve(approver, record.supplier.supplier_id)
        if as_json:
            print_json(done)
        else:
            click.echo(
                _("{rows} rows, {changed} changed, {problems} problems").format(
                    rows=done.rows, changed=done.changed, problems=len(done.problems)
                )
            )
            for problem in done.problems:
                click.echo(problem.text(_), err=True)
        if done.problems:
            sys.exit(1)


for _name, _dataset in (
    ("import", ""),
    ("import-suppliers", "suppliers"),
    ("import-class-rules", "class_rules"),
    ("import-item-rules", "item_rules"),
):
    _import(_name, _dataset)


@goods.command("export")
@home_option
@click.argument("dataset", type=click.Choice(["suppliers", "class_rules", "item_rules"]))
def export(home: str | None, database_url: str | None, dataset: str) -> None:
    """Write a list as CSV to standard output; import reads it back."""
    from sync.head_office.goods_lists import export_list

    with reading(home, database_url) as orders:
        sys.stdout.buffer.write(export_list(orders.feed, dataset).encode())


# --------------------------------------------------------------------------- purchase orders


@goods.group("po")
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


@goods.command("orders")
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


@goods.command("order")
@home_option
@store_option
@click.argument("order_id")
def show_order(home: str | None, database_url: str | None, store: str, order_id: str) -> None:
    """Show one order with its history as JSON."""
    with reading(home, database_url) as orders:
        print_json(
            {"order": orders.get(store, order_id), "history": orders.events(store, order_id)}
        )


# -------------------------------------------------------------------------------- dispatches


@goods.group("dispatch")
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
