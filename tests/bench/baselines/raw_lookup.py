"""Baseline, bars 4 and 5: one prepared SELECT and fetchone on the same million goods."""

from __future__ import annotations

import sqlite3
import sys
import time

from tests.bench.baselines.answering import serve

BY_BARCODE = """
SELECT b.code, b.quantity_milli, i.item_code, i.name, i.spec, i.unit, i.tax_code, p.unit_price_e4
FROM barcode b JOIN item i ON i.item_code = b.item_code
JOIN price p ON p.item_code = i.item_code AND p.effective_day = ?
WHERE b.code = ?"""


def main(database: str, effective_day: str) -> None:
    """Answer questions about a reference.db."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, cached_statements=64)
    connection.execute("PRAGMA cache_size = -32768")

    def find(codes: list[str]) -> list[float]:
        times = []
        for code in codes:
            begun = time.perf_counter()
            row = connection.execute(BY_BARCODE, (effective_day, code)).fetchone()
            times.append(time.perf_counter() - begun)
            assert row is not None, code
        return times

    def containing(text: str) -> list[str]:
        """Codes of every item whose name, specification or model has the text: a full scan."""
        like = f"%{text}%"
        rows = connection.execute(
            "SELECT item_code FROM item WHERE name LIKE ? OR spec LIKE ? OR model LIKE ?",
            (like, like, like),
        )
        return [code for (code,) in rows]

    serve(find=find, containing=containing)


if __name__ == "__main__":
    main(*sys.argv[1:])
