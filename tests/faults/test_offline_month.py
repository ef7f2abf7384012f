"""Thirty days without a line: the backlog drains in order, in bounded memory, to the same figures."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from pos.domain.journal import Entry, decode_entry
from pos.domain.sale import Transaction
from pos.store import projections
from tests.faults.process import CHECKOUT, Home
from tests.faults.test_kill_sync import Chain, assert_received
from tests.sync.head_office.office_kit import JournalingTill

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(900)]

DAYS, SALES, LINES = 30, 700, 10
FIRST = date(2026, 3, 3)
MEMORY_MB = 24

_PEAK = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)
"""


def peak_mb(*words: str) -> int:
    """Run a program; most memory that it used."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, *words],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return int(done.stdout.split()[-1])


def trade_offline(home: Home) -> int:
    """Append thirty traded days to the journal, chained on what is there; returns its bytes."""
    with contextlib.closing(
        sqlite3.connect(home.path / "journal.db", isolation_level=None)
    ) as connection:
        rows = connection.execute(
            "SELECT hash, CAST(bytes AS BLOB) FROM journal_entry ORDER BY seq"
        ).fetchall()
        last = decode_entry(rows[-1][1])
        assert isinstance(last, Entry)
        assert isinstance(last.body, Transaction)
        envelope = last.envelope
        till = JournalingTill(
            store_id="S1",
            workstation_id="01",
            workstation_uuid=envelope.workstation_uuid,
            epoch=envelope.epoch,
            business_day=envelope.business_day,
            records=[(digest, data) for digest, data in rows],
        )
        till.close_day(1)
        for day in range(DAYS):
            till.business_day = (FIRST + timedelta(days=day)).isoformat()
            till.open_day()
            for number in range(1, SALES + 1):
                till.sell(
                    msgspec.structs.replace(
                        last.body,
                        number=number,
                        transaction_no=f"S101-{till.business_day}-{number:04d}",
                        at=f"{till.business_day}T12:00:00",
                    )
                )
            till.close_day(day + 2)
        connection.execute("BEGIN IMMEDIATE")
        first = len(rows)
        for seq, (digest, data) in enumerate(till.records[first:], start=first + 1):
            entry = decode_entry(data)
            assert isinstance(entry, Entry)
            connection.execute(
                "INSERT INTO journal_entry VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)",
                (
                    seq, seq, entry.envelope.entry_uuid, entry.kind, entry.envelope.business_day,
                    entry.envelope.at_utc_ms, digest, data,
                ),
            )  # fmt: skip
        projections.rebuild(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return sum(len(data) for _, data in till.records[first:])


def test_a_month_offline_drains_in_bounded_memory(disk: Path, home: Home) -> None:
    chain = Chain(disk, home)
    try:
        home.run("--sales", "1", "--lines", str(LINES))
        once = [sys.executable, "-m", "sync", "once", "--home", str(home.path)]
        little = peak_mb(*once)
        size_mb = trade_offline(home) / 1e6

        much = peak_mb(*once)

        own = assert_received(chain)
        assert own["transactions"] == DAYS * SALES + 1
    finally:
        chain.close()
    print(
        f"\n{own['entries']} entries, {size_mb:.0f} MB: peak {much} MB, {little} MB for one sale"
    )
    assert size_mb > MEMORY_MB * 1.5, "too small a backlog to tell"
    assert much < little + MEMORY_MB


def test_the_measure_sees_a_program_that_reads_the_whole_backlog(disk: Path, home: Home) -> None:
    # Negative control.
    home.run("--sales", "1", "--lines", str(LINES))
    script = "import sqlite3, sys; rows = sqlite3.connect(sys.argv[1]).execute('SELECT bytes FROM journal_entry').fetchall()"
    command = [sys.executable, "-c", script, str(home.path / "journal.db")]
    little = peak_mb(*command)
    trade_offline(home)

    assert peak_mb(*command) > little + MEMORY_MB
