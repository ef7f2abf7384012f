"""`pos replay`: trade a roll again, from any system, and see head office agree."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.replay.reading import RollSummary


@click.command()
@click.argument("roll", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--home", "directory", type=click.Path(path_type=Path), help="Folder of the replay.")
@click.option("--currency", default="CNY", show_default=True, help="Currency of the roll.")
@click.option("--create-items", is_flag=True, help="Import the roll's items into head office.")
@click.option(
    "--counts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV store_id,workstation_id,business_day,tender_type,counted: what people counted, "
    "entered blind when a day is closed; blank is not counted.",
)
@click.option(
    "--through", type=click.Choice(["services", "devices"]), default="services", show_default=True
)
@click.option("--head-office-db", help="Database URL of the replay's own head office.")
@click.option("--head-office", "head_office_url", help="URL of a head office that runs already.")
@click.option(
    "--enrol-codes",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV store_id,workstation_id,code for --head-office.",
)
def replay(
    roll: Path,
    directory: Path | None,
    currency: str,
    *,
    create_items: bool,
    counts: Path | None,
    through: str,
    head_office_db: str | None,
    head_office_url: str | None,
    enrol_codes: Path | None,
) -> None:
    """Trade ROLL (a CSV) again through till, sync and head office; a killed replay goes on."""
    from pos.replay.shop import ReplayShop

    if (head_office_db or enrol_codes) and bool(head_office_db) == bool(head_office_url):
        raise click.UsageError(
            _(
                "--head-office-db is for the replay's own head office; "
                "--head-office and --enrol-codes name another one."
            )
        )
    folder = (directory if directory is not None else Path(f"{roll.stem}-replay")).absolute()
    summary = _summary(roll, counts)
    codes = _read_codes(enrol_codes)
    with ReplayShop(folder, currency) as shop:
        if head_office_url:
            shop.url = head_office_url
            if create_items:
                click.echo(
                    _(
                        "Goods go into that head office on its own machine: "
                        "`hq import-items %(file)s`. Trading goes on with the roll's prices."
                    )
                    % {"file": shop.write_items(summary)},
                    err=True,
                )
        else:
            shop.open_head_office(head_office_db)
            if create_items:
                shop.import_items(summary)
        homes = {}
        for store_id, workstation_id in summary.tills:
            home = shop.enrol(store_id, workstation_id, codes.get((store_id, workstation_id)))
            shop.use_url(home)
            if create_items or head_office_url:
                shop.pull(home)
            homes[store_id, workstation_id] = home
        if through == "devices":
            from pos.replay.devices import trade_roll_through_devices as trade
        else:
            from pos.replay.trading import trade_roll as trade

            for home in homes.values():
                shop.start_uploader(home)
        trading = _("Trading")
        with click.progressbar(length=summary.transactions, label=trading) as bar:
            # Into a file the bar is one line; only a terminal can write a label again in its place.
            relabel = bar.label if not sys.stdout.isatty() else None

            def progress(done: int, total: int, what: str) -> None:  # noqa: ARG001
                if done >= 0:
                    bar.label = relabel or f"{trading} {what}".strip()
                    bar.update(done - bar.pos)
                elif relabel is None:
                    bar.label = _("Sending to head office, %(left)s left") % {"left": -done}
                    bar.render_progress()

            report = trade(roll, summary, shop, homes, progress)
    click.echo(
        _(
            "%(transactions)s transactions with %(lines)s lines traded on %(tills)s tills "
            "(%(already)s were there already), %(days)s days closed; trading %(trading).1f s, "
            "draining %(draining).1f s."
        )
        % {
            "transactions": report.transactions,
            "lines": report.lines,
            "tills": report.tills,
            "already": report.already_traded,
            "days": report.closed_days,
            "trading": report.seconds_trading,
            "draining": report.seconds_draining,
        }
    )


def _summary(roll: Path, counts: Path | None) -> RollSummary:
    """Read and check both files whole; raises ClickException before anything is traded."""
    from pos.domain.roll import RollError
    from pos.replay.reading import read_counts, summarise

    file = roll
    try:
        summary = summarise(roll)
        if counts is not None:
            file = counts
            summary.counts = read_counts(counts, summary.days)
    except RollError as error:
        raise click.ClickException(
            _("%(roll)s, %(error)s. Nothing was traded; correct the row and start again.")
            % {"roll": file.name, "error": error.text(_)}
        ) from error
    return summary


def _read_codes(path: Path | None) -> dict[tuple[str, str], str]:
    if path is None:
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        if not {"store_id", "workstation_id", "code"} <= set(reader.fieldnames or ()):
            raise click.BadParameter(
                _("%(file)s: expected the columns store_id,workstation_id,code.")
                % {"file": path.name},
                param_hint="--enrol-codes",
            )
        return {(row["store_id"], row["workstation_id"]): row["code"] for row in reader}
