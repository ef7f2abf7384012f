"""`hq goods match`: invoices against orders and receipts, and the list to be paid."""

from __future__ import annotations

import sys

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


@click.group("match")
def match() -> None:
    """Invoices against orders and receipts, and the list to be paid."""


@match.command("enter")
@home_option
@by_option
@store_option
@line_option
@note_option
@click.argument("order_id")
@click.argument("invoice_no")
@click.option("--amount", required=True, help=_("Without tax."))
@click.option("--tax", default="0", help=_("Tax."))
@click.option("--day", required=True, help=_("Invoice day."))
@click.option("--pay-by", default="", help=_("Day by which it is paid."))
def match_enter(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    lines: tuple[str, ...],
    note: str,
    order_id: str,
    invoice_no: str,
    amount: str,
    tax: str,
    day: str,
    pay_by: str,
) -> None:
    """Enter an invoice; without lines it is for everything received. Prints the match as JSON."""
    from pos.domain.money import parse_amount
    from sync.head_office.goods_matching import Matching
    from sync.head_office.invoice_lines import lines_of

    with acting(home, database_url, by) as (orders, person):
        print_json(
            Matching(orders).enter(
                person,
                store_id=store,
                order_id=order_id,
                invoice_no=invoice_no,
                invoice_day=day,
                pay_day=pay_by,
                amount_minor=parse_amount(amount),
                tax_minor=parse_amount(tax),
                lines=lines_of(orders.dialect, orders.get(store, order_id), "\n".join(lines)),
                note=note,
            )
        )


@match.command("show")
@home_option
@store_option
@click.argument("supplier_id")
@click.argument("invoice_no")
def match_show(
    home: str | None, database_url: str | None, store: str, supplier_id: str, invoice_no: str
) -> None:
    """Show one invoice beside its order and receipts as JSON; exits 1 when they differ."""
    from sync.head_office.goods_matching import Matching

    with reading(home, database_url) as orders:
        found = Matching(orders).match(store, supplier_id, invoice_no)
    print_json(found)
    if not found.clean:
        sys.exit(1)


@match.command("approve")
@home_option
@by_option
@store_option
@note_option
@click.argument("supplier_id")
@click.argument("invoice_no")
def match_approve(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    supplier_id: str,
    invoice_no: str,
) -> None:
    """Approve an invoice that somebody else entered."""
    from sync.head_office.goods_matching import Matching

    with acting(home, database_url, by) as (orders, person):
        Matching(orders).approve(person, store, supplier_id, invoice_no, note)


@match.command("refuse")
@home_option
@by_option
@store_option
@note_option
@click.argument("supplier_id")
@click.argument("invoice_no")
def match_refuse(
    home: str | None,
    database_url: str | None,
    by: str,
    store: str,
    note: str,
    supplier_id: str,
    invoice_no: str,
) -> None:
    """Refuse an invoice."""
    from sync.head_office.goods_matching import Matching

    with acting(home, database_url, by) as (orders, person):
        Matching(orders).refuse(person, store, supplier_id, invoice_no, note)


@match.command("pay-list")
@home_option
def match_pay_list(home: str | None, database_url: str | None) -> None:
    """List approved invoices by the day on which they are due, as JSON."""
    from sync.head_office.goods_matching import Matching

    with reading(home, database_url) as orders:
        print_json(Matching(orders).pay_list())
