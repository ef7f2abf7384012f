"""Bar 12: head office's ingest engine on PostgreSQL against COPY of ready-made text."""

from __future__ import annotations

import shutil

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

SIZES = ((50, 20, 1.5), (500, 4, 2.0))


def per_second(samples: Samples, sales: int) -> str:
    """A rate as text."""
    return f"{sales / samples.p50():,.0f} sales/s"


def run(options: Options) -> list[Row]:
    """Measure."""
    rows: list[Row] = []
    with server() as running:
        for sales, batches, limit in SIZES:
            folder = options.folder / "ingest"
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            url = new_database(running)
            ours = Program("ours.ingest", folder, url)
            ours.ask("take", sales=1, batches=1)
            raw = Program("baselines.raw_copy", url)
            with programs(ours, raw):
                # The baseline copies what ours has just written, so ours goes first in each round.
                taken, repeated, copied = Samples(), Samples(), Samples()
                for number in range(options.rounds(8) + 1):
                    note = wait_for_calm(options)
                    first = ours.ask("take", sales=sales, batches=batches)
                    second = ours.ask("again")
                    base = raw.ask("copy", folders=ours.ask("export"))
                    if number:
                        taken.rounds.append(first)
                        repeated.rounds.append(second)
                        copied.rounds.append(base)
            rows += [
                Row(12, f"ingest engine, batches of {sales} / COPY", per_second(copied, sales),
                    per_second(taken, sales), ratio_of_medians(copied, taken), limit, note=note),
                Row(12, f"… the same batches of {sales} again / first time",
                    per_second(taken, sales), per_second(repeated, sales),
                    ratio_of_medians(taken, repeated), 0.7),
            ]  # fmt: skip
    return rows
