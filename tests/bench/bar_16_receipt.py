"""Bar 16: a receipt of thirty lines: its bytes, building them, and the wire after COMMIT."""

from __future__ import annotations

from itertools import count

from tests.bench.harness import (
    Options,
    Program,
    Row,
    Samples,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
)

RECEIPTS = 30
SALES = 20
WIRE_LIMIT_S = 0.005


def run(options: Options) -> list[Row]:
    """Measure."""
    home = options.folder / "receipt" / "home"
    home.parent.mkdir(parents=True, exist_ok=True)
    numbers = count(step=RECEIPTS)
    with programs(Program("baselines.plain_encode"), Program("ours.receipt", home)) as (raw, ours):
        made, text = ours.ask("sizes", number=1)
        first = {"n": 0}

        def next_first() -> int:
            first["n"] = next(numbers) % 9000
            return first["n"]

        (base, built), note = interleave(
            options,
            options.rounds(24),
            lambda: raw.ask("encode", first=next_first(), count=RECEIPTS),
            lambda: ours.ask("build", first=next_first(), count=RECEIPTS),
        )
        asked, receipts = (Samples([times]) for times in ours.ask("wire", count=SALES))
    limit = f"{milliseconds(WIRE_LIMIT_S)}"
    return [
        Row(16, "receipt of 30 lines, bytes / its text", f"{text} B", f"{made} B", made / text,
            1.05 * 1.02),
        Row(16, "… document → bytes / padded and encoded by hand", milliseconds(base.p50()),
            milliseconds(built.p50()), ratio_of_medians(base, built), 2.0, note=note),
        Row(16, "COMMIT → first byte on the wire (a question), p50", limit,
            milliseconds(asked.p50()), asked.p50() / WIRE_LIMIT_S, 1.0),
        Row(16, "… first byte of the receipt, status asked before, p50", limit,
            milliseconds(receipts.p50()), receipts.p50() / WIRE_LIMIT_S, None),
    ]  # fmt: skip
