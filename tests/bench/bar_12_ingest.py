"""Bar 12: head office's ingest engine on PostgreSQL against COPY of ready-made text.

Both write the journal's bytes, sales, lines and tenders to the same indexes in one transaction.
Ours also adds what the batch means for the aggregates: with two thousand goods sold at random that
is another 9 rows per sale in batches of 50, and 4 in batches of 500. The bar is held against COPY of
all of that; the row below it leaves the aggregates out of the baseline.

Where ours goes, in µs of CPU per sale of ten lines on a shared machine: PostgreSQL 75-80 at 500
(COPY itself 85-90), 130 at 50; decoding and checking 20, booking 25, COPY text 20, and at 50
another 50 for what is done once per batch. Decoding and booking overlap with PostgreSQL's part, so
on a machine with a core to spare the ratio is 0.3 to 0.5 better than on one without.
"""

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
                taken, repeated, copied, whole = Samples(), Samples(), Samples(), Samples()
                for number in range(options.rounds(8) + 1):
                    note = wait_for_calm(options)
                    first = ours.ask("take", sales=sales, batches=batches)
                    second = ours.ask("again")
                    folders = ours.ask("export")
                    everything = raw.ask("copy", folders=folders, whole=True)
                    base = raw.ask("copy", folders=folders)
                    if number:
                        taken.rounds.append(first)
                        repeated.rounds.append(second)
                        copied.rounds.append(base)
                        whole.rounds.append(everything)
            rows += [
                Row(12, f"ingest engine, batches of {sales} / COPY of the same rows",
                    per_second(whole, sales), per_second(taken, sales),
                    ratio_of_medians(whole, taken), limit, note=note),
                Row(12, "… / COPY without the aggregates' rows", per_second(copied, sales),
                    per_second(taken, sales), ratio_of_medians(copied, taken), None),
                Row(12, f"… the same batches of {sales} again / first time",
                    per_second(taken, sales), per_second(repeated, sales),
                    ratio_of_medians(taken, repeated), 0.7),
            ]  # fmt: skip
    return rows
