"""Baseline, bar 6: the engine's own floor. Rows that SQLite has already become the same tables.

INSERT … SELECT from another database, the same indexes made afterwards, the same words into the
same full-text table, one transaction, WAL and FULL. Nothing is read, parsed, checked or folded.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from pathlib import Path

from tests.bench.baselines.answering import serve

COPIES = (
    "INSERT INTO item SELECT * FROM source.item",
    "INSERT INTO barcode SELECT * FROM source.barcode ORDER BY code",
    "INSERT INTO price SELECT * FROM source.price ORDER BY item_code, effective_day",
)
WORDS = "INSERT INTO search_text (rowid, words) SELECT number, words FROM source.words"


def main(source: str, target: str, schema: str) -> None:
    """Fill `target` from `source` with the schema of the database `schema`."""
    with sqlite3.connect(schema) as template:
        tables = template.execute(
            "SELECT name, type, sql FROM sqlite_schema WHERE sql IS NOT NULL AND "
            "(name IN ('item', 'barcode', 'price', 'search_text') "
            " OR type = 'index' AND tbl_name IN ('item', 'barcode'))"
        ).fetchall()
    template.close()

    def load(*, search: bool) -> list[float]:
        for suffix in ("", "-wal", "-shm"):
            Path(target + suffix).unlink(missing_ok=True)
        connection = sqlite3.connect(target, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -65536")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("ATTACH ? AS source", (source,))
        for _, kind, sql in tables:
            if kind == "table":
                connection.execute(sql)
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for copy in COPIES:
            connection.execute(copy)
        if search:
            connection.execute(WORDS)
        for _, kind, sql in tables:
            if kind == "index":
                connection.execute(sql)
        connection.execute("COMMIT")
        taken = time.perf_counter() - begun
        connection.close()
        return [taken]

    serve(load=load)


if __name__ == "__main__":
    main(*sys.argv[1:])
