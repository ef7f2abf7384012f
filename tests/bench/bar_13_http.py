"""Bar 13: tills' sales per second through `hq serve` on PostgreSQL, against COPY on one connection.

COPY writes the same rows, aggregates included; the second row leaves those out of the baseline.
The client shares the machine's cores. A sale costs the server, beside the engine's part (bar 12),
about 17 µs for unpacking and decoding, done on another thread while the writer waits.
"""

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
                base, bare, ours = Samples(), Samples(), Samples()
                for number in range(options.rounds(8) + 1):
                    note = wait_for_calm(options) or note
                    example.ask("take", sales=SALES, batches=BATCHES)
                    folders = example.ask("export")
                    copied = raw.ask("copy", folders=folders, whole=True)
                    without = raw.ask("copy", folders=folders)
                    pushed = load.ask("push", sales=SALES, batches=BATCHES)
                    if number:
                        base.rounds.append([value / SALES for value in copied])
                        bare.rounds.append([value / SALES for value in without])
                        ours.rounds.append(pushed)
    return [
        Row(13, f"HTTP end to end, batches of {SALES}, 4 connections / COPY of the same rows",
            f"{1 / base.p50():,.0f} sales/s", f"{1 / ours.p50():,.0f} sales/s",
            1 / ratio_of_medians(base, ours), 0.6, at_least=True, note=note),
        Row(13, "… / COPY without the aggregates' rows", f"{1 / bare.p50():,.0f} sales/s",
            f"{1 / ours.p50():,.0f} sales/s", 1 / ratio_of_medians(bare, ours), None),
    ]  # fmt: skip
