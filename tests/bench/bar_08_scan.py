"""Bars 8, 9 and 10: from the scanner's bytes to the line on the terminal, the whole product.

Both programs run on a terminal of 110 × 40 with a serial scanner on another pseudo-terminal. Ours
is `pos run` as a cashier has it: signed on, every line on disk. The time ends when the line's
text has been read from the terminal; a burst is settled when the terminal falls silent.

Where a burst's time goes (5 to 6 ms on a calm machine, 2.5 to 3 times the baseline's; up to 4
times on a busy one, where our larger working set pays more for each preemption): 0.4 ms framing,
50 scans of 45 µs, of which 15 µs are the lookup that the baseline has too and the rest
classification, the line, the cart and the job that keeps it; 1.5 ms one refresh and its cells,
written to the terminal without a hand-over to Textual's writer thread. The disk is not in it: the lines are one
transaction after that. One scan alone costs 0.6 ms instead of 45 µs, for everything has gone cold
since the last.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from tests.bench.harness import (
    CHECKOUT,
    Options,
    Row,
    Samples,
    interleave,
    milliseconds,
    ratio_of_medians,
    ratio_of_p99,
)
from tests.bench.terminal import TerminalProgram, device
from tests.support.big_catalogue import ean13

ITEMS = 900
FEW, MANY, BURST = 5, 500, 50
SCANS = 10


def code_of(index: int) -> str:
    """Barcode of item `index`."""
    return ean13(690_200_000_000 + index % ITEMS)


def marker_of(index: int) -> str:
    """A part of its name that stands nowhere else."""
    return f"QZ{index % ITEMS:04d}"


def shop(folder: Path) -> Path:
    """A till's home, set up by `pos init`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    items = folder / "items.csv"
    rows = [f"{10000 + i},货品{marker_of(i)},1.01,{code_of(i)}\n" for i in range(ITEMS)]
    items.write_text("item_code,name,price,barcodes\n" + "".join(rows), encoding="utf-8")
    home = folder / "home"
    subprocess.run(
        [
            sys.executable, "-m", "pos", "init", "--home", str(home), "--no-input",
            "--store-id", "S1", "--store-name", "Bench", "--workstation", "01",
            "--language", "en", "--receipts", "off", "--operator", "1001:Li:manager:246813",
            "--items", str(items), "--effective-day", "2020-01-01",
        ],
        cwd=CHECKOUT, check=True, capture_output=True,
    )  # fmt: skip
    return home


def sign_on(till: TerminalProgram) -> None:
    """From the first screen to the sale screen."""
    till.wait_for(b"PIN", 60)
    till.settle(0.3)
    till.key("1001\r")
    till.settle(0.3)
    till.forget()
    till.key("246813\r")
    till.wait_for(b"Opening cash", 30)
    till.settle(0.5)
    for marker in (b"Done", b"Subtotal"):
        till.forget()
        till.key("\r")
        till.wait_for(marker)
        till.settle(0.5)


def new_sale_of_ours(till: TerminalProgram, lines: int) -> None:
    """Subtotal, pay, cash given: the change stands on the screen until the next scan."""
    for keys, marker in (("\r", b"Back"), ("\r", b"Tenders"), (f"{lines + 5}\r", b"Change")):
        till.forget()
        till.key(keys)
        till.wait_for(marker)
        till.settle(0.3)


def new_sale_of_raw(till: TerminalProgram, _lines: int) -> None:
    """Enter."""
    till.forget()
    till.key("\r")
    till.wait_for(b"NEW SALE")
    till.settle(0.1)


