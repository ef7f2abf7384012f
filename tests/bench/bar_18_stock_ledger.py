"""Bar 18: what is on hand, and an item's history, in a ledger of ten million movements."""

from __future__ import annotations

import random

from tests.bench.big_ledger import LINES, big_ledger, item_code, items_of
from tests.bench.harness import (
    Options,
    Program,
    Row,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
)

LOOKUPS = 500
PAGE = 20


def run(options: Options) -> list[Row]:
    """Measure."""
    movements = options.size("GUITAI_BENCH_MOVEMENTS", 10_000_000, 500_000)
    home = big_ledger(options.folder, movements)
    goods = items_of(movements)
    codes = [item_code(index) for index in random.Random(18).sample(range(goods), LOOKUPS)]
    middle = movements // LINES // 2
    raw = Program("baselines.raw_ledger", home / "journal.db")
    with programs(raw, Program("ours.ledger", home)) as (base_program, ours_program):
        (base, shop, places, page, older), note = interleave(
            options,
            options.rounds(16),
            lambda: base_program.ask("read", codes=codes),
            lambda: ours_program.ask("on_hand", codes=codes),
            lambda: ours_program.ask("places", codes=codes),
            lambda: ours_program.ask("history", codes=codes, limit=PAGE),
            lambda: ours_program.ask("older", codes=codes, limit=PAGE, before=middle),
        )
    what = f"of {movements:,} movements"
    shown = milliseconds(base.p50())
    return [
        Row(18, f"on hand {what} / row by key, p50", shown, milliseconds(shop.p50()),
            ratio_of_medians(base, shop), 2.0, note=note),
        Row(18, "… by place and batch, p50", shown, milliseconds(places.p50()),
            ratio_of_medians(base, places), None),
        Row(18, f"history page of {PAGE} {what} / row by key, p50", shown,
            milliseconds(page.p50()), ratio_of_medians(base, page), 20.0),
        Row(18, "… a page of years ago, p50", shown, milliseconds(older.p50()),
            ratio_of_medians(base, older), 20.0),
    ]  # fmt: skip
