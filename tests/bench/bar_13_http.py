"""Bar 13: tills' sales per second through `hq serve` on PostgreSQL, against COPY on one connection."""

from __future__ import annotations

import shutil

from sync.head_office.database import initialise
from sync.head_office.home import HeadOfficeHome
from tests.bench.harness import (
    Options,
    Program,
    Row,
    Samples,
    programs,
    ratio_of_medians,
    wait_for_calm,
)
from tests.bench.postgres import new_database, server
from tests.sync.head_office.office_kit import Server

SALES, BATCHES = 500, 2


def run(options: Options) -> list[Row]:
    """Measure."""
    folder = options.folder / "http"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    note = ""
    with server() as running:
        served, raw_url = new_database(running), new_database(running)
        home = folder / "head-office"
        initialise(
            HeadOfficeHome(home, served), currency="CNY", app_version="bench", database_url=served
        ).close()
        (folder / "engine").mkdir()
        example = Program("ours.ingest", folder / "engine", raw_url)
        example.ask("take", sales=1, batches=1)
        raw = Program("baselines.raw_copy", raw_url)
        with Server(home) as serving, programs(example, raw):
            load = Program("ours.http_load", home, serving.url)
            with programs(load):
                base, ours = Samples(), Samples()
                for number in range(options.rounds(8) + 1):
                    note = wait_for_calm(options) or note
                    example.ask("take", sales=SALES, batches=BATCHES)
                    copied = raw.ask("copy", folders=example.ask("export"))
                    pushed = load.ask("push", sales=SALES, batches=BATCHES)
                    if number:
                        base.rounds.append([value / SALES for value in copied])
                        ours.rounds.append(pushed)
    return [
        Row(13, f"HTTP end to end, batches of {SALES}, 4 connections / COPY",
            f"{1 / base.p50():,.0f} sales/s", f"{1 / ours.p50():,.0f} sales/s",
            1 / ratio_of_medians(base, ours), 0.6, at_least=True, note=note),
    ]  # fmt: skip
