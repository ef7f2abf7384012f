"""Ours, bar 18: what is on hand of an item, and a page of its history."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pos.store import stock_ledger
from pos.store.journal_files import read_journal
from tests.bench.baselines.answering import serve


def main(home: Path) -> None:
    """Answer questions about a home's ledger, with the reader that a till has."""
    connection = read_journal(home)

    def on_hand(codes: list[str]) -> list[float]:
        """Item → what is in the shop, with what the fold has not reached."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            stock_ledger.shop_milli(connection, code)
            times.append(time.perf_counter() - begun)
        return times

    def places(codes: list[str]) -> list[float]:
        """Item → quantity by place and batch."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            found = stock_ledger.balances(connection, code)
            times.append(time.perf_counter() - begun)
            assert found, code
        return times

    def history(codes: list[str], limit: int) -> list[float]:
        """Item → its last movements with who, when and by which document."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            page = stock_ledger.history(connection, code, limit=limit)
            times.append(time.perf_counter() - begun)
            assert len(page) == limit, code
        return times

    def older(codes: list[str], limit: int, before: int) -> list[float]:
        """The page of an item's history from some years ago."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            page = stock_ledger.history(connection, code, before=(before, 0), limit=limit)
            times.append(time.perf_counter() - begun)
            assert len(page) == limit, code
        return times

    serve(on_hand=on_hand, places=places, history=history, older=older)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
