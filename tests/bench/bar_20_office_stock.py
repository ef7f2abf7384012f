"""Bar 20: head office's stock: on hand and an item's card in a big ledger, what a till asks, folding."""

from __future__ import annotations

import random

from tests.bench.big_office import big_office, item_code, items_of
from tests.bench.harness import (
    Options,
    Program,
    Row,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
)

LOOKUPS = 200
PAGE = 50


def run(options: Options) -> list[Row]:
    """Measure."""
    movements = options.size("GUITAI_BENCH_OFFICE_MOVEMENTS", 4_000_000, 400_000)
    home = big_office(options.folder, movements)
    codes = [item_code(i) for i in random.Random(20).sample(range(items_of(movements)), LOOKUPS)]
    raw = Program("baselines.raw_office", home / "hq.db")
    with programs(raw, Program("ours.office_stock", home)) as (base_program, ours_program):
        (base, card_base, hand, card, asked), note = interleave(
            options,
            options.rounds(10),
            lambda: base_program.ask("read", codes=codes),
            lambda: base_program.ask("page", codes=codes, limit=PAGE),
            lambda: ours_program.ask("on_hand", codes=codes),
            lambda: ours_program.ask("card", codes=codes, limit=PAGE),
            lambda: ours_program.ask("asked", times=LOOKUPS // 10),
        )
        rate = ours_program.ask("fold", entries=2_000)
    what = f"of {movements:,} movements"
    return [
        Row(20, f"on hand at head office {what} / row by key, p50", milliseconds(base.p50()),
            milliseconds(hand.p50()), ratio_of_medians(base, hand), None, note=note),
        Row(20, f"page of {PAGE} of an item's card / its rows in plain SQL, p50",
            milliseconds(card_base.p50()), milliseconds(card.p50()),
            ratio_of_medians(card_base, card), None),
        Row(20, "what a till asks for, 400 lines since the fold / row by key, p50",
            milliseconds(base.p50()), milliseconds(asked.p50()),
            ratio_of_medians(base, asked), None),
        Row(20, "folding, movements a second", "", f"{rate[0]:,.0f} /s", 0.0, None),
    ]  # fmt: skip
