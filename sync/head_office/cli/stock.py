"""`hq stock …`: figures, reports, an item's history, transfers, the ledgers' proof, targets."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json


@click.group()
def stock() -> None:
    """Stock at head office: figures, history, transfers, ledgers."""


@stock.command()
@home_option
@click.option("--store", required=True, help=_("Store number."))
@click.option("--from", "first", default="", help=_("First business day; the latest if left out."))
@click.option("--to", "last", default="", help=_("Last business day."))
@click.option(
    "--by",
    type=click.Choice(["item", "class", "batch"]),
    default="item",
    help=_("One row for each of these."),
)
@click.option("--csv", "as_csv", is_flag=True, help=_("Print CSV instead of JSON."))
def report(
    home: str | None,
    database_url: str | None,
    store: str,
    first: str,
    last: str,
    by: str,
    *,
    as_csv: bool,
) -> None:
    """Print opening, in, out, adjusted, closing, value and turnover."""
    from sync.head_office import stock_reports

    place = office(home, database_url, read_only=True)
    days = stock_reports.period(place.dialect, store, _day(first), _day(last))
    found = stock_reports.report(place.dialect, store, *days, by)
    place.close()
    _print(stock_reports.COLUMNS, stock_reports.as_rows(found), as_csv=as_csv)


@stock.command()
@home_option
@click.option("--store", required=True, help=_("Store number."))
@click.argument("code")
def item(home: str | None, database_url: str | None, store: str, code: str) -> None:
    """Print an item's figures by place and batch, its cost and its latest movements.

    CODE is an item code, a barcode, a serial number or a batch.
    """
    from pos.domain.quantity import format_quantity
    from sync.head_office import stock_batches, stock_cards, stock_figures

    place = office(home, database_url, read_only=True)
    dialect = place.dialect
    found = []
    for item_code in stock_cards.items_of(dialect, store, code):
        dates = stock_batches.expiries(dialect, store, [item_code]).get(item_code, {})
        figures = stock_batches.viewed(stock_figures.of_item(dialect, store, item_code), dates)
        found.append(
            {
                "item_code": item_code,
                "figures": [
                    {"place": account[0], "batch": account[1], "quantity": format_quantity(amount)}
                    for account, amount in sorted(figures.items())
                ],
                "unit_cost_e4": stock_figures.costs(dialect, store, [item_code]).get(item_code),
                "movements": stock_cards.card(dialect, store, item_code).lines,
            }
        )
    place.close()
    if not found:
        raise LookupError(f"nothing at store {store} has the code {code!r}")
    print_json(found)


@stock.command()
@home_option
@click.option("--store", default="", help=_("This store only."))
@click.option("--open", "only_open", is_flag=True, help=_("Only those that have not arrived."))
def transfers(home: str | None, database_url: str | None, store: str, *, only_open: bool) -> None:
    """Print transfers between stores: what is under way, what arrived, what differs."""
    import msgspec

    from sync.head_office import goods_transfers

    place = office(home, database_url, read_only=True)
    now_ms = place.clock_ms()
    rows = [
        {
            **msgspec.to_builtins(one),
            "age_days": one.age_days(now_ms),
            "differences": [
                {**msgspec.to_builtins(line), "difference_milli": line.difference_milli}
                for line in (goods_transfers.lines_of(place.dialect, one) if one.arrived else ())
                if line.difference_milli
            ],
        }
        for one in goods_transfers.transfers(place.dialect, store_id=store, only_open=only_open)
    ]
    place.close()
    print_json(rows)


@stock.command()
@home_option
@click.option("--store", default="", help=_("This store only."))
def overdue(home: str | None, database_url: str | None, store: str) -> None:
    """Print goods sold and not delivered, or lent and not given back, for too long."""
    from sync.head_office import goods_overdue

    place = office(home, database_url, read_only=True)
    rows = goods_overdue.open_entries(place, store_id=store, only_overdue=True)
    place.close()
    print_json(rows)


@stock.command()
@home_option
@click.option("--store", default="", help=_("This store only."))
def ledger(home: str | None, database_url: str | None, store: str) -> None:
    """Print whether the tills' ledgers are head office's; ends with 1 when one differs."""
    from sync.head_office import ledger_proofs

    place = office(home, database_url, read_only=True)
    found = ledger_proofs.proofs(place.dialect, store_id=store)
    place.close()
    print_json(found)
    if not all(one.equal for one in found):
        sys.exit(1)


@stock.command()
@home_option
def work(home: str | None, database_url: str | None) -> None:
    """Fold, tell stores of transfers and compare ledgers now, as `hq serve` does by itself."""
    from sync.head_office.goods_jobs import GoodsJobs

    place = office(home, database_url)
    GoodsJobs(place).run()
    place.close()


@stock.command()
@home_option
@click.argument("store")
@click.argument("amount", required=False)
def target(home: str | None, database_url: str | None, store: str, amount: str | None) -> None:
    """Set what a store's stock is meant to be worth at most; without AMOUNT take it away."""
    from pos.domain.money import parse_amount
    from sync.head_office import stock_reports

    place = office(home, database_url)
    stock_reports.set_target(place, store, None if amount is None else parse_amount(amount))
    place.close()


def _day(text: str) -> str:
    return dt.date.fromisoformat(text).isoformat() if text else ""


def _print(columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, as_csv: bool) -> None:
    if not as_csv:
        print_json(rows)
        return
    from sync.head_office import tables

    sys.stdout.buffer.write(tables.to_csv(columns, rows).encode())
