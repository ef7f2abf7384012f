"""Ours, bar 1 and 3: sales of ten lines through the checkout service and the write worker."""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from pos.domain.tender import CASH
from pos.services import checkout
from pos.services.checkout import paying
from tests.bench.baselines.answering import serve
from tests.support.headless import code_of, open_counter, scan_all

LINES = 10


def main(home: Path) -> None:
    """Answer questions about a home."""
    till = open_counter(home)
    codes = [code_of(i) for i in range(LINES)]

    closed_at: list[float] = []
    commit = paying.commit_transaction

    def commit_timed(*arguments: Any, **named: Any) -> Any:
        closed_at.append(time.perf_counter())
        return commit(*arguments, **named)

    paying.commit_transaction = commit_timed

    def ready() -> None:
        scan_all(till, codes)
        checkout.subtotal(till)
        added = checkout.tender(till, CASH)
        assert isinstance(added, checkout.TenderAdded), added
        added.saved.result()

    def sell(count: int) -> list[float]:
        """Closed transaction handed to the worker → its COMMIT has returned."""
        times = []
        for _ in range(count):
            ready()
            completion = checkout.complete(till)
            assert isinstance(completion, checkout.Completion)
            completion.saved.result()
            times.append(time.perf_counter() - closed_at.pop())
        return times

    def complete(count: int) -> list[float]:
        """The same, pricing and closing of the cart included: the cashier's last key."""
        times = []
        for _ in range(count):
            ready()
            begun = time.perf_counter()
            completion = checkout.complete(till)
            assert isinstance(completion, checkout.Completion)
            completion.saved.result()
            times.append(time.perf_counter() - begun)
        return times

    def sample() -> dict[str, Any]:
        """The rows that the last sale left, and those of an open sale: what a baseline must write."""
        ready()
        opened = _rows(till.journal.reader(), ("open_sale", "open_sale_line", "open_sale_tender"))
        completion = checkout.complete(till)
        assert isinstance(completion, checkout.Completion)
        completion.saved.result()
        reader = till.journal.reader()
        entry = reader.execute(
            "SELECT max(entry_id) FROM journal_entry WHERE kind = 'transaction'"
        ).fetchone()[0]
        rows = _rows(
            reader, ("journal_entry", "txn", "txn_line", "txn_tender", "stock_movement"), entry
        )
        job = reader.execute(
            "SELECT * FROM print_job ORDER BY created_utc_ms DESC LIMIT 1"
        ).fetchall()
        return {**opened, **rows, "print_job": [_plain(row) for row in job]}

    def counts() -> dict[str, int]:
        """Rows of every table."""
        return {
            name: till.journal.reader().execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("journal_entry", "txn_line", "stock_movement", "print_job")
        }

    serve(sell=sell, complete=complete, sample=sample, counts=counts)


def _plain(row: tuple[Any, ...]) -> list[Any]:
    return [{"blob": v.decode("latin-1")} if isinstance(v, bytes) else v for v in row]


def _rows(
    reader: sqlite3.Connection, names: tuple[str, ...], entry_id: int | None = None
) -> dict[str, Any]:
    where = "" if entry_id is None else f" WHERE entry_id = {entry_id}"
    return {
        name: [_plain(row) for row in reader.execute(f"SELECT * FROM {name}{where}")]
        for name in names
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
