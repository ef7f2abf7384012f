"""`hq goods import…|export`: suppliers and goods rules as lists."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, print_json
from sync.head_office.cli.ordering.options import acting, by_option, reading


def _import(name: str, dataset: str) -> click.Command:
    @click.command(name)
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

    return command


import_any = _import("import", "")
import_suppliers = _import("import-suppliers", "suppliers")
import_class_rules = _import("import-class-rules", "class_rules")
import_item_rules = _import("import-item-rules", "item_rules")


@click.command("export")
@home_option
@click.argument("dataset", type=click.Choice(["suppliers", "class_rules", "item_rules"]))
def export(home: str | None, database_url: str | None, dataset: str) -> None:
    """Write a list as CSV to standard output; import reads it back."""
    from sync.head_office.goods_lists import export_list

    with reading(home, database_url) as orders:
        sys.stdout.buffer.write(export_list(orders.feed, dataset).encode())
