"""Baseline, bar 14: the same sales as one compact JSON array each, nothing compressed."""

from __future__ import annotations

import json
import sqlite3
import sys

from tests.bench.baselines.answering import serve


def main(database: str) -> None:
    """Measure a journal."""

    def size(first_seq: int, count: int) -> int:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        rows = connection.execute(
            "SELECT CAST(bytes AS BLOB) FROM journal_entry WHERE seq >= ? ORDER BY seq LIMIT ?",
            (first_seq, count),
        ).fetchall()
        connection.close()
        entries = [json.loads(data) for (data,) in rows]
        return len(json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode())

    serve(size=size)


if __name__ == "__main__":
    main(sys.argv[1])
