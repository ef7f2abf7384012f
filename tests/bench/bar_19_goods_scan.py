"""Bar 19: from the scanner's bytes to the counted line of the receiving screen, beside the sale's bars.

The same programs, terminal and baseline as bars 8 and 9: a blind receipt instead of a sale, every
counted line on disk in its draft.
"""

from __future__ import annotations

import sys

from tests.bench.bar_08_scan import (
    BURST,
    FEW,
    Side,
    new_sale_of_raw,
    shop,
    sign_on,
)
from tests.bench.harness import (
    Options,
    Row,
    Samples,
    interleave,
    milliseconds,
    ratio_of_medians,
    ratio_of_p99,
)
from tests.bench.receiving import leave_receiving, open_receiving
from tests.bench.terminal import TerminalProgram, device

MANY = 200


def new_receipt_of_ours(till: TerminalProgram, _lines: int) -> None:
    """The receipt is given up; the next one begins empty."""
    leave_receiving(till)
    open_receiving(till)


class Receiving(Side):
    """Two hundred lines are a long receipt."""

    def many(self) -> list[float]:
        self.fill(MANY)
        return self.scans(MANY)


def run(options: Options) -> list[Row]:
    """Measure."""
    home = shop(options.folder / "goods_scan")
    scanners = device(), device()
    ours_arguments = [
        sys.executable, "-m", "tests.bench.ours.till", "run", "--home", str(home),
        "--scanner", f"serial:{scanners[0][2]}",
    ]  # fmt: skip
    raw_arguments = [
        sys.executable, "-m", "tests.bench.baselines.raw_till",
        str(home / "reference.db"), scanners[1][2],
    ]  # fmt: skip
    with (
        TerminalProgram(ours_arguments, scanners[0]) as ours_till,
        TerminalProgram(raw_arguments, scanners[1]) as raw_till,
    ):
        sign_on(ours_till)
        raw_till.wait_for(b"READY")
        open_receiving(ours_till)
        ours = Receiving(ours_till, new_receipt_of_ours)
        raw = Receiving(raw_till, new_sale_of_raw)
        ours.bytes[MANY] = raw.bytes[MANY] = []
        few, note = interleave(options, options.rounds(8), raw.few, ours.few)
        bursts, _ = interleave(options, options.rounds(8), raw.burst, ours.burst)
        many, _ = interleave(options, options.rounds(5), raw.many, ours.many)
    return _rows(few, many, bursts, note)


def _rows(few: list[Samples], many: list[Samples], bursts: list[Samples], note: str) -> list[Row]:
    shown = [
        Row(19, f"scan → counted, {name} lines, {what}", milliseconds(value(base)),
            milliseconds(value(ours)), ratio(base, ours), limit, note=note)
        for name, (base, ours) in ((FEW, few), (MANY, many))
        for what, value, ratio, limit in (
            ("p50", Samples.p50, ratio_of_medians, 8),
            ("p99", Samples.p99, ratio_of_p99, 20),
        )
    ]  # fmt: skip
    return [
        *shown,
        Row(19, f"burst of {BURST} scans until silence, none lost", milliseconds(bursts[0].p50()),
            milliseconds(bursts[1].p50()), ratio_of_medians(*bursts), 3),
    ]  # fmt: skip
