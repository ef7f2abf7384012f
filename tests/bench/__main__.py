"""`make bench`: run the bars and print their table. It measures; it never fails.

python -m tests.bench [--bars 1,4] [--quick] [--folder DIR]
"""

from __future__ import annotations

import argparse
import importlib
import time
import traceback
from pathlib import Path

from tests.bench.harness import CORES, Options, Row, be_patient, table

MODULES = {
    1: "bar_01_commit",
    3: "bar_03_big_journal",
    4: "bar_04_lookup",
    5: "bar_05_search",
    6: "bar_06_import",
    8: "bar_08_scan",
    9: "bar_08_scan",
    10: "bar_08_scan",
    11: "bar_11_start",
    12: "bar_12_ingest",
    13: "bar_13_http",
    14: "bar_14_wire",
    16: "bar_16_receipt",
    17: "bar_17_key_echo",
    18: "bar_18_stock_ledger",
    19: "bar_19_goods_scan",
    20: "bar_20_office_stock",
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--bars", default="", help="numbers, separated by commas; all without it")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller catalogues")
    parser.add_argument("--folder", type=Path, default=Options.folder, help="cached databases")
    arguments = parser.parse_args()
    wanted = [int(n) for n in arguments.bars.split(",") if n] or list(MODULES)
    options = Options(quick=arguments.quick, folder=arguments.folder)
    options.folder.mkdir(parents=True, exist_ok=True)

    rows: list[Row] = []
    for module in dict.fromkeys(MODULES[number] for number in wanted):
        begun = time.monotonic()
        be_patient(options)
        try:
            bar = importlib.import_module(f"tests.bench.{module}")
            found = bar.run(options)
        except Exception:  # noqa: BLE001 - one bar that cannot be measured must not hide the rest
            traceback.print_exc()
            print(f"{module}: not measured\n", flush=True)
            continue
        found = [row for row in found if row.bar in wanted]
        rows.extend(found)
        print(table(found))
        print(f"{module}: {time.monotonic() - begun:.0f} s", flush=True)
    print(f"\n{CORES} cores; ratios of interleaved rounds; only the ratios count\n")
    print(table(sorted(rows, key=lambda row: row.bar)))


if __name__ == "__main__":
    main()
