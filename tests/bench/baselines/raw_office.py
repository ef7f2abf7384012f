"""Baseline, bar 20: one row by its primary key, and a page of rows, from head office's file."""

from __future__ import annotations

import sqlite3
import sys
import time

from tests.bench.baselines.answering import serve

BY_KEY = (
    "SELECT quantity_milli FROM stock_balance WHERE store_id = '01' AND item_code = ? "
    "AND place = '' AND batch = ''"
)
PAGE = (
    "SELECT at_utc_ms, seq, quantity_milli, reason FROM stock_card WHERE store_id = '01' "
    "AND item_code = ? ORDER BY at_utc_ms DESC LIMIT ?"
)


def main(database: str) -> None:
    """Answer questions about an hq.db."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.execute("PRAGMA cache_size = -65536")

    def read(codes: list[str]) -> list[float]:
        times = []
        for code in codes:
            begun = time.perf_counter()
            row = connection.execute(BY_KEY, (code,)).fetchone()
            times.append(time.perf_counter() - begun)
            assert row is not None, code
        return times

    def page(codes: list[str], limit: int) -> list[float]:
        times = []
        for code in codes:
            begun = time.perf_counter()
            rows = connection.execute(PAGE, (code, limit)).fetchall()
            times.append(time.perf_counter() - begun)
            assert rows, code
        return times

    serve(read=read, page=page)


if __name__ == "__main__":
    main(sys.argv[1])
