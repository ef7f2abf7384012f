"""Bar 3: a sale commit on a journal of a million sales, against one on an empty journal."""

from __future__ import annotations

from tests.bench.bar_01_commit import SALES, fresh_home
from tests.bench.big_journal import big_home
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


def run(options: Options) -> list[Row]:
    """Measure."""
    sales = options.size("GUITAI_BENCH_SALES", 1_000_000, 50_000)
    big = big_home(options.folder, sales)
    size_mb = (big / "journal.db").stat().st_size / 1e6
    empty = fresh_home(options.folder / "empty" / "home")
    with programs(Program("ours.commit", empty), Program("ours.commit", big)) as (small, large):
        (base, ours), note = interleave(
            options,
            options.rounds(24),
            lambda: small.ask("sell", count=SALES),
            lambda: large.ask("sell", count=SALES),
        )
    what = f"sale commit on {sales:,} sales ({size_mb:,.0f} MB) / empty"
    return [
        Row(3, f"{what}, p50", milliseconds(base.p50()), milliseconds(ours.p50()),
            ratio_of_medians(base, ours), 1.08, note=note),
        Row(3, f"{what}, p99", milliseconds(base.p99()), milliseconds(ours.p99()),
            ratio_of_p99(base, ours), 1.3),
    ]  # fmt: skip
