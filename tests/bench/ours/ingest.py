"""Ours, bar 12: head office's ingest engine on PostgreSQL, batch after batch, and each once more."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sync.head_office.batches import Batch
from sync.head_office.booking import Booking
from sync.head_office.booking_values import Place
from sync.head_office.database import system_clock_ms
from sync.head_office.entries import ReadEntry, read_entry
from sync.head_office.serve import calm_garbage_collection
from tests.bench.baselines.answering import serve
from tests.bench.entries import Trader, a_real_sale
from tests.sync.head_office.office_kit import make_office

TABLES = ("journal", "sale", "sale_line", "sale_tender")


def main(folder: Path, url: str) -> None:
    """Take batches in."""
    kit = make_office(folder, url, system_clock_ms)
    trader = Trader(a_real_sale())
    source = kit.source(trader.till)
    kit.engine.take(source, trader.batch(1))
    last: list[Any] = []
    calm_garbage_collection()  # as `hq serve` does

    def take(sales: int, batches: int) -> list[float]:
        """Time of each batch."""
        last[:] = [trader.batch(sales) for _ in range(batches)]
        times = []
        for batch in last:
            begun = time.perf_counter()
            kit.engine.take(source, batch)
            times.append(time.perf_counter() - begun)
        return times

    def again() -> list[float]:
        """The same batches a second time."""
        times = []
        for batch in last:
            begun = time.perf_counter()
            kit.engine.take(source, batch)
            times.append(time.perf_counter() - begun)
        return times

    def export() -> list[str]:
        """The rows of each batch as COPY text, a folder per batch."""
        folders = []
        connection = kit.office.dialect.connection()
        for number, batch in enumerate(last):
            target = folder / f"copy{number}"
            target.mkdir(exist_ok=True)
            first, end = batch.first_seq, batch.first_seq + len(batch.records)
            for table in TABLES:
                query = f"SELECT * FROM {table} WHERE seq >= {first} AND seq < {end}"
                with (
                    (target / table).open("wb") as out,
                    connection.cursor().copy(f"COPY ({query}) TO STDOUT") as copy,
                ):
                    for data in copy:
                        out.write(data)
            (target / "daily_delta").write_bytes(_deltas(batch))
            folders.append(str(target))
        return folders

    serve(take=take, again=again, export=export)


def _deltas(batch: Batch) -> bytes:
    """What the batch adds to the aggregates, as COPY text."""
    booking = Booking(Place("01", 1, 1), lambda _: {})
    for seq, (_, data) in enumerate(batch.records, start=batch.first_seq):
        entry = read_entry(data)
        assert isinstance(entry, ReadEntry)
        booking.add(entry, seq)
    rows = booking.daily_rows()
    return "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
