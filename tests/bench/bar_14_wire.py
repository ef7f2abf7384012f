"""Bar 14: bytes on the wire for each sale, as the uploader's batches carry them."""

from __future__ import annotations

import random
from pathlib import Path

from sync import protocol
from sync.outbox import Outbox
from tests.bench.bar_01_commit import fresh_home
from tests.bench.harness import Options, Program, Row, programs
from tests.support.headless import (
    close_counter,
    code_of,
    open_counter,
    pay_cash,
    scan_all,
)


def trade(home: Path, sales: int) -> None:
    """Sales of one to eight lines."""
    chance = random.Random(14)
    till = open_counter(home)
    for _ in range(sales):
        scan_all(till, [code_of(n) for n in chance.sample(range(40), chance.randint(1, 8))])
        pay_cash(till).saved.result()
    close_counter(till)


def wire_size(home: Path, first_seq: int, count: int) -> int:
    """Body of the request that pushes so many entries."""
    outbox = Outbox(home)
    (head,) = outbox.epochs()
    batch = outbox.batch(head, first_seq - 1, max_entries=count, max_bytes=1 << 24)
    outbox.close()
    assert batch is not None
    assert len(batch.records) == count
    request = protocol.JournalRequest(
        protocol=protocol.PROTOCOL,
        workstation_uuid="01a200c8-c1be-73f0-8f47-0ec2cc007df8",
        epoch=batch.epoch,
        first_seq=batch.first_seq,
        prev_hash=batch.prev_hash.hex(),
        records=tuple(protocol.Record(h.hex(), d.decode()) for h, d in batch.records),
        app_version="0.1.0",
        till_clock_ms=1_795_300_000_000,
    )
    return len(protocol.deflate(protocol.encode(request)))


def run(options: Options) -> list[Row]:
    """Measure."""
    home = fresh_home(options.folder / "wire" / "home")
    trade(home, 520)
    rows = []
    with programs(Program("baselines.plain_json", home / "journal.db")) as (plain,):
        for count, limit in ((1, None), (50, 0.25), (500, 0.25)):
            base = plain.ask("size", first_seq=4, count=count) / count
            ours = wire_size(home, 4, count) / count
            rows.append(
                Row(14, f"bytes per sale on the wire, batches of {count}", f"{base:.0f} B",
                    f"{ours:.0f} B", ours / base, limit)
            )  # fmt: skip
    return rows
