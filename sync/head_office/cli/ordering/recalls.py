"""`hq goods recall`: hold notices and recalls."""

from __future__ import annotations

import sys

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering.options import acting, by_option, reading


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
