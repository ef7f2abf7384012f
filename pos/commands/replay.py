"""`pos replay`: trade a roll again, from any system, and see head office agree."""

from __future__ import annotations

import csv
from pathlib import Path

import click

from pos.i18n import gettext as _


@click.command()
@click.argument("roll", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--home", "directory", type=click.Path(path_type=Path), help="Folder of the replay.")
@click.option("--currency", default="CNY", show_default=True, help="Currency of the roll.")
@click.option("--create-items", is_flag=True, help="Import the roll's items into head office.")
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
    through: str,
    head_office_db: str | None,
    head_office_url: str | None,
    enrol_codes: Path | None,
) -> None:
    """Trade ROLL (a CSV) again through till, sync and head office; a killed replay goes on."""
    from pos.domain.roll import RollError
    from pos.replay.reading import summarise
    from pos.replay.shop import ReplayShop

    folder = (directory if directory is not None else Path(f"{roll.stem}-replay")).absolute()
    try:
        summary = summarise(roll)
    except RollError as error:
        raise click.ClickException(
            _("%(roll)s, %(error)s. Nothing was traded; correct the row and start again.")
            % {"roll": roll.name, "error": error}
        ) from error
    codes = _read_codes(enrol_codes)
    with ReplayShop(folder, currency) as shop:
        if head_office_url:
            shop.url = head_office_url
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
        with click.progressbar(length=summary.transactions, label=_("Trading")) as bar:

            def progress(done: int, total: int, what: str) -> None:  # noqa: ARG001
                if done >= 0:
                    bar.update(done - bar.pos)

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


def _read_codes(path: Path | None) -> dict[tuple[str, str], str]:
    if path is None:
        return {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        return {
            (row["store_id"], row["workstation_id"]): row["code"] for row in csv.DictReader(file)
        }
