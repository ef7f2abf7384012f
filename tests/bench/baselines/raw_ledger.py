"""Baseline, bar 18: one row by its primary key from the same file."""

from __future__ import annotations

import sqlite3
import sys
import time

from tests.bench.baselines.answering import serve

BY_KEY = (
    "SELECT quantity_milli FROM stock_balance WHERE item_code = ? AND place = '' AND batch = ''"
)


def main(database: str) -> None:
    """Answer questions about a journal.db."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.execute("PRAGMA cache_size = -16384")

    def read(codes: list[str]) -> list[float]:
        times = []
        for code in codes:
            begun = time.perf_counter()
            row = connection.execute(BY_KEY, (code,)).fetchone()
            times.append(time.perf_counter() - begun)
            assert row is not None, code
        return times

    serve(read=read)


if __name__ == "__main__":
    main(sys.argv[1])
