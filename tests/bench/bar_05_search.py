"""Bar 5: every keystroke of the search box over a million goods, and the right rows.

The shop of the bench has sold nothing yet. Where it has, forty rows are read for the twenty that are
shown, so that its own sales rank within them: another 70 µs in SQLite.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from tests.bench.bar_04_lookup import LOOKUPS, some_codes
from tests.bench.catalogue import EFFECTIVE_DAY, catalogue_home
from tests.bench.harness import (
    Options,
    Program,
    Row,
    Samples,
    interleave,
    milliseconds,
    percentile,
    programs,
)

TWO_WORDS = "two words (no bar: both lists are read)"
# What cashiers type, each text keystroke by keystroke.
TYPED = {
    "Chinese name, 1 to 4 characters": [
        "牛肉面",
        "红烧牛肉",
        "可乐",
        "西兰花",
        "白菜",
        "酱油",
        "矿泉水",
    ],
    "助记码 (prefix and middle)": ["hsnr", "kkkl", "nfsq", "nrm", "ylsn"],
    "barcode and item code": ["6901234567", "1000", "69028", "2345"],
    TWO_WORDS: ["牛肉 500ml", "红 面", "cola 330"],
    "nothing found": ["饕餮盛", "qqxxzz", "0000000001"],
}
CHECKED = ("牛肉", "红烧", "白菜", "可乐")


def keystrokes(texts: list[str]) -> list[str]:
    """Every beginning of every text, in the order of typing."""
    return [text[:end] for text in texts for end in range(1, len(text) + 1)]


def run(options: Options) -> list[Row]:
    """Measure."""
    items = options.size("GUITAI_BENCH_ITEMS", 1_000_000, 50_000)
    home = catalogue_home(options.folder, items)
    stored = [code.zfill(14) for code in some_codes(items, LOOKUPS)]
    raw = Program("baselines.raw_lookup", home / "reference.db", EFFECTIVE_DAY)
    with programs(raw, Program("ours.lookup", home)) as (base_program, ours_program):
        wrong = []
        for text in CHECKED:
            containing = set(base_program.ask("containing", text=text))
            shown = ours_program.ask("names", text=text)
            if len(shown) != min(20, len(containing)) or {c for c, *_ in shown} - containing:
                wrong.append(f"{text}: {len(shown)} shown, {len(containing)} have it")

        def typing(texts: list[str]) -> Callable[[], list[float]]:
            return lambda: ours_program.ask("search", texts=keystrokes(texts))

        sides = [
            lambda: base_program.ask("find", codes=stored),
            *(typing(texts) for texts in TYPED.values()),
        ]
        (base, *typed), note = interleave(options, options.rounds(40), *sides)
    floor = base.p50()

    def slowest(samples: Samples) -> float:
        """p99 over the keystrokes, each by its median over the rounds."""
        return percentile([median(times) for times in zip(*samples.rounds, strict=True)], 0.99)

    named = dict(zip(TYPED, typed, strict=True))
    single = [samples for name, samples in named.items() if name != TWO_WORDS]
    worst = max(slowest(samples) for samples in single)
    return [
        Row(5, f"search box of {items:,}, slowest keystroke / raw lookup p50",
            milliseconds(floor), milliseconds(worst), worst / floor, 30,
            note="; ".join(filter(None, [note, *wrong])) or "right rows"),
        *(
            Row(5, f"… {name}", milliseconds(floor), milliseconds(slowest(samples)),
                slowest(samples) / floor, None, note=f"every single one: p99 {milliseconds(samples.p99())}")
            for name, samples in named.items()
        ),
    ]  # fmt: skip
