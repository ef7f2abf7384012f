"""Baseline, bar 1: the rows of a sale written with sqlite3 alone, on a worker thread of its own.

It is given the product's empty schema and one sale's rows as an example, and writes as many such
sales as it is asked for: the same rows, canonical bytes (sorted keys, integers, UTF-8) encoded by
msgspec from plain dicts, the same hash chain, the same open sale taken away, WAL and FULL.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import sqlite3
import sys
import threading
import time
import uuid
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec

from tests.bench.baselines.answering import serve

PRAGMAS = (
    "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF",
    "cell_size_check = ON", "wal_autocheckpoint = 1000", "journal_size_limit = 16777216",
    "temp_store = MEMORY", "recursive_triggers = ON", "cache_size = -16384", "busy_timeout = 5000",
)  # fmt: skip


def insert(table: str, row: list[Any]) -> str:
    """INSERT of as many values as the row has."""
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})"


def main(database: str, example_path: str) -> None:
    """Write sales into `database`."""
    example: dict[str, list[list[Any]]] = json.loads(Path(example_path).read_text("utf-8"))
    connection = sqlite3.connect(
        database, isolation_level=None, cached_statements=256, check_same_thread=False
    )
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}").fetchone()
    encoder = msgspec.json.Encoder(order="sorted")
    entry = example["journal_entry"][0]
    envelope = json.loads(entry[8]["blob"].encode("latin-1"))
    sql = {name: insert(name, rows[0]) for name, rows in example.items()}
    (entry_id, seq, head, number) = connection.execute(
        "SELECT max(entry_id), max(seq), hash, "
        "(SELECT next_number FROM till_state) FROM journal_entry ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    state = [entry_id, seq, head, number]
    blobs = {
        name: [
            [v["blob"].encode("latin-1") if isinstance(v, dict) else v for v in row]
            for row in rows
        ]
        for name, rows in example.items()
        if name != "journal_entry"
    }

    open_sale = sql["open_sale"].replace("INSERT", "INSERT OR REPLACE")

    def begin(sale_uuid: str) -> None:
        """The open sale as the till keeps it: a commit for each scan, and one for the tender."""
        header = [sale_uuid, *blobs["open_sale"][0][1:]]
        for name in ("open_sale_line", "open_sale_tender"):
            for row in blobs[name]:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(open_sale, header)
                connection.execute(sql[name], [sale_uuid, *row[1:]])
                connection.execute("COMMIT")

    def write(sale_uuid: str) -> int:
        execute, executemany = connection.execute, connection.executemany
        now_ms = time.time_ns() // 1_000_000
        execute("BEGIN IMMEDIATE")
        new_id, new_seq, new_number = state[0] + 1, state[1] + 1, state[3]
        transaction_no = f"S101-20260302-{new_number:04d}"
        entry_uuid = str(uuid.UUID(int=now_ms << 80 | int.from_bytes(os.urandom(10), "big")))
        body = {**envelope["body"], "transaction_no": transaction_no, "number": new_number}
        data = encoder.encode(
            {
                **envelope,
                "seq": new_seq,
                "entry_uuid": entry_uuid,
                "at_utc_ms": now_ms,
                "body": body,
            }
        )
        digest = hashlib.sha256(state[2] + data).digest()
        execute(
            sql["journal_entry"],
            (new_id, entry[1], new_seq, entry_uuid, entry[4], entry[5], now_ms, digest, data),
        )
        txn = blobs["txn"][0]
        execute(sql["txn"], (new_id, transaction_no, *txn[2:5], new_number, *txn[6:]))
        for name in ("txn_line", "txn_tender", "stock_movement"):
            executemany(sql[name], [(new_id, *row[1:]) for row in blobs[name]])
        execute(
            "UPDATE till_state SET next_number = max(next_number, ? + 1), "
            "perpetual_gross_minor = perpetual_gross_minor + ?, "
            "perpetual_returns_minor = perpetual_returns_minor + ? WHERE id = 1",
            (new_number, txn[8], 0),
        )
        job = blobs["print_job"][0]
        execute(sql["print_job"], (str(uuid.uuid4()), job[1], transaction_no, *job[3:]))
        for name in ("open_sale", "open_sale_line", "open_sale_tender"):
            execute(f"DELETE FROM {name} WHERE sale_uuid = ?", (sale_uuid,))
        execute("COMMIT")
        state[:] = new_id, new_seq, digest, new_number + 1
        return int(new_seq)

    jobs: queue.SimpleQueue[tuple[Any, str, Future[Any]]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            run, sale_uuid, future = jobs.get()
            future.set_result(run(sale_uuid))

    threading.Thread(target=work, daemon=True).start()

    def submit(run: Any, sale_uuid: str) -> Any:
        future: Future[Any] = Future()
        jobs.put((run, sale_uuid, future))
        return future.result()

    def sell(count: int) -> list[float]:
        times = []
        for _ in range(count):
            sale_uuid = str(uuid.uuid4())
            submit(begin, sale_uuid)
            begun = time.perf_counter()
            submit(write, sale_uuid)
            times.append(time.perf_counter() - begun)
        return times

    def counts() -> dict[str, int]:
        return {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("journal_entry", "txn_line", "stock_movement", "print_job")
        }

    serve(sell=sell, counts=counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
