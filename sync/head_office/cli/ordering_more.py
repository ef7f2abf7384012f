"""`hq goods requisition|recall|match|claim|judge`: the rest of `hq goods`."""

from __future__ import annotations

import sys

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering import (
    acting,
    by_option,
    line_option,
    note_option,
    reading,
    store_option,
)

# ------------------------------------------------------------------------------ requisitions


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


# ----------------------------------------------------------------------------------- recalls


@click.group("recall")
def recall() -> None:
    """Hold notices and recalls: issue, lift, who has not applied them."""


@recall.command("issue")
@home_option
@by_option
@click.argument("item_code")
@click.option("--number", "notice_no", required=True, help=_("Number of the notice."))
@click.option("--reason", required=True, help=_("Why; it is kept."))
@click.option("--batches", default="", help=_("Batches or a range A01..A09."))
@click.option("--serials", default="", help=_("Serial numbers or a range."))
@click.option("--store", default="", help=_("At this store only."))
@click.option("--recall", "back", is_flag=True, help=_("Recall what was sold as well."))
def recall_issue(
    home: str | None,
    database_url: str | None,
    by: str,
    item_code: str,
    notice_no: str,
    reason: str,
    batches: str,
    serials: str,
    store: str,
    *,
    back: bool,
) -> None:
    """Hold an item, batches or packs of it; prints the notice's id."""
    from sync.head_office.goods_recalls import Recalls, parts_of

    with acting(home, database_url, by) as (orders, person):
        made = Recalls(orders).issue(
            person,
            notice_no=notice_no,
            item_code=item_code,
            reason=reason,
            batches=parts_of(batches),
            serials=parts_of(serials),
            store_id=store,
            recall=back,
        )
        click.echo(made.notice_id)


@recall.command("lift")
@home_option
@by_option
@click.argument("notice_id")
@click.option("--reason", required=True, help=_("Why; it is kept."))
def recall_lift(
    home: str | None, database_url: str | None, by: str, notice_id: str, reason: str
) -> None:
    """Lift a notice that somebody else issued."""
    from sync.head_office.goods_recalls import Recalls

    with acting(home, database_url, by) as (orders, person):
        Recalls(orders).lift(person, notice_id, reason)


@recall.command("list")
@home_option
@click.option("--all", "everything", is_flag=True, help=_("Lifted ones as well."))
def recall_list(home: str | None, database_url: str | None, *, everything: bool) -> None:
    """List notices with tills that have not applied them, as JSON; exits 1 when some have not."""
    from sync.head_office.goods_recalls import Recalls

    with reading(home, database_url) as orders:
        keeper = Recalls(orders)
        found = [
            {
                "notice": notice,
                "not_applied": [] if notice.lifted_by else keeper.not_applied(notice),
                "progress": keeper.progress(notice),
            }
            for notice in keeper.all(standing=not everything)
        ]
    print_json(found)
    if any(one["not_applied"] for one in found):
        sys.exit(1)


# ---------------------------------------------------------------------------------- invoices


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


# ------------------------------------------------------------------------ claims, judgements


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


COMMANDS: dict[str, click.Command] = {
    "requisition": requisition,
    "recall": recall,
    "match": match,
    "claim": claim,
    "judge": judge,
}
"""What `ordering.goods` adds to its own commands."""
