"""Key echo beside a printer that is a black hole: it takes no byte and never answers.

Two of our tills on terminals of 110 × 40, each with a slip on its way: one to a simulated printer
that prints, one to a line at whose other end nobody reads. A key's echo must not know the difference
(issue: within twice).
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from drivers.fakes_wire import PtyPrinter
from pos.config import set_value
from tests.bench.bar_08_scan import code_of, marker_of, new_sale_of_ours, shop, sign_on
from tests.bench.harness import Options, Row, interleave, milliseconds, ratio_of_medians
from tests.bench.terminal import TerminalProgram, device

KEYS = 20


class Typist:
    """Types digits into the empty entry and takes them off again."""

    def __init__(self, home: Path, printer: str) -> None:
        scanner = device()
        self.till = TerminalProgram(
            [
                sys.executable, "-m", "tests.bench.ours.till", "run", "--home", str(home),
                "--scanner", f"serial:{scanner[2]}", "--printer", printer,
            ],
            scanner,
        )  # fmt: skip
        sign_on(self.till)
        self._next = 0

    def keys(self) -> list[float]:
        """Sell one thing, so that a slip is on its way; then type."""
        self.till.forget()
        self.till.scan(code_of(self._next))
        self.till.wait_for(marker_of(self._next).encode())
        self._next += 1
        self.till.settle(0.3)
        new_sale_of_ours(self.till, 1)
        times = []
        for at in range(KEYS):
            self.till.settle(0.02)
            self.till.forget()
            begun = time.perf_counter()
            self.till.key(str(1 + at % 9))
            self.till.settle_first()
            times.append(self.till.last_byte_at - begun)
            self.till.settle(0.02)
            self.till.key("-")
            self.till.settle(0.05)
        return times


def run(options: Options) -> list[Row]:
    """Measure."""
    template = shop(options.folder / "echo")
    set_value(template, "receipt.printing", "always")
    other = template.with_name("home-black-hole")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(template, other)
    ours, _kept, hole = device()
    del ours  # our end stays open and is never read
    with PtyPrinter(options.folder / "echo" / "printer", columns=48) as printer:
        printing = Typist(template, printer.url)
        swallowed = Typist(other, f"serial:{hole}")
        try:
            (good, bad), note = interleave(
                options, options.rounds(8), printing.keys, swallowed.keys
            )
        finally:
            printing.till.close()
            swallowed.till.close()
    return [
        Row(17, "key echo, the printer a black hole / a printer, p50", milliseconds(good.p50()),
            milliseconds(bad.p50()), ratio_of_medians(good, bad), 2.0, note=note),
    ]  # fmt: skip
