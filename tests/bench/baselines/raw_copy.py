"""Baseline, bars 12 and 13: COPY of ready-made text into tables of the same shape and indexes.

One transaction for each batch, one connection. Nothing is received, checked, parsed or summed.
`whole` copies every table that a batch goes to; without it the aggregates' deltas are left out.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import psycopg

from tests.bench.baselines.answering import serve

TABLES = ("journal", "sale", "sale_line", "sale_tender")
WHOLE = (*TABLES, "daily_delta")


def main(url: str) -> None:
    """Copy batches."""
    connection = psycopg.connect(url, autocommit=True)
    for schema in ("raw", "whole"):
        connection.execute(f"CREATE SCHEMA {schema}")
        for table in WHOLE:
            connection.execute(f"CREATE TABLE {schema}.{table} (LIKE {table} INCLUDING ALL)")

    def copy(folders: list[str], *, whole: bool = False) -> list[float]:
        schema, tables = ("whole", WHOLE) if whole else ("raw", TABLES)
        ready = [[(Path(f) / table).read_bytes() for table in tables] for f in folders]
        times = []
        for texts in ready:
            begun = time.perf_counter()
            with connection.transaction(), connection.cursor() as cursor:
                for table, text in zip(tables, texts, strict=True):
                    with cursor.copy(f"COPY {schema}.{table} FROM STDIN") as stream:
                        stream.write(text)
            times.append(time.perf_counter() - begun)
        return times

    serve(copy=copy)


if __name__ == "__main__":
    main(sys.argv[1])