class Side:
    """One program and its sale."""

    def __init__(
        self, till: TerminalProgram, new_sale: Callable[[TerminalProgram, int], None]
    ) -> None:
        self.till = till
        self.new_sale = new_sale
        self.next = 0
        self.lines = 0
        self.bytes: dict[int, list[int]] = {FEW: [], MANY: []}

    def fill(self, lines: int) -> None:
        """Scan until the sale has so many lines."""
        while self.lines < lines:
            count = min(10, lines - self.lines)
            self.till.forget()
            self.till.scan(*(code_of(self.next + i) for i in range(count)))
            self.next += count
            self.lines += count
            self.till.wait_for(marker_of(self.next - 1).encode())

    def renew(self) -> None:
        """Close the sale and begin another."""
        if self.lines:
            self.till.settle()
            self.new_sale(self.till, self.lines)
        self.lines = 0

    def few(self) -> list[float]:
        """Scans into a sale of five lines and a few more."""
        self.renew()
        self.fill(FEW)
        return self.scans(FEW)

    def many(self) -> list[float]:
        """Scans into a sale of five hundred lines."""
        self.fill(MANY)
        return self.scans(MANY)

    def scans(self, size: int) -> list[float]:
        """A few timed scans."""
        times = []
        for _ in range(SCANS):
            taken, count = self.till.timed_scan(code_of(self.next), marker_of(self.next))
            self.next += 1
            self.lines += 1
            times.append(taken)
            self.bytes[size].append(count)
        return times

    def burst(self) -> list[float]:
        """Fifty codes at once, until silence; the last line must have the right number."""
        self.renew()
        self.till.settle()
        self.till.forget()
        first = self.next
        begun = self.till.scan(*(code_of(first + i) for i in range(BURST)))
        self.next += BURST
        self.lines = BURST
        self.till.wait_for(marker_of(self.next - 1).encode(), 30)
        settled = self.till.settle(0.25)
        last = marker_of(self.next - 1)
        shown = [line for line in self.till.screen() if last in line]
        assert any(f" {BURST} " in line[:8] for line in shown), f"lost: {shown}"
        return [settled - begun]


def run(options: Options) -> list[Row]:
    """Measure."""
    home = shop(options.folder / "scan")
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
        ours = Side(ours_till, new_sale_of_ours)
        raw = Side(raw_till, new_sale_of_raw)
        few, note = interleave(options, options.rounds(12), raw.few, ours.few)
        bursts, _ = interleave(options, options.rounds(12), raw.burst, ours.burst)
        many, _ = interleave(options, options.rounds(8), raw.many, ours.many)
        memory_mb = ours_till.memory_mb()
    return [*_rows(few, many, bursts, note), *_byte_rows(raw, ours, memory_mb)]


def _rows(few: list[Samples], many: list[Samples], bursts: list[Samples], note: str) -> list[Row]:
    shown = [
        Row(8, f"scan → screen, {name} lines, {what}", milliseconds(value(base)),
            milliseconds(value(ours)), ratio(base, ours), limit, note=note)
        for name, (base, ours) in ((FEW, few), (MANY, many))
        for what, value, ratio, limit in (
            ("p50", Samples.p50, ratio_of_medians, 8),
            ("p99", Samples.p99, ratio_of_p99, 20),
        )
    ]  # fmt: skip
    return [
        *shown,
        Row(8, f"ours, {MANY} lines / {FEW} lines, p50", milliseconds(few[1].p50()),
            milliseconds(many[1].p50()), many[1].p50() / few[1].p50(), 1.6),
        Row(9, f"burst of {BURST} scans until silence, none lost", milliseconds(bursts[0].p50()),
            milliseconds(bursts[1].p50()), ratio_of_medians(*bursts), 3),
    ]  # fmt: skip


def _byte_rows(raw: Side, ours: Side, memory_mb: float) -> list[Row]:
    return [
        Row(10, f"bytes to the terminal per scan, {size} lines", f"{median(raw.bytes[size]):.0f} B",
            f"{median(ours.bytes[size]):.0f} B",
            median(ours.bytes[size]) / median(raw.bytes[size]), 4,
            note=f"till's memory {memory_mb:.0f} MB" if size == MANY else "")
        for size in (FEW, MANY)
    ]  # fmt: skip
