"""`python -m tests.sync.simulation --seeds 1000`: run seeds and say which one failed."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter

from tests.sync.simulation.bugs import BUGS
from tests.sync.simulation.runner import run_seeds


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync.simulation")
    parser.add_argument("--seeds", type=int, default=100, help="how many")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first one")
    parser.add_argument("--bug", choices=sorted(BUGS), default="", help="plant this bug first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--counts", action="store_true", help="say what happened how often")
    options = parser.parse_args()
    began = time.monotonic()
    counts: Counter[str] = Counter()
    failed: list[int] = []
    done = 0
    seeds = range(options.first, options.first + options.seeds)
    for told in run_seeds(seeds, bug=options.bug, jobs=options.jobs):
        done += 1
        counts.update(told.counts)
        if told.violation:
            failed.append(told.seed)
            print(told.violation, flush=True)
            if options.bug:
                break
    elapsed = time.monotonic() - began
    if options.counts:
        for what, count in sorted(counts.items()):
            print(f"{count:8d}  {what}")
    print(f"{done} seeds in {elapsed:.1f} s ({done / elapsed:.1f}/s), failed: {failed or 'none'}")
    sys.exit(bool(failed))


main()
