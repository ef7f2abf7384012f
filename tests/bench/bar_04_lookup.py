"""Bar 4: a barcode among a million goods becomes a priced item."""

from __future__ import annotations

import random

from tests.bench.catalogue import EFFECTIVE_DAY, catalogue_home
from tests.bench.harness import (
    Options,
    Program,
    Row,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
)
from tests.support.big_catalogue import made_items

LOOKUPS = 500


def some_codes(items: int, count: int, seed: int = 4) -> list[str]:
    """Barcodes of random goods."""
    chosen = set(random.Random(seed).sample(range(items), min(count, items)))
    codes = [item.barcode for index, item in enumerate(made_items(items)) if index in chosen]
    random.Random(seed).shuffle(codes)
    return codes


def run(options: Options) -> list[Row]:
    """Measure."""
    items = options.size("GUITAI_BENCH_ITEMS", 1_000_000, 50_000)
    home = catalogue_home(options.folder, items)
    scanned = some_codes(items, LOOKUPS)
    stored = [code.zfill(14) for code in scanned]
    raw = Program("baselines.raw_lookup", home / "reference.db", EFFECTIVE_DAY)
    with programs(raw, Program("ours.lookup", home)) as (base_program, ours_program):
        (base, found, lines), note = interleave(
            options,
            options.rounds(16),
            lambda: base_program.ask("find", codes=stored),
            lambda: ours_program.ask("find", codes=stored),
            lambda: ours_program.ask("line", codes=scanned),
        )
    what = f"barcode → priced item of {items:,}"
    return [
        Row(4, f"{what}, p50", milliseconds(base.p50()), milliseconds(found.p50()),
            ratio_of_medians(base, found), 1.5, note=note),
        Row(4, f"{what}, p99 (bar: 0.2 ms)", milliseconds(base.p99()), milliseconds(found.p99()),
            found.p99() / 0.0002, 1.0),
        Row(4, "… scanned code → cart line, p50", milliseconds(base.p50()),
            milliseconds(lines.p50()), ratio_of_medians(base, lines), None),
    ]  # fmt: skip
