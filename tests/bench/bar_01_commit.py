"""Bar 1: a sale of ten lines from validated cart to COMMIT, against raw sqlite3 with the same rows.

Both sides hand the sale to a write worker and wait for its answer, as the till does. Both write the
same 20 to 28 pages; ours is some 40 µs of Python more of the cashier's thread (the job's uuid, the
registers' question of each line), and 10 to 20 of the worker's (projections by name, NFC check, drawer
and printer told before the answer). 1.03 to 1.14 while other programs are on both cores.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.bench.harness import (
    Options,
    Program,
    Row,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
    ratio_of_p99,
)
from tests.support.headless import close_counter, make_shop, open_counter

SALES = 40


def fresh_home(home: Path) -> Path:
    """A new shop whose day is open."""
    shutil.rmtree(home, ignore_errors=True)
    make_shop(home)
    close_counter(open_counter(home))
    return home


def run(options: Options) -> list[Row]:
    """Measure."""
    home = fresh_home(options.folder / "commit" / "home")
    example, database = home.parent / "example.json", home.parent / "raw.db"
    shutil.copyfile(home / "journal.db", database)
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
    ours = Program("ours.commit", home)
    example.write_text(json.dumps(ours.ask("sample")), encoding="utf-8")
    raw = Program("baselines.raw_commit", database, example)
    with programs(ours, raw):
        before = [side.ask("counts") for side in (raw, ours)]
        (base, sold, completed), note = interleave(
            options,
            options.rounds(24),
            lambda: raw.ask("sell", count=SALES),
            lambda: ours.ask("sell", count=SALES),
            lambda: ours.ask("complete", count=SALES),
        )
        after = [side.ask("counts") for side in (raw, ours)]
    grown = [{k: a[k] - b[k] for k in a} for a, b in zip(after, before, strict=True)]
    per_sale = [{k: v / g["journal_entry"] for k, v in g.items()} for g in grown]
    assert per_sale[0] == per_sale[1], f"not the same rows: {per_sale}"
    return [
        Row(1, "sale commit p50, both through a worker", milliseconds(base.p50()),
            milliseconds(sold.p50()), ratio_of_medians(base, sold), 1.15, note=note),
        Row(1, "sale commit p99", milliseconds(base.p99()), milliseconds(sold.p99()),
            ratio_of_p99(base, sold), 1.5),
        Row(1, "… with pricing and closing of the cart", milliseconds(base.p50()),
            milliseconds(completed.p50()), ratio_of_medians(base, completed), None),
    ]  # fmt: skip
