"""Baseline, bars 12 and 13: COPY of ready-made text into tables of the same shape and indexes.

One transaction for each batch, one connection. Nothing is received, checked, parsed or summed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psycopg

from tests.bench.baselines.answering import serve

TABLES = ("journal", "sale", "sale_line", "sale_tender")


def main(url: str) -> None:
    """Copy batches."""
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("CREATE SCHEMA raw")
    for table in TABLES:
        connection.execute(f"CREATE TABLE raw.{table} (LIKE public.{table} INCLUDING ALL)")

    def copy(folders: list[str]) -> list[float]:
        ready = [[(Path(f) / table).read_bytes() for table in TABLES] for f in folders]
        times = []
        for texts in ready:
            begun = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                for table, text in zip(TABLES, texts, strict=True):
                    with cursor.copy(f"COPY raw.{table} FROM STDIN") as stream:
                        stream.write(text)
            times.append(time.perf_counter() - begun)
        return times

    serve(copy=copy)


if __name__ == "__main__":
    main(sys.argv[1])
