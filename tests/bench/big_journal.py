"""A journal of very many sales, made in raw SQL from one real sale: what a till has after years.

Entries, hashes of the last ones (which the till verifies when it opens) and every projection are
there; the journal's older hashes are those of the bytes alone, because nobody walks them here.
Cached in the bench's folder; the size is in the file's name.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from tests.bench.harness import CHECKOUT
from tests.support.headless import (
    close_counter,
    code_of,
    make_shop,
    open_counter,
    pay_cash,
    scan_all,
)

LINES = 10
DAYS = 365
TAIL = 300
SERIES = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {sales})"


def big_home(folder: Path, sales: int) -> Path:
    """A home with `sales` sales of ten lines; made once."""
    schema = len(list((CHECKOUT / "pos/store/migrations/journal").glob("m*.py")))
    home = folder / f"journal-{sales}-schema-{schema}"  # an older one is made anew
    if (home / "complete").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    begun = time.monotonic()
    make_shop(home)
    till = open_counter(home)
    scan_all(till, [code_of(i) for i in range(LINES)])
    pay_cash(till).saved.result()
    close_counter(till)
    connection = sqlite3.connect(home / "journal.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    connection.execute("BEGIN")
    _fill(connection, sales)
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    (home / "complete").write_text(f"{time.monotonic() - begun:.0f} s\n")
    return home


def _fill(connection: sqlite3.Connection, sales: int) -> None:
    entry_id, seq, data = connection.execute(
        "SELECT entry_id, seq, CAST(bytes AS BLOB) FROM journal_entry WHERE kind = 'transaction'"
    ).fetchone()
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    series = SERIES.format(sales=sales)
    day = f"date('2025-01-01', '+' || (n.i * {DAYS} / {sales + 1}) || ' days')"
    connection.execute(
        f"{series} INSERT INTO journal_entry SELECT {entry_id} + n.i, epoch_no, {seq} + n.i, "
        f"printf('01a0%012x-7000-8000-%012x', n.i, n.i), kind, {day}, at_utc_ms + n.i, "
        f"randomblob(32), bytes FROM n CROSS JOIN journal_entry e WHERE e.entry_id = {entry_id}"
    )
    connection.execute(
        f"{series} INSERT INTO txn SELECT {entry_id} + n.i, printf('S101-%08d', n.i), "
        f"transaction_type, {day}, shift_no, n.i, operator_id, at, total_minor, discount_minor, "
        f"original_no, roll_transaction FROM n CROSS JOIN txn t WHERE t.entry_id = {entry_id}"
    )
    for table in ("txn_line", "txn_tender", "stock_movement"):
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        connection.execute(
            f"{series} INSERT INTO {table} SELECT {entry_id} + n.i, {', '.join(columns[1:])} "
            f"FROM n CROSS JOIN {table} t WHERE t.entry_id = {entry_id}"
        )
    connection.execute(
        f"{series} INSERT INTO print_job SELECT printf('01a0%012x-7000-8000-%012x', n.i, n.i), "
        "job_kind, printf('S101-%08d', n.i), document, 'PRINTED', attempts, created_utc_ms, "
        "detail, open_drawer FROM n CROSS JOIN "
        "(SELECT * FROM print_job LIMIT 1) j"
    )
    # Folded long ago; the cards themselves are bar 18's affair.
    connection.execute("UPDATE stock_fold SET entry_id = ?", (entry_id + sales,))
    _chain_tail(connection, entry_id + sales, seq + sales, json.loads(data))
    for _, sql in triggers:
        connection.execute(sql)


def _chain_tail(
    connection: sqlite3.Connection, entry_id: int, seq: int, entry: dict[str, Any]
) -> None:
    """Give the last entries bytes and hashes of their own."""
    head = connection.execute(
        "SELECT hash FROM journal_entry WHERE entry_id = ?", (entry_id - TAIL,)
    ).fetchone()[0]
    for back in range(TAIL - 1, -1, -1):
        entry["seq"] = seq - back
        data = json.dumps(
            entry, sort_keys=True, ensure_ascii=False, separators=(",", ":")
        ).encode()
        head = hashlib.sha256(head + data).digest()
        connection.execute(
            "UPDATE journal_entry SET hash = ?, bytes = ? WHERE entry_id = ?",
            (head, data, entry_id - back),
        )
